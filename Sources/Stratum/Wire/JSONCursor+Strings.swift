extension JSONCursor {
  /// A string whose opening quote is the next byte: checked for UTF-8, escapes and length, not decoded.
  @inline(__always)
  mutating func string(in line: RawSpan) throws(WireError) -> JSONValue {
    offset += 1
    var value = JSONValue(kind: .string, start: offset)
    while offset < line.byteCount {
      let byte = line.byte(at: offset)
      if byte == UInt8(ascii: "\"") {
        value.end = offset
        offset += 1
        guard value.count <= stringLimit else { throw .stringTooLong }
        return value
      }
      if byte &- 32 < 95, byte != UInt8(ascii: "\\") {
        offset += 1
      } else {
        try unusual(byte, of: &value, in: line)
      }
    }
    throw .notJSON
  }

  /// What is neither printable ASCII nor a quote.
  private mutating func unusual(_ byte: UInt8, of value: inout JSONValue, in line: RawSpan) throws(WireError) {
    guard byte >= 32 else { throw .controlCharacter }
    let scalar: UInt32
    if byte == UInt8(ascii: "\\") {
      value.hasEscapes = true
      scalar = try escape(in: line)
    } else {
      scalar = try scalarValue(in: line)
    }
    if scalar < 32 || (127..<160).contains(scalar) { value.hasControls = true }
  }

  /// The Unicode scalar that an escape stands for; a surrogate pair is one. The cursor stands on the backslash.
  mutating func escape(in line: RawSpan) throws(WireError) -> UInt32 {
    offset += 1
    let letter = line.byte(orZeroAt: offset)
    offset += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(letter)
    case UInt8(ascii: "b"): return 8
    case UInt8(ascii: "f"): return 12
    case UInt8(ascii: "n"): return 10
    case UInt8(ascii: "r"): return 13
    case UInt8(ascii: "t"): return 9
    case UInt8(ascii: "u"): break
    default: throw .notJSON
    }
    let unit = try codeUnit(in: line)
    switch unit {
    case 0xd800..<0xdc00:
      guard line.holds("\\u", at: offset) else { throw .invalidUTF8 }
      offset += 2
      let low = try codeUnit(in: line)
      guard (0xdc00..<0xe000).contains(low) else { throw .invalidUTF8 }
      return 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
    case 0xdc00..<0xe000: throw .invalidUTF8
    default: return unit
    }
  }

  private mutating func codeUnit(in line: RawSpan) throws(WireError) -> UInt32 {
    var unit: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Hex.digit(line.byte(orZeroAt: offset)) else { throw .notJSON }
      unit = unit &<< 4 | UInt32(digit)
      offset += 1
    }
    return unit
  }

  /// A Unicode scalar of two to four bytes. Source: RFC 3629 (no overlong forms, no surrogates, at most U+10FFFF).
  private mutating func scalarValue(in line: RawSpan) throws(WireError) -> UInt32 {
    let lead = line.byte(at: offset)
    if lead < 128 {
      offset += 1
      return UInt32(lead)
    }
    let (count, smallest): (Int, UInt32)
    switch lead {
    case 0xc2...0xdf: (count, smallest) = (1, 0x80)
    case 0xe0...0xef: (count, smallest) = (2, 0x800)
    case 0xf0...0xf4: (count, smallest) = (3, 0x10000)
    default: throw .invalidUTF8
    }
    offset += 1
    var scalar = UInt32(lead) & (0x3f &>> UInt32(count))
    for _ in 0..<count {
      let byte = line.byte(orZeroAt: offset)
      guard byte & 0xc0 == 0x80 else { throw .invalidUTF8 }
      scalar = scalar &<< 6 | UInt32(byte & 0x3f)
      offset += 1
    }
    guard scalar >= smallest, scalar <= 0x10ffff, !(0xd800..<0xe000).contains(scalar) else { throw .invalidUTF8 }
    return scalar
  }
}

extension JSONValue {
  /// What a string says; control characters in it are refused.
  func text(in line: RawSpan) throws(WireError) -> String {
    guard !hasControls else { throw .controlCharacter }
    return try decoded(in: line)
  }

  /// What a string says to people; control characters become blanks.
  func displayText(in line: RawSpan) throws(WireError) -> String {
    let text = try decoded(in: line)
    guard hasControls else { return text }
    var visible = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      visible.append(scalar.value < 32 || (127..<160).contains(scalar.value) ? " " : scalar)
    }
    return String(visible)
  }

  private func decoded(in line: RawSpan) throws(WireError) -> String {
    guard count <= Limits.stringBytes else { throw .stringTooLong }
    guard hasEscapes else { return raw(in: line) }
    var text = String.UnicodeScalarView()
    var cursor = JSONCursor(at: start, stringLimit: Limits.stringBytes)
    var plainStart = start
    while cursor.offset < end {
      guard line.byte(at: cursor.offset) == UInt8(ascii: "\\") else {
        cursor.offset += 1
        continue
      }
      text.append(contentsOf: line.string(plainStart..<cursor.offset).unicodeScalars)
      guard let scalar = Unicode.Scalar(try cursor.escape(in: line)) else { throw .invalidUTF8 }
      text.append(scalar)
      plainStart = cursor.offset
    }
    text.append(contentsOf: line.string(plainStart..<end).unicodeScalars)
    return String(text)
  }

  /// The JSON text itself (of a string: without its quotes).
  func raw(in line: RawSpan) -> String { line.string(start..<end) }
}

extension RawSpan {
  /// The bytes as text; the caller has checked them.
  func string(_ range: Range<Int>) -> String {
    extracting(range).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
  }
}
