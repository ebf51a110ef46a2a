import Glibc

/// A block of IP addresses, as `10.2.0.0/16` or `2001:db8::/32`; without a length it is one address.
public struct AddressRange: Sendable, Equatable {
  /// IPv4 as IPv6 holds it (`::ffff:a.b.c.d`), so that it does not matter how a miner's socket was opened.
  private let bytes: [UInt8]
  /// Leading bits that count, 0 to 128.
  private let bitCount: Int

  /// `nil` when it is no such block: malformed, or with bits set behind its length.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let address = Self.bytes(of: String(parts[0])) else { return nil }
    let isIPv4 = !parts[0].contains(":")
    var length = isIPv4 ? 32 : 128
    if parts.count == 2 {
      guard let given = Int(parts[1]), (0...length).contains(given), String(given) == parts[1] else { return nil }
      length = given
    }
    bytes = address
    bitCount = isIPv4 ? 96 + length : length
    guard (bitCount..<128).allSatisfy({ address[$0 / 8] & (0x80 >> UInt8($0 % 8)) == 0 }) else { return nil }
  }

  /// - Parameter address: without a port; anything else than an IP address is in no block.
  public func contains(_ address: String) -> Bool {
    guard let other = Self.bytes(of: address) else { return false }
    let whole = bitCount / 8
    guard bytes[..<whole] == other[..<whole] else { return false }
    guard bitCount % 8 > 0 else { return true }
    return (bytes[whole] ^ other[whole]) >> UInt8(8 - bitCount % 8) == 0
  }

  /// 16 bytes.
  private static func bytes(of text: String) -> [UInt8]? {
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      return [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff] + withUnsafeBytes(of: four) { Array($0) }
    }
    var six = in6_addr()
    // A link-local address names its interface behind a percent sign.
    guard inet_pton(AF_INET6, String(text.prefix { $0 != "%" }), &six) == 1 else { return nil }
    return withUnsafeBytes(of: six) { Array($0) }
  }
}
