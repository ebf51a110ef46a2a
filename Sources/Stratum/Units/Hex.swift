/// Strict hex: two digits a byte, nothing else accepted (no prefix, blank or odd digit).
public enum Hex {
  @inlinable
  public static func digit(_ ascii: UInt8) -> UInt8? {
    switch ascii {
    case 48...57: ascii &- 48
    case 97...102: ascii &- 87
    case 65...70: ascii &- 55
    default: nil
    }
  }

  public static func decode(_ text: some StringProtocol) -> [UInt8]? {
    var text = String(text)
    return text.withUTF8 { decode(ascii: $0) }
  }

  public static func decode(ascii: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard ascii.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(ascii.count / 2)
    for i in stride(from: 0, to: ascii.count, by: 2) {
      guard let high = digit(ascii[i]), let low = digit(ascii[i + 1]) else { return nil }
      bytes.append(high &<< 4 | low)
    }
    return bytes
  }

  public static func encode(_ bytes: some Sequence<UInt8>) -> String {
    var ascii: [UInt8] = []
    append(bytes, to: &ascii)
    return String(decoding: ascii, as: UTF8.self)
  }

  /// Appends the lower-case digits of `bytes` to `ascii`.
  public static func append(_ bytes: some Sequence<UInt8>, to ascii: inout [UInt8]) {
    for byte in bytes {
      ascii.append(lowercase(byte &>> 4))
      ascii.append(lowercase(byte & 15))
    }
  }

  /// Appends the eight digits of `word`, most significant first.
  public static func append(_ word: UInt32, to ascii: inout [UInt8]) {
    for shift in stride(from: UInt32(28), through: 0, by: -4) {
      ascii.append(lowercase(UInt8(truncatingIfNeeded: word &>> shift) & 15))
    }
  }

  /// Eight lower-case digits.
  public static func encode(_ word: UInt32) -> String {
    var ascii: [UInt8] = []
    append(word, to: &ascii)
    return String(decoding: ascii, as: UTF8.self)
  }

  @inlinable
  static func lowercase(_ nibble: UInt8) -> UInt8 { nibble < 10 ? nibble &+ 48 : nibble &+ 87 }
}
