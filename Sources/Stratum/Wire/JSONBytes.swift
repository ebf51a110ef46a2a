/// JSON written straight into bytes.
extension [UInt8] {
  @inline(__always)
  mutating func append(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// A JSON string with its quotes: whatever `text` holds, it stays inside of them and on one line.
  mutating func append(quoted text: String) {
    append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""): append("\\\"")
      case UInt8(ascii: "\\"): append("\\\\")
      case 0..<32, 127:
        append("\\u00")
        append(Hex.lowercase(byte &>> 4))
        append(Hex.lowercase(byte & 15))
      default: append(byte)
      }
    }
    append(UInt8(ascii: "\""))
  }

  mutating func append(decimal number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    append(digitsOf: UInt64(number.magnitude))
  }

  mutating func append(digitsOf number: UInt64) {
    let first = count
    var rest = number
    repeat {
      append(48 &+ UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    self[first...].reverse()
  }

  /// A finite number as few digits as name it, never with an exponent, whole numbers without a point.
  mutating func append(plain number: Double) {
    if let whole = Int(exactly: number) {
      append(decimal: whole)
      return
    }
    var digits: [UInt8] = []
    var (pointAt, exponent) = (0, 0)
    var hasPoint = false
    var text = Substring(number.magnitude.description)
    if let e = text.firstIndex(of: "e") {
      exponent = Int(text[text.index(after: e)...]) ?? 0
      text = text[..<e]
    }
    for byte in text.utf8 {
      if byte == UInt8(ascii: ".") {
        hasPoint = true
      } else {
        digits.append(byte)
        if !hasPoint { pointAt += 1 }
      }
    }
    if number < 0 { append(UInt8(ascii: "-")) }
    append(digits, pointAt: pointAt + exponent)
  }

  private mutating func append(_ digits: [UInt8], pointAt: Int) {
    var digits = digits
    while digits.last == 48, digits.count > Swift.max(pointAt, 1) { digits.removeLast() }
    if pointAt <= 0 { append("0.") }
    for _ in 0..<Swift.max(0, -pointAt) { append(48) }
    for (i, digit) in digits.enumerated() {
      if i == pointAt, i > 0 { append(UInt8(ascii: ".")) }
      append(digit)
    }
    for _ in 0..<Swift.max(0, pointAt - digits.count) { append(48) }
  }

  @inline(__always)
  mutating func append(hex extranonce: Extranonce) {
    for i in 0..<extranonce.count {
      append(Hex.lowercase(extranonce[i] &>> 4))
      append(Hex.lowercase(extranonce[i] & 15))
    }
  }

  /// 64 digits in which each 4-byte word is swapped against the internal order.
  mutating func append(hexOfSwappedWords hash: Hash256) {
    let bytes = hash.bytes
    for word in stride(from: 0, to: bytes.count, by: 4) { Hex.append(bytes[word..<word + 4].reversed(), to: &self) }
  }
}
