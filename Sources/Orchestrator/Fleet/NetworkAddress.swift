import Glibc

/// An IPv4 or IPv6 address. An IPv4 address mapped into IPv6 is that IPv4 address.
public struct NetworkAddress: Hashable, Sendable, CustomStringConvertible {
  /// Of IPv6; of IPv4 the last 32 bits, behind `::ffff:`.
  public let bits: UInt128
  public let isIPv6: Bool

  private static let mapped: UInt128 = 0xffff_0000_0000

  /// - Returns: `nil` unless `text` is an address: no name, no port, no zone.
  public init?(_ text: String) {
    guard text.utf8.count <= 45 else { return nil }
    var four = in_addr()
    if inet_pton(AF_INET, text, &four) == 1 {
      self.init(ipv4: UInt32(bigEndian: four.s_addr))
      return
    }
    var six = in6_addr()
    guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
    self.init(ipv6: withUnsafeBytes(of: six) { $0.reduce(UInt128(0)) { $0 << 8 | UInt128($1) } })
  }

  /// As a socket names its other end: of a link-local address with its zone.
  public init?(ofSocket text: String) { self.init(String(text.prefix { $0 != "%" })) }

  /// Bits of IPv6. An IPv4 address mapped into it is that IPv4 address.
  public init(ipv6 bits: UInt128) { self.init(bits: bits, isIPv6: bits >> 32 != Self.mapped >> 32) }

  public init(ipv4: UInt32) { self.init(bits: Self.mapped | UInt128(ipv4), isIPv6: false) }

  private init(bits: UInt128, isIPv6: Bool) {
    self.bits = bits
    self.isIPv6 = isIPv6
  }

  /// The network that one subscriber of a provider commonly has: /24 of IPv4, /64 of IPv6.
  public var network: NetworkRange { NetworkRange(containing: self, prefix: isIPv6 ? 64 : 24) }

  /// Whether packets to it cross networks of others: not of this machine, of a private network, of one link or of a
  /// provider's own.
  ///
  /// Source: RFC 1918, 6598, 3927, 4193, 4291.
  public var isPublic: Bool { !Self.ours.contains { $0.contains(self) } }

  private static let ours = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16",
    "::/127", "fc00::/7", "fe80::/10",
  ].compactMap { NetworkRange($0) }

  public var description: String {
    guard isIPv6 else {
      return (0..<4).map { String(UInt8(truncatingIfNeeded: bits >> UInt128(24 - 8 * $0))) }.joined(separator: ".")
    }
    var six = in6_addr()
    withUnsafeMutableBytes(of: &six) { raw in
      for index in 0..<16 { raw[index] = UInt8(truncatingIfNeeded: bits >> UInt128(120 - 8 * index)) }
    }
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { buffer in
      guard let base = buffer.baseAddress, inet_ntop(AF_INET6, &six, base, socklen_t(buffer.count)) != nil else {
        return ""
      }
      return String(cString: base)
    }
  }
}

/// All addresses that begin alike: `192.0.2.0/24`, `2001:db8::/64`.
///
/// Source: RFC 4632 §3.1, RFC 4291 §2.3.
public struct NetworkRange: Hashable, Sendable, CustomStringConvertible {
  /// The first of them.
  public let first: NetworkAddress
  /// Bits that they have in common: 0…32, or 0…128.
  public let prefix: Int

  /// Bits behind the prefix are ignored. A prefix beyond the address's length is its length.
  public init(containing address: NetworkAddress, prefix: Int) {
    let length = address.isIPv6 ? 128 : 32
    self.prefix = max(0, min(prefix, length))
    let mask = ~UInt128(0) << UInt128(length - self.prefix)
    first =
      address.isIPv6
      ? NetworkAddress(bits: address.bits & mask)
      : NetworkAddress(ipv4: UInt32(truncatingIfNeeded: address.bits & mask))
  }

  /// - Returns: `nil` unless `text` is an address, alone or with a prefix length behind which no bit is set.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count <= 2, let address = parts.first.flatMap({ NetworkAddress(String($0)) }) else { return nil }
    let length = address.isIPv6 ? 128 : 32
    guard parts.count == 2 else {
      self.init(containing: address, prefix: length)
      return
    }
    guard let prefix = Int(parts[1]), (0...length).contains(prefix), String(prefix) == parts[1] else { return nil }
    self.init(containing: address, prefix: prefix)
    guard first == address else { return nil }
  }

  /// - Parameter address: as a socket has it; what is no address is in no range.
  public func contains(_ address: String) -> Bool {
    // A link-local address names its interface behind a percent sign.
    NetworkAddress(ofSocket: address).map(contains) ?? false
  }

  public func contains(_ address: NetworkAddress) -> Bool {
    address.isIPv6 == first.isIPv6 && NetworkRange(containing: address, prefix: prefix).first == first
  }

  /// One address alone is written as such.
  public var description: String {
    prefix == (first.isIPv6 ? 128 : 32) ? "\(first)" : "\(first)/\(prefix)"
  }
}

extension NetworkAddress {
  fileprivate init(bits: UInt128) { self.init(bits: bits, isIPv6: true) }
}
