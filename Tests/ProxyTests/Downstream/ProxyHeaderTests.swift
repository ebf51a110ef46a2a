import Orchestrator
import TestSupport
import Testing

@testable import Proxy

/// The PROXY protocol's header, at every cut and at every limit.
@Suite struct ProxyHeaderTests {
  private static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10]

  private static func binary(
    command: UInt8 = 0x21, family: UInt8, _ body: [UInt8], length: Int? = nil
  ) -> [UInt8] {
    let count = length ?? body.count
    return signature + [command, family, UInt8(count >> 8), UInt8(count & 255)] + body
  }

  /// 192.0.2.7:40000 to 198.51.100.1:3333.
  private static let fourAddresses: [UInt8] = [192, 0, 2, 7, 198, 51, 100, 1, 0x9c, 0x40, 0x0d, 0x05]
  /// 2001:db8::7 to 2001:db8::1, the same ports.
  private static let sixAddresses: [UInt8] =
    [0x20, 1, 0x0d, 0xb8] + [UInt8](repeating: 0, count: 11) + [7] + [0x20, 1, 0x0d, 0xb8]
    + [UInt8](repeating: 0, count: 11) + [1, 0x9c, 0x40, 0x0d, 0x05]

  private static let good: [(bytes: [UInt8], source: String?)] = [
    (Array("PROXY TCP4 192.0.2.7 198.51.100.1 40000 3333\r\n".utf8), "192.0.2.7"),
    (Array("PROXY TCP6 2001:db8::7 2001:db8::1 40000 3333\r\n".utf8), "2001:db8::7"),
    (Array("PROXY TCP6 ::ffff:192.0.2.7 ::1 0 65535\r\n".utf8), "192.0.2.7"),
    (Array("PROXY UNKNOWN\r\n".utf8), nil),
    (Array("PROXY UNKNOWN ffff:f:f:f:f:f:f:f ffff:f:f:f:f:f:f:f 65535 65535\r\n".utf8), nil),
    (binary(family: 0x11, fourAddresses), "192.0.2.7"),
    (binary(family: 0x21, sixAddresses), "2001:db8::7"),
    // What follows the addresses is passed over: ALPN, a unique id, something unknown.
    (binary(family: 0x11, fourAddresses + [1, 0, 2, 104, 50, 5, 0, 1, 9, 0xee, 0, 0]), "192.0.2.7"),
    // LOCAL, UNSPEC, a UNIX socket, a datagram: the proxy's own address holds.
    (binary(command: 0x20, family: 0x11, fourAddresses), nil), (binary(command: 0x20, family: 0, []), nil),
    (binary(family: 0, [1, 2, 3]), nil), (binary(family: 0x31, [UInt8](repeating: 7, count: 216)), nil),
    (binary(family: 0x12, fourAddresses), nil),
  ]

  @Test(arguments: good.indices)
  func `a header is read whole and ends where it ends, whatever follows`(index: Int) {
    let (bytes, source) = Self.good[index]
    for more in [[], Array(#"{"id":1,"method":"mining.subscribe"}"#.utf8) + [10], [22, 3, 1]] {
      let reading = ProxyHeader.read(bytes + more)
      #expect(
        reading == .header(ProxyHeader(source: source.flatMap { NetworkAddress($0) }), byteCount: bytes.count))
    }
  }

  @Test(arguments: good.indices)
  func `a header that is cut anywhere waits for the rest`(index: Int) {
    let bytes = Self.good[index].bytes
    for count in bytes.indices { #expect(ProxyHeader.read(Array(bytes[..<count])) == .partial, "\(count)") }
  }

  private static let bad: [[UInt8]] =
    [
      "PROXY TCP4 192.0.2.7 198.51.100.1 40000\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 40000 3333 x\r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 40000 65536\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 040000 3333\r\n",
      "PROXY TCP4 192.0.2.7 198.51.100.1 +4 3333\r\n", "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
      "PROXY TCP4 2001:db8::7 198.51.100.1 1 2\r\n", "PROXY TCP6 192.0.2.7 198.51.100.1 1 2\r\n",
      "PROXY TCP4 192.0.2.7  198.51.100.1 1 2\r\n", "PROXY tcp4 192.0.2.7 198.51.100.1 1 2\r\n",
      "PROXY UDP4 a b 1 2\r\n",
      "PROXY  \r\n", "PROXY \n", "PROXY TCP4 192.0.2.7 198.51.100.1 1 2\n", "PROXY TCP4 fe80::1%eth0 ::1 1 2\r\n",
    ].map { Array($0.utf8) } + [
      Array("PROXY ".utf8) + [0xff, 0xfe, 13, 10], Array("PROXY UNKNOWN ".utf8) + [UInt8](repeating: 120, count: 93),
      binary(command: 0x11, family: 0x11, fourAddresses), binary(command: 0x22, family: 0x11, fourAddresses),
      binary(family: 0x41, fourAddresses), binary(family: 0x13, fourAddresses), binary(family: 0x11, [1, 2, 3]),
      binary(family: 0x21, fourAddresses), binary(family: 0x11, fourAddresses + [1]),
      binary(family: 0x11, fourAddresses + [1, 0, 9, 1]), binary(family: 0x11, fourAddresses + [0x20, 0, 0]),
      binary(family: 0x11, fourAddresses, length: 4081), binary(family: 0x11, fourAddresses, length: 65535),
      binary(family: 0x11, fourAddresses + [3, 0, 4, 1, 2, 3, 4]),
      binary(family: 0x11, fourAddresses + [3, 0, 2, 1, 2]),
    ]

  @Test(arguments: bad.indices)
  func `a wrong header is refused, with the reason`(index: Int) {
    guard case .malformed(let reason) = ProxyHeader.read(Self.bad[index]) else {
      Issue.record("\(String(decoding: Self.bad[index], as: UTF8.self)) gave \(ProxyHeader.read(Self.bad[index]))")
      return
    }
    #expect(!reason.isEmpty)
  }

  @Test func `a header of 107 bytes is taken and a longer one is not waited for`() {
    let head = "PROXY UNKNOWN "
    let longest = head + String(repeating: "x", count: 107 - head.utf8.count - 2) + "\r\n"
    #expect(ProxyHeader.read(Array(longest.utf8)) == .header(ProxyHeader(), byteCount: 107))
    let endless = Array((head + String(repeating: "x", count: 200)).utf8)
    for count in 6..<107 { #expect(ProxyHeader.read(Array(endless[..<count])) == .partial) }
    #expect(ProxyHeader.read(Array(endless[..<107])) == .malformed("it is longer than 107 bytes"))
  }

  @Test func `the longest binary header is 4096 bytes`() {
    let filler = [UInt8](repeating: 0, count: 4096 - 16 - 12 - 3)
    let body = Self.fourAddresses + [4, UInt8(filler.count >> 8), UInt8(filler.count & 255)] + filler
    #expect(
      ProxyHeader.read(Self.binary(family: 0x11, body))
        == .header(ProxyHeader(source: NetworkAddress("192.0.2.7")), byteCount: 4096))
  }

  @Test func `a checksum is checked where there is one`() {
    // "123456789" has the check value that the catalogue of CRCs gives for CRC-32C.
    #expect(ProxyHeader.crc32c(Array("123456789".utf8)) == 0xe306_9283)
    var bytes = Self.binary(family: 0x11, Self.fourAddresses + [3, 0, 4, 0, 0, 0, 0])
    let crc = ProxyHeader.crc32c(bytes)
    for index in 0..<4 { bytes[bytes.count - 4 + index] = UInt8(truncatingIfNeeded: crc >> UInt32(24 - 8 * index)) }
    #expect(
      ProxyHeader.read(bytes) == .header(ProxyHeader(source: NetworkAddress("192.0.2.7")), byteCount: bytes.count))
    bytes[17] ^= 1
    #expect(ProxyHeader.read(bytes) == .malformed("its checksum is wrong"))
  }

  @Test func `whether the client spoke TLS with the proxy is known where it says so`() {
    for (client, expected) in [(UInt8(1), true), (5, true), (0, false)] {
      let bytes = Self.binary(family: 0x11, Self.fourAddresses + [0x20, 0, 5, client, 0, 0, 0, 0])
      #expect(
        ProxyHeader.read(bytes)
          == .header(
            ProxyHeader(source: NetworkAddress("192.0.2.7"), isEncrypted: expected), byteCount: bytes.count))
    }
  }

  @Test func `what begins otherwise is no header, from its first byte that differs`() {
    for text in ["{", "GET / HTTP/1.1\r\n", "PROXIED", "PR0", "\r\n{", "\n", "PROXYTCP4"] {
      #expect(ProxyHeader.read(Array(text.utf8)) == .none, "\(text)")
      #expect(ProxyHeader.begins(Array(text.utf8)) == false)
    }
    #expect(ProxyHeader.begins([]) == nil && ProxyHeader.begins(Array("PROX".utf8)) == nil)
    #expect(ProxyHeader.begins(Array("PROXY ".utf8)) == true)
  }

  @Test func `any bytes are read without harm, and what is taken lies within them`() {
    var random = SeededRandom(seed: 77)
    for round in 0..<20_000 {
      var bytes = Self.good[round % Self.good.count].bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        case 1:
          bytes.insert(UInt8.random(in: 0...255, using: &random), at: Int.random(in: bytes.indices, using: &random))
        default: if bytes.count > 1 { bytes.remove(at: Int.random(in: bytes.indices, using: &random)) }
        }
      }
      if case .header(_, let count) = ProxyHeader.read(bytes) { #expect((1...bytes.count).contains(count)) }
    }
  }
}
