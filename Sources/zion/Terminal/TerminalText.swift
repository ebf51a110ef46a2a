/// Text that somebody else chose, on its way to a terminal: what could move the cursor, turn the line around or hide
/// something is shown as `?`, and the columns that it takes are known.
enum TerminalText {
  /// More marks over one letter than any language needs are left out.
  private static let marksPerLetter = 2

  /// The same text without anything but visible characters and spaces.
  static func printable(_ text: some StringProtocol) -> String {
    var shown = ""
    shown.unicodeScalars.reserveCapacity(text.utf8.count)
    var marks = marksPerLetter
    for scalar in text.unicodeScalars {
      switch kind(of: scalar) {
      case .visible:
        shown.unicodeScalars.append(scalar)
        marks = 0
      case .mark:
        // A mark without a letter would sit on what stands before this text.
        if shown.isEmpty { shown.append("?") }
        marks += 1
        if marks <= marksPerLetter { shown.unicodeScalars.append(scalar) }
      case .hidden: shown.append("?")
      case .selector: break
      }
    }
    return shown
  }

  /// The same text with what cannot be seen written by its number, as `\u{202E}`, and a line's end as `\n`.
  static func escaped(_ text: some StringProtocol) -> String {
    if text.utf8.allSatisfy({ (32...126).contains($0) }) { return String(text) }
    var shown = ""
    shown.unicodeScalars.reserveCapacity(text.utf8.count)
    var marks = marksPerLetter
    for scalar in text.unicodeScalars {
      let kind = kind(of: scalar)
      marks = kind == .mark ? marks + 1 : 0
      switch kind {
      case .visible: shown.unicodeScalars.append(scalar)
      case .mark where marks <= marksPerLetter && !shown.isEmpty: shown.unicodeScalars.append(scalar)
      case .hidden where scalar == "\n": shown += "\\n"
      case .hidden, .mark, .selector: shown += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
      }
    }
    return shown
  }

  /// Columns of printable text.
  static func width(_ text: some StringProtocol) -> Int {
    text.unicodeScalars.reduce(0) { $0 + width(of: $1) }
  }

  /// Printable text in at most so many columns; what is cut off is shown by `…`.
  static func cut(_ text: String, to columns: Int) -> String {
    guard width(text) > columns else { return text }
    guard columns > 0 else { return "" }
    var shown = ""
    var used = 0
    for character in text {
      let size = width(String(character))
      guard used + size <= columns - 1 else { break }
      shown.append(character)
      used += size
    }
    return shown + "…"
  }

  /// Printable text in exactly so many columns.
  static func fit(_ text: String, to columns: Int, isRight: Bool = false) -> String {
    let shown = cut(text, to: columns)
    let space = String(repeating: " ", count: max(0, columns - width(shown)))
    return isRight ? space + shown : shown + space
  }

  private enum Kind {
    case visible, mark, hidden
    /// Asks for another picture of the character before it; terminals disagree about its width.
    case selector
  }

  private static func kind(of scalar: Unicode.Scalar) -> Kind {
    switch scalar.value {
    case 32...126: return .visible
    case 0xFE00...0xFE0F, 0xE0100...0xE01EF: return .selector
    // Invisible, though letters by their category.
    case 0x115F, 0x1160, 0x3164, 0xFFA0: return .hidden
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return .mark
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      return .hidden
    case .spaceSeparator: return scalar == " " ? .visible : .hidden
    default: return .visible
    }
  }

  /// Source: Unicode 15, EastAsianWidth.txt (W and F) and emoji-data.txt (Emoji_Presentation).
  private static func width(of scalar: Unicode.Scalar) -> Int {
    let value = scalar.value
    if value < 0x300 { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch value {
    // Vowels and final consonants of Hangul syllables that are written in parts.
    case 0x1160...0x11FF, 0xD7B0...0xD7FF: return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F,
      0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,
      0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF, 0x1F200...0x1F2FF, 0x20000...0x3FFFD:
      return 2
    default: return scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }
}
