import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// What programs hear over WebSockets while miners come, find blocks, are moved, and go.
  @Suite struct EventTests {
    private static let address = EndToEnd.address(0x123)

    @Test(.timeLimit(.minutes(3)))
    func `a listener that reads nothing is closed, said once and counted, and the others hear everything`() async throws
    {
      let folder = try TemporaryFolder("slow-listener")
      try await EndToEnd.withLoops(2) { loops in
        let alpha = try await FakePool("alpha", difficulty: 0.0001, on: loops)
        let beta = try await FakePool("beta", difficulty: 0.0001, on: loops)
        let server = try ZionServer(
          "server", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0001") + """
            pools:
              - { name: alpha, url: "stratum+tcp://127.0.0.1:\(alpha.port)", user: farm, extranonce2: 2 }
              - { name: beta, url: "stratum+tcp://127.0.0.1:\(beta.port)", user: farm, extranonce2: 2 }

            """ + EndToEnd.noLocalPool)
        try await server.start()
        let miners = EndToEnd.miners(150, at: server.port, on: loops, sharesPerSecond: 0.01)
        try await miners.startAndWait()
        let path = "/api/events?types=switch"
        let good = try await WebSocketClient(port: server.api.port, path: path, on: loops)
        let slow = try await WebSocketClient(port: server.api.port, path: path, readsNothing: true, on: loops)
        try await eventually("both are listening") {
          try await server.api.get("/metrics").text.contains("\nzion_event_listeners 2\n")
        }
        @Sendable func dropped() async throws -> Bool {
          try await server.api.get("/metrics").text.contains("\nzion_event_listeners_dropped_total 1\n")
        }
        #expect(try await !dropped())

        // Every move of all is 150 messages (the first is fewer, if some found beta first), until there are more than a
        // listener may leave unread.
        var (moved, round) = (0, 0)
        while try await !dropped(), round < 200 {
          let order = try await server.api.post("/api/move", #"{"to":"\#(round % 2 == 0 ? "beta" : "alpha")"}"#)
          let count = order.json["moved"].int ?? 0
          #expect(order.status == 200 && (count == 150 || round == 0), "\(order.text)")
          moved += count
          round += 1
        }
        #expect(try await dropped(), "\(server.process.tail)")
        // What it was sent before, and then why it was closed: it has a while for that.
        slow.beginReading()
        try await eventually("the slow one is told") { slow.closeCode == 1013 }
        #expect(slow.closeReason.contains("since=SEQ"))
        let count = moved
        try await eventually("the good one has heard all", detail: { "\(good.messages.count) of \(count)" }) {
          Self.events(good, "switch").count == count
        }
        #expect(!good.isClosed && !good.messages.contains { $0["type"].string == "gap" })
        let lines = server.process.output.split(separator: "\n").filter { $0.contains("it does not read") }
        #expect(lines.count == 1 && lines[0].contains(" info zion: address="), "\(lines)")
        try await eventually("its place is free again") {
          try await server.api.get("/metrics").text.contains("\nzion_event_listeners 1\n")
        }
        miners.stop()
        for pool in [alpha, beta] { try await pool.stop() }
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    @Test(.timeLimit(.minutes(4)))
    func `events come in order, each once, also to who was away for a while`() async throws {
      let folder = try TemporaryFolder("events")
      try await EndToEnd.withLoops(2) { loops in
        let upstream = try await FakePool("alpha", difficulty: 0.0001, on: loops)
        let server = try ZionServer(
          "server", in: folder,
          settings: "algorithm: sha256d\n" + EndToEnd.fixedDifficulty("0.0001")
            + "pools:\n  - { name: alpha, url: \"stratum+tcp://127.0.0.1:\(upstream.port)\", user: farm, "
            + "extranonce2: 2 }\n" + EndToEnd.embeddedPool(interval: "2s") + "  algorithm: sha256d\n",
          policy: "name: t\nmode: failover\norder: [zion, alpha]\nmin_dwell: 0s\nfailback_after: 1s\n")
        try await server.start()
        let port = server.api.port
        let always = try await WebSocketClient(port: port, path: "/api/events", on: loops)
        let leaving = try await WebSocketClient(port: port, path: "/api/events", on: loops)
        let blocks = try await WebSocketClient(port: port, path: "/api/events?types=block_found", on: loops)
        let other = try await WebSocketClient(port: port, path: "/notifications", on: loops)
        let zion = try await WebSocketClient(port: port, path: "/ws", on: loops)

        let miner = try ServerProcess(
          "miner", in: server.folder,
          arguments: [
            "mine", "--url", server.url, "--user", "\(Self.address).rig1", "--algorithm", "sha256d", "--threads", "1",
          ])
        try miner.start()
        try await Self.hears(blocks, "block_found", detail: { miner.tail + server.process.tail })
        // Stored before it was told of.
        let hash = try #require(Self.events(blocks, "block_found").first?["data"]["hash"].string)
        let stored = try await server.api.get("/api/blocks").json["blocks"].array
        #expect(stored.contains { $0["hash"].string == hash }, "\(stored)")
        try await Self.hears(leaving, "block_progress", detail: { server.process.tail })
        try await leaving.close()
        let last = try #require(leaving.messages.last?["seq"].int)

        let order = try await server.api.post("/api/move", #"{"to":"alpha"}"#)
        #expect(order.status == 200 && order.json["moved"].int == 1, "\(order.text)")
        // Not the first: a miner that came before the local pool had work began at alpha.
        @Sendable func moved() -> JSON? { Self.events(always, "switch").first { $0["data"]["to"].string == "alpha" } }
        try await eventually("the move", within: .seconds(60), detail: { server.process.tail }) { moved() != nil }
        let switched = try #require(moved())["data"]
        #expect(switched["from"].string == "zion" && switched["worker"].string == "rig1")
        #expect(switched["address"].string == Self.address)
        miner.kill(SIGINT)
        #expect(try await miner.end() == .status(0), "\(miner.tail)")
        try await Self.hears(always, "miner_disconnected", detail: { server.process.tail })
        try await Self.hears(always, "hashrate", detail: { server.process.tail })

        // Who was away has, both times together, what the one that stayed has.
        let back = try await WebSocketClient(port: port, path: "/api/events?since=\(last)", on: loops)
        let end = try #require(always.messages.last?["seq"].int)
        @Sendable func numbers(_ client: WebSocketClient) -> [Int] {
          client.messages.filter { !$0["data"].isNull }.compactMap { $0["seq"].int }.filter { $0 <= end }
        }
        try await eventually("the rest of the events") { numbers(back).last == end }
        let all = numbers(always)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0 + 1 == $1 })
        #expect(numbers(leaving) + numbers(back) == all)
        #expect(back.messages.first?["type"].string == "hello")
        #expect(!back.messages.contains { $0["type"].string == "gap" })

        // Each on a loop of its own, which may be behind the others'.
        try await Self.hears(other, "hashrateupdated", detail: { server.process.tail })
        try await Self.hears(zion, "hashrate_update", detail: { server.process.tail })
        let count = Self.events(always, "block_found").count
        try await eventually("every block") { Self.events(other, "blockfound").count >= count }
        try await eventually("every block") { Self.events(zion, "block_found").count >= count }
        try Self.expectOrder(always)
        #expect(Set(blocks.messages.compactMap { $0["type"].string }) == ["hello", "block_found"])
        try Self.expectOtherFormats(other, zion, blocks: Self.events(always, "block_found"))
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
        for client in [always, blocks, other, zion, back] {
          try await eventually("a word at the end") { client.closeCode != nil || client.isClosed }
          #expect(client.closeCode == 1001)
        }
        try await upstream.stop()
      }
    }

    private static func events(_ client: WebSocketClient, _ type: String) -> [JSON] {
      client.messages.filter { $0["type"].string == type }
    }

    private static func hears(
      _ client: WebSocketClient, _ type: String, detail: @escaping @Sendable () -> String
    ) async throws {
      try await eventually(
        type, within: .seconds(60), detail: { "\(client.messages.map { $0["type"].string ?? "?" }) \(detail())" }
      ) { !events(client, type).isEmpty }
    }

    private static func expectOrder(_ client: WebSocketClient) throws {
      let types = client.messages.compactMap { $0["type"].string }
      let connected = try #require(types.firstIndex(of: "miner_connected"))
      let found = try #require(types.firstIndex(of: "block_found"))
      let moved = try #require(types.lastIndex(of: "switch"))
      let gone = try #require(types.lastIndex(of: "miner_disconnected"))
      #expect(types[0] == "hello" && connected < found && found < moved && moved < gone)
      #expect(types.contains("share") && types.contains("chain_height"))
      // No network address of a miner, in whatever event.
      #expect(!client.messages.contains { "\($0)".contains("127.0.0.1") })
      // A block is found before it is anything else.
      for block in events(client, "block_progress") {
        let hash = block["data"]["hash"].string
        let birth = events(client, "block_found").first { $0["data"]["hash"].string == hash }
        #expect((birth?["seq"].int ?? .max) < block["seq"].int ?? 0)
      }
    }

    private static func expectOtherFormats(
      _ miningcore: WebSocketClient, _ zion: WebSocketClient, blocks: [JSON]
    ) throws {
      let heights = blocks.compactMap { $0["data"]["height"].int }
      #expect(miningcore.messages.first?["type"].string == "greeting")
      #expect(events(miningcore, "blockfound").compactMap { $0["blockHeight"].int } == heights)
      #expect(!events(miningcore, "hashrateupdated").isEmpty && !events(miningcore, "newchainheight").isEmpty)
      #expect(zion.messages.first?["type"].string == "connected")
      #expect(events(zion, "block_found").compactMap { $0["data"]["height"].int } == heights)
      #expect(events(zion, "miner_connected").first?["data"]["address"].string == address)
      #expect(!events(zion, "hashrate_update").isEmpty)
    }
  }
}
