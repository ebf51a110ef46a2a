import Orchestrator

/// What a proxy in front of us says of a connection before its first byte: the PROXY protocol, versions 1 and 2.
///
/// Source: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt
public struct ProxyHeader: Equatable, Sendable {
  /// Where the client is; `nil` when the proxy does not say (`UNKNOWN`, `LOCAL`, a UNIX socket): then the proxy's own
  /// address holds.
  public var source: NetworkAddress?
  /// Whether the client speaks TLS with the proxy; `nil` when it does not say.
  public var isEncrypted: Bool?

  public init(source: NetworkAddress? = nil, isEncrypted: Bool? = nil) {
    self.source = source
    self.isEncrypted = isEncrypted
  }

  /// What bytes at the start of a connection are.
  public enum Reading: Equatable, Sendable {
    /// Something else.
    case none
    /// Perhaps a header, perhaps the beginning of one.
    case partial
    case header(ProxyHeader, byteCount: Int)
    /// A header that is wrong: no later byte makes it right.
    case malformed(String)
  }

  /// A longer header of version 1 is malformed: the protocol has none.
  public static let textByteLimit = 107
  /// A longer header of version 2 is malformed: addresses and what proxies add to them are some hundred bytes.
  public static let binaryByteLimit = 4096

  private static let text = Array("PROXY ".utf8)
  private static let binary: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]

  /// - Parameter bytes: all that came so far.
  public static func read(_ bytes: [UInt8]) -> Reading {
    if bytes.starts(with: text) { return readText(bytes) }
    if bytes.starts(with: binary) { return readBinary(bytes) }
    return text.starts(with: bytes) || binary.starts(with: bytes) ? .partial : .none
  }

  /// Whether bytes begin as a header does, right or wrong; `nil` when only later bytes tell.
  static func begins(_ bytes: [UInt8]) -> Bool? {
    if bytes.starts(with: text) || bytes.starts(with: binary) { return true }
    return text.starts(with: bytes) || binary.starts(with: bytes) ? nil : false
  }

  // MARK: version 1

  private static func readText(_ bytes: [UInt8]) -> Reading {
    let line = bytes.prefix(textByteLimit)
    guard let end = line.firstIndex(of: 10) else {
      return bytes.count < textByteLimit ? .partial : .malformed("it is longer than \(textByteLimit) bytes")
    }
    guard bytes[end - 1] == 13, let words = String(validating: bytes[text.count..<end - 1], as: UTF8.self) else {
      return .malformed("its line does not end as it should")
    }
    let fields = words.split(separator: " ", omittingEmptySubsequences: false)
    if fields[0] == "UNKNOWN" { return .header(ProxyHeader(), byteCount: end + 1) }
    guard fields[0] == "TCP4" || fields[0] == "TCP6" else { return .malformed("it is neither TCP4, TCP6 nor UNKNOWN") }
    guard fields.count == 5, isPort(fields[3]), isPort(fields[4]) else {
      return .malformed("it has not two addresses and two ports")
    }
    let isLong = fields[0] == "TCP6"
    let addresses = fields[1...2].compactMap { $0.contains(":") == isLong ? NetworkAddress(String($0)) : nil }
    guard addresses.count == 2 else { return .malformed("its addresses are not of \(fields[0])") }
    return .header(ProxyHeader(source: addresses[0]), byteCount: end + 1)
  }

  private static func isPort(_ text: Substring) -> Bool {
    guard let number = UInt16(text) else { return false }
    return String(number) == text
  }

  // MARK: version 2

  private static func readBinary(_ bytes: [UInt8]) -> Reading {
    guard bytes.count >= 16 else { return .partial }
    let total = 16 + (Int(bytes[14]) << 8 | Int(bytes[15]))
    guard total <= binaryByteLimit else { return .malformed("it is longer than \(binaryByteLimit) bytes") }
    guard bytes[12] >> 4 == 2, bytes[12] & 15 <= 1 else { return .malformed("its version or command is unknown") }
    let (family, transport) = (bytes[13] >> 4, bytes[13] & 15)
    guard family <= 3, transport <= 2 else { return .malformed("its family or transport is unknown") }
    guard bytes.count >= total else { return .partial }
    // LOCAL: the proxy speaks for itself, to see whether we are well.
    guard bytes[12] & 15 == 1, transport == 1, family == 1 || family == 2 else {
      return .header(ProxyHeader(), byteCount: total)
    }
    let addressBytes = family == 1 ? 4 : 16
    let fields = 16 + 2 * addressBytes + 4
    guard total >= fields else { return .malformed("it is too short for its addresses") }
    let number = bytes[16..<16 + addressBytes].reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
    var header = ProxyHeader(
      source: family == 1 ? NetworkAddress(ipv4: UInt32(truncatingIfNeeded: number)) : NetworkAddress(ipv6: number))
    if let wrong = readMore(Array(bytes[..<total]), from: fields, into: &header) { return .malformed(wrong) }
    return .header(header, byteCount: total)
  }

  /// What follows the addresses: type, length (two bytes) and value, again and again.
  private static func readMore(_ bytes: [UInt8], from start: Int, into header: inout ProxyHeader) -> String? {
    var at = start
    while at < bytes.count {
      guard at + 3 <= bytes.count else { return "it ends in the middle of a field" }
      let (value, end) = (at + 3, at + 3 + (Int(bytes[at + 1]) << 8 | Int(bytes[at + 2])))
      guard end <= bytes.count else { return "one of its fields is longer than the header" }
      switch bytes[at] {
      case 0x03:
        guard end - value == 4 else { return "its checksum has not four bytes" }
        let claimed = bytes[value..<end].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        var zeroed = bytes
        for index in value..<end { zeroed[index] = 0 }
        guard crc32c(zeroed) == claimed else { return "its checksum is wrong" }
      case 0x20:
        guard end > value else { return "its field about TLS is empty" }
        header.isEncrypted = bytes[value] & 1 == 1
      default: break
      }
      at = end
    }
    return nil
  }

  /// Source: RFC 3720 appendix B.4.
  static func crc32c(_ bytes: [UInt8]) -> UInt32 {
    var crc = ~UInt32(0)
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0x82f6_3b78 : 0) }
    }
    return ~crc
  }
}
