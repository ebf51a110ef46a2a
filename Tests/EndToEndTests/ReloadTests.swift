import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// SIGHUP: what an operator changes while miners mine.
  @Suite struct ReloadTests {
    @Test(.timeLimit(.minutes(2)))
    func
      `SIGHUP changes limits and bans under miners, says what waits for a restart, and a broken file changes nothing`()
      async throws
    {
      let folder = try TemporaryFolder("reload")
      let server = try ZionServer(
        "server", in: folder,
        settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool() + "limits: { per_address: 2 }\n")
      try await server.start()
      let file = server.folder.appendingPathComponent("zion.yaml")
      let first = try String(contentsOf: file, encoding: .utf8)
      #expect(server.process.output.contains("everybody on this machine may read it"), "\(server.process.tail)")
      func reload(_ text: String, says words: String) async throws {
        let known = server.process.output.count
        try Data(text.utf8).write(to: file)
        server.process.kill(SIGHUP)
        try await eventually("the log says “\(words)”", detail: { server.process.tail }) {
          server.process.output.dropFirst(known).contains(words)
        }
      }
      func isServed(from address: String, _ loops: MultiThreadedEventLoopGroup) async throws -> Bool {
        let stranger = try await RawConnection(port: server.port, from: address, on: loops)
        stranger.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
        try await eventually("an answer or an end") { stranger.isClosed || !stranger.messages.isEmpty }
        return stranger.messages.contains { $0["id"].int == 1 && !$0["result"].isNull }
      }
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 5) { options, _ in
          options.localAddress = "127.0.0.9"
        }
        try await miners.startAndWait()
        #expect(try await !isServed(from: "127.0.0.9", loops))

        let wider = first.replacing("per_address: 2", with: "per_address: 3") + "bans: { allow: [127.0.7.0/24] }\n"
        try await reload(wider, says: "changed=limits, bans")
        #expect(try await isServed(from: "127.0.0.9", loops))
        let banned = try await server.api.post(
          "/api/bans", #"{"subject": "127.0.7.1", "seconds": 600, "reason": "allowed addresses are not kept out"}"#)
        #expect(banned.status == 409, "\(banned.text)")

        let broken = wider.replacing("per_address: 3", with: "per_address: many")
        try await reload(broken, says: "key=limits.per_address")
        #expect(server.process.output.contains("the configuration cannot be used, everything stays as it was"))
        #expect(try await isServed(from: "127.0.0.9", loops))

        try await reload(wider + "threads: 1\nprices: { currency: EUR }\n", says: "sections=threads, prices")
        try await reload(wider, says: "changed=nothing")
        try await miners.mine(3)
        #expect(miners.disconnects == 0)
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
