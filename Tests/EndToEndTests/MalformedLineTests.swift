import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct MalformedLineTests {
    /// Every sender has its reason or is closed within this, the time to authorize included.
    static let bound = Duration.seconds(20)

    @Test(.timeLimit(.minutes(3)), arguments: [false, true])
    func `attack 11, JSON bombs: whoever sends them, or other nonsense, is told why or closed, and nobody else notices`(
      authorized: Bool
    ) async throws {
      let folder = try TemporaryFolder("nonsense")
      let server = try ZionServer(
        "pool", in: folder, settings: EndToEnd.fixedDifficulty("0.0000001") + EndToEnd.embeddedPool())
      try await server.start()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 10)
        try await miners.startAndWait()
        let entries = MalformedLines.all
        #expect(entries.count >= 200)
        // Some at a time: who connects too often in a minute may be refused for that instead.
        for start in stride(from: 0, to: entries.count, by: 25) {
          try await withThrowingTaskGroup { group in
            for entry in entries[start..<min(start + 25, entries.count)] {
              group.addTask { try await Self.send(entry, to: server.port, authorized: authorized, on: loops) }
            }
            try await group.waitForAll()
          }
        }
        #expect(server.process.isRunning, "\(server.process.tail)")
        try await miners.mine(3)
        #expect(miners.disconnects == 0)
        #expect(miners.rejections == [:])
        #expect(miners.oddities == [])
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0))
    }

    private static func send(
      _ entry: MalformedLines.Entry, to port: Int, authorized: Bool, on loops: MultiThreadedEventLoopGroup
    ) async throws {
      let connection = try await RawConnection(port: port, on: loops)
      if authorized {
        connection.send(line: #"{"id":900,"method":"mining.subscribe","params":["raw/1.0"]}"#)
        connection.send(
          line: "{\"id\":901,\"method\":\"mining.authorize\",\"params\":[\"\(EndToEnd.address(0xfff)).raw\",\"x\"]}")
        try await eventually("login before \(entry)") {
          connection.messages.contains { $0["id"].int == 901 && $0["result"].bool == true }
        }
      }
      let before = connection.messages.filter { $0["method"].isNull }.count
      connection.send(entry.bytes + [UInt8(ascii: "\n")])
      // An empty line says nothing that could be refused.
      let isBlank = entry.bytes.allSatisfy { $0 == UInt8(ascii: "\r") }
      switch isBlank ? .harmless : entry.expectation {
      case .refused:
        try await eventually("a reason or a close after \(entry)", within: bound) {
          connection.isClosed || connection.messages.filter { $0["method"].isNull }.count > before
        }
        if !connection.isClosed {
          let reply = connection.messages.filter { $0["method"].isNull }.dropFirst(before).first ?? .null
          #expect(reply["error"][0].int != nil && reply["error"][1].string?.isEmpty == false, "\(entry): \(reply)")
        }
      case .harmless:
        // Legal: the connection still answers what comes next, or said that it closes.
        connection.send(line: #"{"id":902,"method":"mining.ping","params":[]}"#)
        try await eventually("an answer after \(entry)", within: bound) {
          connection.isClosed || connection.messages.contains { $0["id"].int == 902 }
        }
      }
      connection.close()
    }
  }
}
