import Foundation
import NIOPosix
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// Attacks that are carried out on the wire, against the built binary.
  @Suite struct AttackTests {
    @Test(.timeLimit(.minutes(1)))
    func `attack 3, duplicates by encoding: one share in thirteen spellings counts once`() async throws {
      let folder = try TemporaryFolder("spellings")
      try await EndToEnd.withLoops { loops in
        let pool = try await FakePool("alpha", difficulty: 0.0000002, on: loops)
        // Where conduct is judged the attacker is gone after a few of them.
        let server = try ZionServer(
          "server", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.noLocalPool + "bans: { enabled: false }\n"
            + "pools:\n  - { name: alpha, url: \"stratum+tcp://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2 }\n"
        )
        try await server.start()
        let miner = try await HandMiner(port: server.port, user: "farm.rig", on: loops)
        let share = try miner.solve(try #require(miner.job))
        let words = [
          share.job, Hex.encode(share.extranonce2), Hex.encode(share.nTime), Hex.encode(share.nonce),
        ]
        miner.submit(id: 10, words)
        #expect(try await miner.answer(to: 10)["result"].bool == true)

        func changed(_ index: Int, _ change: (String) -> String) -> [String] {
          var changed = words
          changed[index] = change(words[index])
          return changed
        }
        let same = [
          words, changed(0) { $0.uppercased() }, changed(1) { $0.uppercased() }, changed(2) { $0.uppercased() },
          changed(3) { $0.uppercased() }, words + ["00000000"],
        ]
        let wrong = [
          changed(3) { "0x" + $0 }, changed(1) { "0x" + $0 }, changed(1) { $0 + "a" }, changed(1) { $0 + "00" },
          // Where only the lower bits of a letter are looked at, these are digits.
          changed(3) { $0.replacing("a", with: "J") }, changed(2) { ":" + $0.dropFirst() },
          changed(3) { " " + $0.dropFirst() },
        ]
        for (index, spelling) in (same + wrong).enumerated() {
          // A good line between two that are not: five in a row would close.
          miner.connection.send(line: #"{"id":9,"method":"mining.ping","params":[]}"#)
          miner.submit(id: 100 + index, spelling)
          let answer = try await miner.answer(to: 100 + index)
          #expect(answer["error"][0].int == (index < same.count ? 22 : 20), "\(spelling): \(answer)")
        }
        let other = try miner.solve(try #require(miner.job), seed: 0xcd)
        miner.submit(id: 11, other)
        #expect(try await miner.answer(to: 11)["result"].bool == true)
        #expect(pool.record.accepted.count == 2 && pool.record.rejected.isEmpty && pool.record.malformed == [])
        try await pool.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    @Test(.timeLimit(.minutes(1)))
    func `attack 9, oversized line: it is cut off at 4 KiB before login and at 16 KiB after, with the reason`()
      async throws
    {
      let folder = try TemporaryFolder("oversized")
      let server = try ZionServer(
        "server", in: folder, settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool())
      try await server.start()
      try await EndToEnd.withLoops { loops in
        let neighbour = EndToEnd.miners(1, at: server.port, on: loops, sharesPerSecond: 5)
        try await neighbour.startAndWait()
        func letters(_ count: Int) -> [UInt8] { [UInt8](repeating: UInt8(ascii: "A"), count: count) }
        let stranger = try await RawConnection(port: server.port, on: loops)
        stranger.send(letters(4_097))
        try await eventually("an end before login") { stranger.isClosed }
        #expect(stranger.lines.contains { $0.contains("a line was longer than allowed") }, "\(stranger.lines)")

        let miner = try await HandMiner(port: server.port, user: "\(EndToEnd.address(2)).rig", on: loops)
        // Within bounds it is only nonsense.
        miner.connection.send(letters(16_000) + [10])
        try await eventually("a reason") { miner.connection.messages.contains { $0["error"][0].int == 20 } }
        #expect(!miner.connection.isClosed)
        for _ in 0..<4 { miner.connection.send(letters(5_000)) }
        try await eventually("an end after login") { miner.connection.isClosed }
        #expect(miner.connection.lines.contains { $0.contains("a line was longer than allowed") })
        try await neighbour.mine(2)
        #expect(neighbour.disconnects == 0)
        neighbour.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(1)))
    func `attack 13, address spoofing: who misbehaves under another's name is banned alone, and cannot be paid for it`()
      async throws
    {
      let folder = try TemporaryFolder("spoofing")
      let server = try ZionServer(
        "server", in: folder, settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool())
      try await server.start()
      try await EndToEnd.withLoops { loops in
        let victim = EndToEnd.miners(1, at: server.port, on: loops, sharesPerSecond: 5) { options, _ in
          options.localAddress = "127.0.0.20"
        }
        try await victim.startAndWait()
        let name = victim[0].options.user
        for _ in 0..<3 {
          let attacker = try await HandMiner(port: server.port, user: name, from: "127.0.0.66", on: loops)
          // At once: after four of them nothing more would be read for a while.
          let pair = "nonsense\n" + #"{"id":9,"method":"mining.ping","params":[]}"# + "\n"
          attacker.connection.send(Array(String(repeating: pair, count: 6).utf8))
          try await eventually("the attacker is disconnected") { attacker.connection.isClosed }
        }
        let page = try await server.api.get("/api/bans").json
        #expect(page["bans"].array.compactMap { $0["subject"].string } == ["127.0.0.66"], "\(page)")
        // The name is good wherever else it comes from, and its owner heard of nothing.
        _ = try await HandMiner(port: server.port, user: name, from: "127.0.0.21", on: loops)
        try await victim.mine(3)
        #expect(victim.disconnects == 0 && victim.rejections == [:])

        let typo = try await RawConnection(port: server.port, from: "127.0.0.22", on: loops)
        typo.send(line: #"{"id":1,"method":"mining.subscribe","params":[]}"#)
        typo.send(line: "{\"id\":2,\"method\":\"mining.authorize\",\"params\":[\"\(name.dropFirst(6))\",\"x\"]}")
        try await eventually("the typing error is refused") {
          typo.messages.contains { $0["id"].int == 2 && $0["error"][0].int == 24 }
        }
        // Where a request comes from proves nothing about whose address it is.
        let account = name.prefix { $0 != "." }
        let settings = try await HTTPClient(port: server.api.port).post(
          "/api/pools/zion/miners/\(account)/settings",
          #"{"settings":{"paymentThreshold":1},"ipAddress":"127.0.0.20"}"#)
        #expect(settings.status == 401, "\(settings.text)")
        victim.stop()
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(1)))
    func `attack 18, block cancel: a finder that hangs up while it submits has found a block all the same`()
      async throws
    {
      let folder = try TemporaryFolder("cancel")
      let server = try ZionServer(
        "server", in: folder, settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.embeddedPool())
      try await server.start()
      try await EndToEnd.withLoops { loops in
        // The first block of the chain is the easiest.
        let address = EndToEnd.address(0xb10c)
        let finder = try await HandMiner(port: server.port, user: "\(address).rig", on: loops)
        let block = try finder.solve(try #require(finder.job), isBlock: true)
        finder.submit(id: 10, block)
        finder.connection.close()
        try await eventually("the block is on the chain", detail: { server.process.tail }) {
          let blocks = try await server.api.get("/api/miner/\(address)").json["blocks"].array
          return blocks.contains { $0["hash"].string == block.hash.displayHex && $0["state"].string == "immature" }
        }
        // Its work counts as well.
        try await eventually("its share") {
          try ShareTable(server.database).hashes()[block.hash.displayHex] == 1
        }
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(1)))
    func `attack 23, skimming: what a pool does not credit, and what we leave out, is in a list that we signed`()
      async throws
    {
      let folder = try TemporaryFolder("skimming")
      try await EndToEnd.withLoops { loops in
        // One share in four is refused by the pool after its miner was told that it counts.
        let pool = try await FakePool("alpha", difficulty: 0.0000002, on: loops)
        pool.refuseOne(of: 4)
        let server = try ZionServer(
          "server", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + EndToEnd.noLocalPool + "receipts: { every: 3s, keep: 1h }\n"
            + "pools:\n  - { name: alpha, url: \"stratum+tcp://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2 }\n"
        )
        try await server.start()
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 20)
        try await miners.startAndWait()
        try await miners.mine(40)
        try await miners.rest()
        let told = miners.acceptedCount
        try await eventually("statements of \(told) shares", detail: { server.process.tail }) {
          try await Self.statements(of: server).reduce(0) { $0 + ($1["shares"].int ?? 0) } == told
        }
        let statements = try await Self.statements(of: server)
        // What we stand for having sent to the pool, which has credited less.
        let claimed = statements.compactMap { $0["text"].string?.split(separator: "\n").last }
          .compactMap { Int($0.split(separator: " ")[2]) }.reduce(0, +)
        #expect(claimed == told && pool.record.accepted.count <= told * 4 / 5)

        for miner in miners {
          let own = miner.read { Set($0.accepted.map(\.hash)) }
          var listed: Set<String> = []
          for statement in statements {
            let start = try #require(statement["from"].int)
            let page = try await server.api.get("/api/receipts/\(start)/\(miner.account)")
            guard page.status == 200 else { continue }
            let list = page.json["list"].array.compactMap { $0["hash"].string }
            listed.formUnion(list)
            try folder.write(list.joined(separator: "\n"), to: "own.txt")
            let good = try await Self.verify(miner.account, start, server)
            #expect(good.status == 0 && good.output.contains("all \(list.count) hashes"), "\(good)")
          }
          #expect(listed == own)
        }

        // We acknowledged it, and it is nowhere: with his own record the miner sees that at once.
        let victim = miners[0].account
        let start = try #require(statements.first?["from"].int)
        try folder.write(String(repeating: "ab", count: 32), to: "own.txt")
        let missing = try await Self.verify(victim, start, server)
        #expect(missing.status == 2 && missing.output.contains("not in the signed list"), "\(missing)")
        // A share is taken out of what was signed.
        let file = server.folder.appendingPathComponent("data/receipts/\(start).shares")
        let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
        let skimmed = try #require(lines.lastIndex { $0.hasPrefix("0 ") })
        try Data(lines.enumerated().filter { $0.offset != skimmed }.map { $0.element + "\n" }.joined().utf8)
          .write(to: file)
        let owner = try #require(lines.first { $0.hasPrefix("@0 ") }).split(separator: "\t")[0].dropFirst(3)
        let changed = try await Self.verify(String(owner), start, server)
        #expect(changed.status == 2 && changed.output.contains("not the one that was signed"), "\(changed)")
        miners.stop()
        try await pool.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    private static func statements(of server: ZionServer) async throws -> [JSON] {
      try await server.api.get("/api/receipts").json["statements"].array
    }

    private static func verify(_ account: String, _ start: Int, _ server: ZionServer) async throws -> CommandOutcome {
      try await CommandOutcome.of(
        [
          "receipts", "verify", account, "\(start)", "--hashes", "../own.txt", "--api",
          "http://127.0.0.1:\(server.api.port)",
        ], in: server.folder)
    }
  }
}

extension TestMiner {
  fileprivate var account: String { String(options.user.prefix { $0 != "." }) }
}
