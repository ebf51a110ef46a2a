import Foundation
import Stratum
import TestSupport
import Testing

@testable import zion

@Suite struct WatchdogTests {
  private func time(_ seconds: Double) -> MonotonicTime { MonotonicTime.zero.advanced(bySeconds: seconds) }

  @Test func `a loop that does not turn for ten seconds is stuck, said once, and said again when it turns`() {
    var turns = LoopTurns(count: 2, at: time(0))
    turns.turned(0, at: time(9))
    turns.turned(1, at: time(1))
    #expect(turns.look(at: time(10)) == [])
    #expect(turns.look(at: time(12)) == [.stuck(1, seconds: 11)])
    #expect(turns.isAnyStuck)
    turns.turned(0, at: time(12))
    #expect(turns.look(at: time(13)) == [])
    turns.turned(0, at: time(20))
    turns.turned(1, at: time(21))
    #expect(turns.look(at: time(21)) == [.turnsAgain(1, seconds: 20)])
    #expect(!turns.isAnyStuck)
  }

  @Test func `the service manager hears the words of its protocol, at a path and at an abstract name`() throws {
    let folder = try TemporaryFolder("notify")
    let path = folder.url.appendingPathComponent("notify").path
    for name in [path, "@zion-test-\(UInt64.random(in: 0 ... .max))"] {
      let receiver = try Receiver(name)
      ServiceManager(socket: name).tell(.ready)
      ServiceManager(socket: name).tell(.alive)
      #expect(receiver.next() == "READY=1")
      #expect(receiver.next() == "WATCHDOG=1")
    }
  }

  @Test func `nobody who listens, or a name that is too long, harms nothing`() {
    ServiceManager(socket: nil).tell(.ready)
    ServiceManager(socket: "").tell(.ready)
    ServiceManager(socket: "/nowhere/at/all").tell(.ready)
    ServiceManager(socket: "/" + String(repeating: "x", count: 300)).tell(.stopping)
  }

  /// A datagram socket, as a service manager has one.
  private final class Receiver {
    struct Failed: Error {}
    private let descriptor: Int32

    init(_ name: String) throws {
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      var bytes = Array(name.utf8)
      if bytes.first == UInt8(ascii: "@") { bytes[0] = 0 }
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
      let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
      let code = withUnsafePointer(to: address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
      }
      guard code == 0 else { throw Failed() }
    }

    deinit { close(descriptor) }

    /// What was sent is there: a datagram of this machine is delivered before `sendto` returns.
    func next() -> String {
      var buffer = [UInt8](repeating: 0, count: 100)
      let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }
  }
}
