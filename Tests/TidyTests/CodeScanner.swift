/// Blanks comments and string literals, keeping every line where it is.
///
/// Code inside an interpolation `\( … )` stays visible. Regex literals are left as they are.
struct CodeScanner {
  var code: String { String(decoding: output, as: UTF8.self) }
  private var output: [UInt8] = []
  private let text: [UInt8]
  private var at = 0
  private static let newline = UInt8(ascii: "\n")
  private static let blank = UInt8(ascii: " ")

  init(_ text: String) {
    self.text = Array(text.utf8)
    output.reserveCapacity(self.text.count)
    scanCode(untilParenthesis: false)
  }

  private func starts(_ word: String, at index: Int? = nil) -> Bool {
    let index = index ?? at
    return index + word.utf8.count <= text.count && zip(word.utf8, text[index...]).allSatisfy { $0 == $1 }
  }

  private mutating func keep(_ count: Int = 1) {
    for _ in 0..<count where at < text.count {
      output.append(text[at])
      at += 1
    }
  }

  private mutating func blank(_ count: Int = 1) {
    for _ in 0..<count where at < text.count {
      output.append(text[at] == Self.newline ? Self.newline : Self.blank)
      at += 1
    }
  }

  private mutating func scanCode(untilParenthesis: Bool) {
    var depth = 0
    while at < text.count {
      if starts("//") {
        while at < text.count, text[at] != Self.newline { blank() }
      } else if starts("/*") {
        scanBlockComment()
      } else if let hashes = openingHashes() {
        scanString(hashes: hashes)
      } else {
        if text[at] == UInt8(ascii: "(") { depth += 1 }
        if text[at] == UInt8(ascii: ")") {
          if depth == 0, untilParenthesis { return keep() }
          depth -= 1
        }
        keep()
      }
    }
  }

  private mutating func scanBlockComment() {
    var depth = 0
    repeat {
      if starts("/*") {
        depth += 1
        blank(2)
      } else if starts("*/") {
        depth -= 1
        blank(2)
      } else {
        blank()
      }
    } while at < text.count && depth > 0
  }

  /// The number of `#` before a quote that opens a string here; `nil` when none opens.
  private func openingHashes() -> Int? {
    var end = at
    while end < text.count, text[end] == UInt8(ascii: "#") { end += 1 }
    return end < text.count && text[end] == UInt8(ascii: "\"") ? end - at : nil
  }

  private mutating func scanString(hashes: Int) {
    let fence = String(repeating: "#", count: hashes)
    keep(hashes)
    let quote = starts("\"\"\"") ? "\"\"\"" : "\""
    keep(quote.count)
    let (close, escape) = (quote + fence, "\\" + fence)
    while at < text.count, !starts(close) {
      if starts(escape + "(") {
        keep(escape.count + 1)
        scanCode(untilParenthesis: true)
      } else if starts(escape) {
        blank(escape.count + 1)
      } else if quote == "\"", text[at] == Self.newline {
        return
      } else {
        blank()
      }
    }
    keep(close.count)
  }
}
