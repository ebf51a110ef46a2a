import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct MoveTests {
    static let minerCount = 50
    static let moves = 20

    /// Two pools, each on a node of its own, and a proxy in front of them.
    struct Chain {
      let nodes: BitcoindPair
      let pools: [ZionServer]
      let proxy: ZionServer
      static let names = ["alpha", "beta"]

      init(in folder: TemporaryFolder, reply: String) async throws {
        nodes = try await BitcoindPair.start()
        let address = try #require(try await nodes.call("getnewaddress").string)
        let urls = nodes.urls
        pools = try zip(Self.names, urls).map { name, url in
          try ZionServer(
            name, in: folder,
            settings: EndToEnd.fixedDifficulty("0.0000001")
              + EndToEnd.bitcoinPool(name: name, tag: "/\(name)/", address: address, url: url))
        }
        let upstreams = zip(Self.names, pools).map { name, pool in
          "  - { name: \(name), url: \"\(pool.url)\", user: \(address), worker: \"{account}.{worker}\", extranonce2: 2 }\n"
        }
        proxy = try ZionServer(
          "proxy", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000001") + "reply: \(reply)\npools:\n" + upstreams.joined()
            + EndToEnd.noLocalPool,
          policy: "name: t\nmode: failover\norder: [alpha, beta]\nmin_dwell: 0s\nfailback_after: 1s\n")
        for pool in pools { try await pool.start() }
        try await proxy.start()
      }

      func stop() async throws {
        for server in [proxy] + pools {
          #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
        }
        nodes.stop()
      }
    }

    @Test(.timeLimit(.minutes(5)), arguments: ["local", "upstream"])
    func `twenty moves of all miners lose no share and no connection`(reply: String) async throws {
      let folder = try TemporaryFolder("moves")
      let chain = try await Chain(in: folder, reply: reply)
      try await EndToEnd.withLoops(2) { loops in
        let miners = EndToEnd.miners(Self.minerCount, at: chain.proxy.port, on: loops, sharesPerSecond: 0.4) {
          options, index in
          options.user = "farm.rig\(index)"
          options.sendsLateShares = index % 2 == 0
        }
        try await miners.startAndWait()
        try await miners.areAt("/alpha/")
        try await miners.mine(1)

        var switches: [Double] = []
        var reported: [Double] = []
        for move in 1...Self.moves {
          let (seen, worst) = try await Self.move(miners, to: Chain.names[move % 2], of: chain)
          switches += seen
          reported.append(worst)
          let goal = miners.acceptedCount + 10
          try await eventually(
            "shares after move \(move)", detail: { "\(miners.rejections) \(chain.proxy.process.tail)" }
          ) {
            miners.acceptedCount >= goal
          }
        }
        try await Self.moveByCommand(miners, of: chain)
        try await miners.rest()
        try await Self.expectNothingLost(miners, chain, reply: reply)
        switches.sort()
        print(
          "moves (\(reply)): \(Self.moves) of \(miners.count) miners, \(miners.acceptedCount) shares accepted, "
            + "rejected \(miners.rejections), switch time median \(Self.milliseconds(switches[switches.count / 2])), "
            + "worst \(Self.milliseconds(switches.last ?? 0)); by the proxy's own account worst "
            + "\(Self.milliseconds(reported.max() ?? 0))")
        miners.stop()
      }
      try await chain.stop()
    }

    /// Orders the move. Returns the seconds from the order to each miner's first job of the other pool, and the longest
    /// of the proxy's own account, which ends with the last byte written.
    private static func move(_ miners: [TestMiner], to name: String, of chain: Chain) async throws -> ([Double], Double)
    {
      let known = miners.map { miner in miner.read { $0.jobs.count } }
      let ordered = ContinuousClock.now
      let answer = try await chain.proxy.api.post("/api/move", "{\"to\":\"\(name)\"}")
      #expect(answer.status == 200, "\(answer.text)")
      #expect(answer.json["refused"].int == 0 && answer.json["reconnecting"].int == 0, "\(answer.text)")
      try await miners.areAt("/\(name)/")
      let tag = [UInt8]("/\(name)/".utf8)
      let seen = zip(miners, known).compactMap { miner, known in
        miner.read { record in
          record.jobs[known...].first { $0.coinbaseContains(tag) }.map { seconds(since: ordered, until: $0.receivedAt) }
        }
      }
      #expect(seen.count == miners.count)
      return (seen, (answer.json["worstSwitchMilliseconds"].double ?? 0) / 1000)
    }

    /// The same by `zion move`, and `zion status` shows it.
    private static func moveByCommand(_ miners: [TestMiner], of chain: Chain) async throws {
      let api = "http://127.0.0.1:\(chain.proxy.api.port)"
      let folder = chain.proxy.folder
      let order = try ServerProcess(
        "move", in: folder, arguments: ["move", "--to", "beta", "--api", api, "--token", ZionServer.token])
      try order.start()
      #expect(try await order.end() == .status(0), "\(order.tail)")
      try await miners.areAt("/beta/")
      let status = try ServerProcess("status", in: folder, arguments: ["status", "--json", "--api", api])
      try status.start()
      #expect(try await status.end() == .status(0), "\(status.tail)")
      let pools = JSON(Array(status.output.utf8)) ?? .null
      let beta = pools["pools"]["pools"].array.first { $0["name"].string == "beta" }
      #expect(beta?["miners"].int == miners.count, "\(status.output)")
    }

    private static func expectNothingLost(_ miners: [TestMiner], _ chain: Chain, reply: String) async throws {
      #expect(miners.disconnects == 0)
      #expect(miners.oddities == [])
      #expect(miners.acceptedCount >= moves * 10)
      #expect(rejectedByMoves(miners) == [])

      let sent = Set(miners.flatMap { miner in miner.read { $0.shares.map(\.hash) } })
      // The pool of a share is the one whose name its job's coinbase carries.
      for (name, pool) in zip(Chain.names, chain.pools) {
        let tag = [UInt8]("/\(name)/".utf8)
        // Also with `reply: local`, where a miner has its answer before the pool has the share and a new block may come
        // in between: the pool's grace is for that.
        let due = miners.flatMap { miner in
          miner.read { record in record.accepted.filter { record.jobs[$0.job].coinbaseContains(tag) }.map(\.hash) }
        }
        #expect(!due.isEmpty)
        let table = try ShareTable(pool.database)
        try await eventually("shares of \(name) in its database", detail: { await whatPoolsSay(chain) }) {
          let stored = try table.hashes()
          return due.allSatisfy { stored[$0] != nil }
        }
        let stored = try table.hashes()
        #expect(due.filter { stored[$0] != 1 } == [], "told accepted, and not stored exactly once by \(name)")
        // A stale share that is a block goes to its pool all the same, so the pool may have more than was acknowledged.
        let strangers = stored.keys.filter { !sent.contains($0) }
        #expect(strangers == [], "\(name) has shares that no miner sent")
        print("moves (\(reply)): \(name) stored \(due.count { stored[$0] == 1 }) of \(due.count) told accepted")
      }
    }

    /// Rejections that no new block explains: the miner was on the same block from the share's job until the answer.
    private static func rejectedByMoves(_ miners: [TestMiner]) -> [String] {
      miners.flatMap { miner in
        miner.read { record in
          record.rejected.filter { share in
            let job = record.jobs[share.job]
            return !record.jobs[(share.job + 1)...].contains { later in
              later.previousBlock != job.previousBlock && later.receivedAt <= share.answeredAt ?? share.sentAt
            }
          }.map { "\(miner.options.user): job \($0.job) of \(record.jobs.count), \($0.reply)" }
        }
      }
    }

    /// The counters of the proxy and of both pools, for failure messages.
    private static func whatPoolsSay(_ chain: Chain) async -> String {
      var text = ""
      for server in [chain.proxy] + chain.pools {
        text += (try? await server.api.get("/api/pools").text) ?? server.process.tail
      }
      return text
    }

    private static func milliseconds(_ seconds: Double) -> String { "\((seconds * 10_000).rounded() / 10) ms" }
  }
}
