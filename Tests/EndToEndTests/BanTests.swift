import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// Who breaks the rules is kept out, by both pools that share a database, also after a restart; who does not, goes on.
  @Suite struct BanTests {
    private static let wrong = #"{"id":9,"method":"mining.submit","params":["a","1","00000000","00000000","00000000"]}"#

    /// Connects and speaks out of turn until it is disconnected.
    private func misbehave(at server: ZionServer, from address: String, on loops: MultiThreadedEventLoopGroup)
      async throws
    {
      let stranger = try await RawConnection(port: server.port, from: address, on: loops)
      // At once: after the fourth nothing more is read from it for a while.
      stranger.send(Array(String(repeating: Self.wrong + "\n", count: 6).utf8))
      try await eventually("it is disconnected") { stranger.isClosed }
      #expect(stranger.lines.contains { $0.contains("too much that breaks the rules: 6 × protocol order") })
    }

    private func shown(at server: ZionServer, from address: String, on loops: MultiThreadedEventLoopGroup) async throws
      -> String
    {
      let stranger = try await RawConnection(port: server.port, from: address, on: loops)
      try await eventually("an end") { stranger.isClosed }
      return stranger.lines.joined()
    }

    @Test(.timeLimit(.minutes(2)))
    func `three strikes ban an address for an hour, on both pools and after a restart, until it is lifted`()
      async throws
    {
      let folder = try TemporaryFolder("bans")
      let url = try PostgresServer.makeDatabase()
      let settings = EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool(database: url)
      let servers = try ["a", "b"].map { try ZionServer($0, in: folder, settings: settings) }
      for server in servers { try await server.start() }
      func zion(_ arguments: String...) async throws -> CommandOutcome {
        try await CommandOutcome.of(arguments + ["--config", "zion.yaml"], in: servers[0].folder)
      }
      try await EndToEnd.withLoops { loops in
        let honest = EndToEnd.miners(4, at: servers[0].port, on: loops, sharesPerSecond: 5) { options, index in
          options.localAddress = "127.0.0.\(20 + index)"
        }
        try await honest.startAndWait()
        for _ in 0..<3 { try await misbehave(at: servers[0], from: "127.0.0.9", on: loops) }
        let first = try await shown(at: servers[0], from: "127.0.0.9", on: loops)
        #expect(first.contains("banned: until 20") && first.contains("3 disconnections within an hour"))
        try await eventually("the other pool knows") {
          let stranger = try await RawConnection(port: servers[1].port, from: "127.0.0.9", on: loops)
          try await Task.sleep(for: .milliseconds(200))
          return stranger.lines.joined().contains("3 disconnections within an hour")
        }
        let page = try await servers[1].api.get("/api/bans").json
        #expect(page["addresses"].int == 1 && page["bans"][0]["subject"].string == "127.0.0.9")
        let others = try await HTTPClient(port: servers[1].api.port).get("/api/bans").json
        #expect(others["addresses"].int == 1 && others["bans"][0]["subject"].isNull)
        #expect(try await servers[1].api.get("/metrics").text.contains("zion_pool_banned_ips 1\n"))

        let why = try await zion("ban", "explain", "127.0.0.9")
        #expect(why.status == 0 && why.output.contains("6 × protocol order, 1"), "\(why)")
        #expect(why.output.contains("the next ban would last 4 h"))
        let rules = try await zion("ban", "export")
        #expect(rules.output.contains("127.0.0.9 timeout 3"), "\(rules)")

        #expect(try await servers[0].process.stop() == .status(0))
        try await servers[0].start()
        try await eventually("the ban is read again") {
          let stranger = try await RawConnection(port: servers[0].port, from: "127.0.0.9", on: loops)
          try await Task.sleep(for: .milliseconds(200))
          return stranger.lines.joined().contains("banned: until")
        }

        let lifted = try await zion("ban", "remove", "127.0.0.9", "--by", "anna")
        #expect(lifted.status == 0, "\(lifted)")
        for server in servers {
          try await eventually("it may come again") {
            let stranger = try await RawConnection(port: server.port, from: "127.0.0.9", on: loops)
            stranger.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
            try await Task.sleep(for: .milliseconds(200))
            return stranger.messages.contains { $0["id"].int == 1 }
          }
        }
        #expect(try await zion("ban", "remove", "127.0.0.9").status == 2)
        #expect(try await zion("ban", "explain", "127.0.0.9").output.contains("lifted by anna"))
        honest.stop()
      }
      for server in servers { #expect(try await server.process.stop() == .status(0), "\(server.process.tail)") }
    }

    @Test(.timeLimit(.minutes(2)))
    func `an operator's ban of a network holds at once, by command and by API, and closes who is there`() async throws {
      let folder = try TemporaryFolder("network-ban")
      let server = try ZionServer(
        "server", in: folder,
        settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool()
          + "bans: { allow: [127.0.5.0/24] }\n")
      try await server.start()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 5) { options, index in
          options.localAddress = index == 0 ? "127.0.0.2" : "127.0.1.2"
        }
        try await miners.startAndWait()
        let made = try await server.api.post(
          "/api/bans", #"{"subject": "127.0.0.0/24", "seconds": 600, "reason": "maintenance"}"#)
        #expect(made.status == 200, "\(made.text)")
        try await eventually("the one there is closed") {
          let page = try await server.api.get("/api/workers").json
          return page["workers"].array.compactMap { $0["ip"].string } == ["127.0.1.2"]
        }
        #expect(try await shown(at: server, from: "127.0.0.77", on: loops).contains("for: maintenance"))
        let spared = try await server.api.post("/api/bans", #"{"subject": "127.0.5.9", "reason": "x"}"#)
        #expect(spared.status == 409 && spared.text.contains("bans.allow"))
        #expect(try await HTTPClient(port: server.api.port).post("/api/bans", "{}").status == 401)
        #expect(try await server.api.post("/api/bans/lift", #"{"subject": "127.0.0.0/24"}"#).status == 200)
        #expect(try await server.api.post("/api/bans/lift", #"{"subject": "127.0.0.0/24"}"#).status == 404)
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
