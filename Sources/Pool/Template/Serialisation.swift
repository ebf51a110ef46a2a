/// Bitcoin's wire forms, appended.
///
/// Source: Bitcoin developer reference, "CompactSize unsigned integers"; BIP 34 for the height.
extension [UInt8] {
  mutating func append(littleEndian value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(compactSize value: UInt64) {
    switch value {
    case 0..<0xfd:
      append(UInt8(value))
    case 0xfd...0xffff:
      append(0xfd)
      append(littleEndian: UInt16(value))
    case 0x1_0000...0xffff_ffff:
      append(0xfe)
      append(littleEndian: UInt32(value))
    default:
      append(0xff)
      append(littleEndian: value)
    }
  }

  /// A script push of up to 255 bytes; what is longer is cut (nothing here pushes more than a script of 100).
  mutating func append(push data: [UInt8]) {
    let data = data.prefix(255)
    if data.count > 75 { append(0x4c) }
    append(UInt8(data.count))
    append(contentsOf: data)
  }

  /// The minimal push of a number: OP_0, OP_1 to OP_16, or its little-endian bytes with a clear sign bit.
  mutating func append(scriptNumber value: UInt32) {
    switch value {
    case 0: append(0)
    case 1...16: append(0x50 + UInt8(value))
    default:
      var digits: [UInt8] = []
      var rest = value
      while rest > 0 {
        digits.append(UInt8(truncatingIfNeeded: rest))
        rest >>= 8
      }
      if let top = digits.last, top & 0x80 != 0 { digits.append(0) }
      append(push: digits)
    }
  }
}
