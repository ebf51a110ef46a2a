/// JSON text that grows: punctuation as it is written, numbers and strings as RFC 8259 has them.
struct JSONText {
  var bytes: [UInt8] = []

  mutating func append(_ text: StaticString) { text.withUTF8Buffer { bytes.append(contentsOf: $0) } }

  /// `{`
  mutating func begin() { bytes.append(UInt8(ascii: "{")) }

  /// `}`
  mutating func end() { bytes.append(UInt8(ascii: "}")) }

  /// The name of the next value of the object that is open, as it is written between quotes. Names go in the order of
  /// their bytes.
  mutating func name(_ name: StaticString) {
    if bytes.last != UInt8(ascii: "{") { bytes.append(UInt8(ascii: ",")) }
    bytes.append(UInt8(ascii: "\""))
    append(name)
    append("\":")
  }

  mutating func integer(_ value: some FixedWidthInteger) {
    if let small = Int(exactly: value), small >= 0, small < 10 {
      return bytes.append(UInt8(ascii: "0") + UInt8(small))
    }
    bytes.append(contentsOf: String(value).utf8)
  }

  mutating func number<Value: BinaryFloatingPoint & CustomStringConvertible>(_ value: Value) throws {
    guard value.isFinite else {
      throw EncodingError.invalidValue(
        value, EncodingError.Context(codingPath: [], debugDescription: "JSON has no number \(value)"))
    }
    var digits = value.description.utf8[...]
    if digits.suffix(2).elementsEqual(".0".utf8) { digits = digits.dropLast(2) }
    bytes.append(contentsOf: digits)
  }

  mutating func bool(_ value: Bool) { append(value ? "true" : "false") }

  /// RFC 8259 section 7.
  mutating func string(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    var text = text
    text.withUTF8 { utf8 in
      if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
        bytes.append(contentsOf: utf8)
      } else {
        for byte in utf8 { escape(byte) }
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func escape(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): append("\\\"")
    case UInt8(ascii: "\\"): append("\\\\")
    case 8: append("\\b")
    case 9: append("\\t")
    case 10: append("\\n")
    case 12: append("\\f")
    case 13: append("\\r")
    case 0..<0x20:
      append(byte < 16 ? "\\u000" : "\\u001")
      bytes.append(Array("0123456789abcdef".utf8)[Int(byte & 15)])
    default: bytes.append(byte)
    }
  }
}
