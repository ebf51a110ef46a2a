import NIOCore
import Orchestrator
import Stratum
import Testing

@testable import Proxy

/// What a connection is, by its first bytes.
@Suite struct FirstBytesTests {
  private static let line = #"{"id":1,"method":"mining.subscribe","params":[]}"# + "\n"
  private static let header = "PROXY TCP4 192.0.2.7 198.51.100.1 40000 3333\r\n"

  private func steps(_ first: inout FirstBytes, _ pieces: [[UInt8]]) -> [FirstBytes.Step] {
    var steps: [FirstBytes.Step] = []
    for piece in pieces {
      first.received(ByteBuffer(bytes: piece))
      while true {
        let step = first.next()
        if step == .wait { break }
        steps.append(step)
        if case .header = step { continue }
        return steps
      }
    }
    return steps
  }

  private func step(
    _ text: [UInt8], header: Bool = false, takesTLS: Bool = true, requiresTLS: Bool = false
  ) -> [FirstBytes.Step] {
    var first = FirstBytes(expectsHeader: header, takesTLS: takesTLS, requiresTLS: requiresTLS)
    return steps(&first, [text])
  }

  @Test func `a line is plain and a handshake is TLS, with all their bytes`() {
    let line = Array(Self.line.utf8)
    #expect(step(line) == [.begin(isEncrypted: false, ByteBuffer(bytes: line))])
    #expect(step([22, 3, 1, 2, 0]) == [.begin(isEncrypted: true, ByteBuffer(bytes: [22, 3, 1, 2, 0]))])
  }

  @Test func `TLS where there is none, and plain where TLS is required, are refused`() {
    #expect(step([22, 3, 1], takesTLS: false) == [.refused(.noTLSHere)])
    #expect(step(Array(Self.line.utf8), requiresTLS: true) == [.refused(.needsTLS)])
  }

  @Test func `a header from somewhere that is no proxy is refused when it is one, not before`() {
    for bytes in [Array(Self.header.utf8), [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21]] {
      var first = FirstBytes(expectsHeader: false, takesTLS: true, requiresTLS: false)
      #expect(steps(&first, bytes.map { [$0] }) == [.refused(.unexpectedProxyHeader)])
    }
    #expect(step(Array("PRO".utf8)) == [])
    #expect(step([13, 10] + Array(Self.line.utf8)).count == 1)
  }

  @Test func `behind a proxy the header comes first, then TLS or plain, in pieces of any size`() throws {
    let address = ProxyHeader(source: NetworkAddress("192.0.2.7"))
    for (rest, isEncrypted) in [(Array(Self.line.utf8), false), ([UInt8](arrayLiteral: 22, 3, 1), true)] {
      let bytes = Array(Self.header.utf8) + rest
      for size in 1...bytes.count {
        var first = FirstBytes(expectsHeader: true, takesTLS: true, requiresTLS: false)
        let pieces = stride(from: 0, to: bytes.count, by: size).map { Array(bytes[$0..<min($0 + size, bytes.count)]) }
        let taken = steps(&first, pieces)
        #expect(taken.first == .header(address), "\(size)")
        guard case .begin(isEncrypted, _)? = taken.last else {
          Issue.record("\(taken) with pieces of \(size)")
          continue
        }
      }
    }
  }

  @Test func `a proxy that sends no header, a wrong one or a second one is refused`() {
    #expect(step(Array(Self.line.utf8), header: true) == [.headerRefused("it sends none")])
    #expect(step([22, 3, 1], header: true) == [.headerRefused("it sends none")])
    guard case .headerRefused? = step(Array("PROXY TCP4 x\r\n".utf8), header: true).first else {
      Issue.record("a wrong header was taken")
      return
    }
    #expect(step(Array((Self.header + Self.header).utf8), header: true).last == .refused(.unexpectedProxyHeader))
  }

  @Test func `a binary header without an end is not kept`() {
    var first = FirstBytes(expectsHeader: true, takesTLS: false, requiresTLS: false)
    let bytes: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10, 0x21, 0x11, 0xff, 0xff]
    #expect(steps(&first, bytes.map { [$0] }) == [.headerRefused("it is longer than 4096 bytes")])
  }
}

/// What is told once an hour.
@Suite struct NoticesTests {
  private func at(_ seconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

  @Test func `a network is told of once an hour, each kind apart`() {
    var notices = Notices()
    #expect(notices.isNews(.plainMiner, about: "192.0.2.7", at: at(0)) == true)
    #expect(notices.isNews(.plainMiner, about: "192.0.2.250", at: at(3599)) == false)
    #expect(notices.isNews(.missingHeader, about: "192.0.2.7", at: at(1)) == true)
    #expect(notices.isNews(.plainMiner, about: "192.0.3.7", at: at(1)) == true)
    #expect(notices.isNews(.plainMiner, about: "192.0.2.250", at: at(3600)) == true)
  }

  @Test func `beyond a thousand networks nothing is told until the hour is over`() {
    var notices = Notices()
    let told = (0..<1200).count { notices.isNews(.plainMiner, about: "10.\($0 / 256).\($0 % 256).1", at: at(0)) }
    #expect(told == Notices.limit)
    #expect(notices.isNews(.plainMiner, about: "192.0.2.7", at: at(3599)) == false)
    #expect(notices.isNews(.plainMiner, about: "192.0.2.7", at: at(3600)) == true)
  }

  @Test(arguments: [
    ("127.0.0.1", false), ("10.1.2.3", false), ("172.31.0.1", false), ("192.168.1.1", false), ("169.254.1.1", false),
    ("100.64.0.1", false), ("::1", false), ("fd00::1", false), ("fe80::1", false), ("::ffff:10.0.0.1", false),
    ("8.8.8.8", true), ("172.32.0.1", true), ("2001:db8::1", true), ("::ffff:8.8.8.8", true),
  ])
  func `networks of others are told from our own`(address: String, isPublic: Bool) {
    #expect(NetworkAddress(address)?.isPublic == isPublic)
  }
}
