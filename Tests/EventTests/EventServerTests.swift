import Logging
import NIOCore
import NIOPosix
import Orchestrator
import Stratum
import TestSupport
import Testing

@testable import API

/// The real server on a real port.
@Suite struct EventServerTests {
  private struct NoFleet: FleetView {
    let about = About(version: "test", stratum: "", policy: "")
    let startedAt = MonotonicTime.zero
    func snapshot() async -> FleetSnapshot { FleetSnapshot(at: .zero, sources: [], miners: []) }
    func miner(_ account: String, minutes: Int64) async throws -> MinerStanding { MinerStanding() }
    func blocks(limit: Int) async throws -> [BlockReport] { [] }
    func move(to: String, worker: String?) async throws(MoveError) -> MoveReport { throw .unknownPool(known: []) }
  }

  private static let loops = MultiThreadedEventLoopGroup.singleton

  private func serve(
    _ bus: EventBus, _ options: WebSocketOptions = WebSocketOptions(), _ body: @Sendable (Int) async throws -> Void
  ) async throws {
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let server = APIServer(
      view: NoFleet(), host: "127.0.0.1", port: 0, access: APIAccess(), events: bus, webSockets: options,
      group: Self.loops,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
      onListening: { listening.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      var port = 0
      for await number in ports {
        port = number
        break
      }
      try await body(port)
      group.cancelAll()
    }
  }

  private func refusal(_ port: Int, _ path: String, _ headers: [String: String] = [:]) async throws -> String? {
    do {
      _ = try await WebSocketClient(port: port, path: path, headers: headers, on: Self.loops)
      return nil
    } catch let error as WebSocketClient.Refused {
      return error.description
    }
  }

  @Test func `events and ordinary requests come through one port`() async throws {
    let bus = EventBus()
    try await serve(bus) { port in
      let listener = try await WebSocketClient(port: port, path: "/api/events?types=share&pool=zion", on: Self.loops)
      try await eventually("the greeting") { listener.messages.count == 1 }
      bus.publish(EventSamples.policy("p"))
      bus.publish(EventSamples.share("w"))
      try await eventually("a share") { listener.messages.count == 2 }
      #expect(listener.messages.map { $0["type"].string } == ["hello", "share"])
      let http = HTTPClient(port: port)
      #expect(try await http.get("/api/pools").status == 200)
      for path in ["/api/events", "/notifications", "/ws"] {
        let answer = try await http.get(path)
        #expect(answer.status == 426 && answer.json["error"].string?.contains("is a WebSocket") == true)
      }
    }
  }

  @Test func `a handshake is refused with a sentence: too many, a strange origin, a wrong query`() async throws {
    var options = WebSocketOptions()
    options.listeners = 2
    options.origins = ["https://pool.example"]
    let bus = EventBus()
    try await serve(bus, options) { port in
      #expect(try await refusal(port, "/api/events", ["Origin": "https://evil.example"])?.contains(" 403 ") == true)
      #expect(try await refusal(port, "/api/events?types=x")?.contains("there is no type “x”; there are") == true)
      #expect(try await refusal(port, "/api/events?since=-1")?.contains(" 400 ") == true)
      #expect(try await refusal(port, "/api/events?what=1")?.contains("“what” is not known") == true)
      #expect(bus.listenerCount == 0)
      let first = try await WebSocketClient(
        port: port, path: "/ws", headers: ["Origin": "https://pool.example"], on: Self.loops)
      let second = try await WebSocketClient(
        port: port, path: "/notifications", headers: ["Origin": "http://127.0.0.1:\(port)"], on: Self.loops)
      let third = try #require(try await refusal(port, "/api/events"))
      #expect(third.contains(" 503 ") && third.contains("there are 2 listeners already"))
      try await first.close()
      try await eventually("a place") { bus.listenerCount == 1 }
      #expect(try await refusal(port, "/api/events") == nil)
      #expect(!second.isClosed)
    }
  }

  @Test func `one that reads nothing is dropped with a reason, while others hear everything`() async throws {
    var options = WebSocketOptions()
    options.outboxBytes = 64 << 10
    options.kernelBytes = 8 << 10
    // However slow the machine is, the close frame still waits when this test reads it.
    options.slowCloseSeconds = 600
    let bus = EventBus()
    let count = 4000
    try await serve(bus, options) { port in
      let slow = try await WebSocketClient(port: port, path: "/api/events", readsNothing: true, on: Self.loops)
      let other = try await WebSocketClient(port: port, path: "/api/events", on: Self.loops)
      // A listener is answered before it listens.
      try await eventually("the one that reads is greeted") { other.messages.count == 1 }
      for index in 0..<count {
        bus.publish(EventSamples.policy("p\(index)"))
        // As fast as the one that reads can: it is not what is tested here.
        if index % 20 == 19 {
          try await eventually("\(index) events", every: .milliseconds(2)) { other.messages.count == index + 2 }
        }
      }
      let heard = other.messages.dropFirst().compactMap { $0["seq"].int }
      #expect(heard.count == count && zip(heard, heard.dropFirst()).allSatisfy { $0 + 1 == $1 })
      slow.beginReading()
      try await eventually("the slow one is told why") { slow.closeCode != nil || slow.isClosed }
      #expect(slow.closeCode == 1013 && slow.closeReason.contains("was not read"))
      #expect(slow.messages.count < count)
      // What it did get has no hole, and it can come back for the rest.
      let seen = slow.messages.dropFirst().compactMap { $0["seq"].int }
      let last = try #require(seen.last)
      #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 + 1 == $1 })
      let back = try await WebSocketClient(port: port, path: "/api/events?since=\(last)", on: Self.loops)
      try await eventually("the rest") { back.messages.count == 1 + count - seen.count }
      let rest = back.messages.dropFirst().compactMap { $0["seq"].int }
      #expect(seen + rest == heard)
    }
  }

  @Test func `a first request that is none is answered, and so is one that asks for another protocol`() async throws {
    try await serve(EventBus()) { port in
      let stray = try await RawConnection(port: port, on: Self.loops)
      stray.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
      try await eventually("an answer to a stratum line") { stray.lines.first?.hasPrefix("HTTP/1.1 400") == true }
      let h2c = try await RawConnection(port: port, on: Self.loops)
      h2c.send(
        line: "GET /api/pools HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
          + "HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r")
      try await eventually("an answer over HTTP/1.1") { h2c.lines.first?.hasPrefix("HTTP/1.1 200") == true }
    }
  }
}
