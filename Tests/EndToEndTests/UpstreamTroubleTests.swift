import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// What upstream pools do to a proxy. Its miners must not notice more than new work.
  @Suite struct UpstreamTroubleTests {
    /// Two pools that the test commands, the local pool, a proxy in front of all, and miners at pool alpha.
    struct Farm {
      let alpha: FakePool
      let beta: FakePool
      let server: ZionServer
      let miners: [TestMiner]

      /// Nobody lost the connection, nothing odd was said, and the server still runs.
      func expectUnharmed(sourceLocation: SourceLocation = #_sourceLocation) {
        #expect(miners.disconnects == 0, sourceLocation: sourceLocation)
        #expect(miners.oddities == [], sourceLocation: sourceLocation)
        #expect(server.process.isRunning, "\(server.process.tail)", sourceLocation: sourceLocation)
      }

      /// Waits until the pool has accepted more of what these miners find.
      func flows(to pool: FakePool, shares: Int = 20, within limit: Duration = .seconds(30)) async throws {
        let goal = pool.record.accepted.count + shares
        try await eventually(
          "shares at \(pool.name)", within: limit,
          detail: { "\(pool.record.rejected.map(\.reason)) \(server.process.tail)" }
        ) { pool.record.accepted.count >= goal }
      }

      /// Reasons of a pool for refusing what was forwarded to it, with their counts.
      func refusals(of pool: FakePool) -> [String: Int] {
        pool.record.rejected.reduce(into: [:]) { $0[$1.reason, default: 0] += 1 }
      }
    }

    static let difficulty = 0.0000002

    private func withFarm(
      fixed: Bool = true, _ body: (Farm) async throws -> Void
    ) async throws {
      let folder = try TemporaryFolder("trouble")
      try await EndToEnd.withLoops(2) { loops in
        let alpha = try await FakePool("alpha", difficulty: Self.difficulty, on: loops)
        let beta = try await FakePool("beta", difficulty: Self.difficulty, on: loops)
        let vardiff =
          fixed
          ? EndToEnd.fixedDifficulty("0.0000002")
          : "vardiff: { target: 15s, start: 0.0000002, minimum: 0.00000001, maximum: 0.0000002 }\n"
        let server = try ZionServer(
          "proxy", in: folder,
          settings: vardiff + """
            reply: local
            pools:
              - { name: alpha, url: "stratum+tcp://127.0.0.1:\(alpha.port)", user: farm, extranonce2: 2 }
              - { name: beta, url: "stratum+tcp://127.0.0.1:\(beta.port)", user: farm, extranonce2: 2 }

            """ + EndToEnd.embeddedPool(),
          policy: "name: t\nmode: failover\norder: [alpha, beta, zion]\nmin_dwell: 0s\nfailback_after: 1s\n")
        try await server.start()
        let miners = EndToEnd.miners(8, at: server.port, on: loops, sharesPerSecond: 5) { options, index in
          options.sendsLateShares = index % 2 == 0
        }
        try await miners.startAndWait()
        try await miners.areAt("/alpha/")
        let farm = Farm(alpha: alpha, beta: beta, server: server, miners: miners)
        try await farm.flows(to: alpha)
        try await body(farm)
        farm.expectUnharmed()
        miners.stop()
        try await alpha.stop()
        try await beta.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func `when the pool is killed the miners go on elsewhere and come back later`() async throws {
      try await withFarm { farm in
        try await farm.alpha.stop()
        try await farm.miners.areAt("/beta/")
        try await farm.flows(to: farm.beta)
        try await farm.beta.stop()
        try await farm.miners.areAt("/ZION/")
        try await farm.miners.mine(3)
        try await farm.alpha.listen()
        try await farm.miners.areAt("/alpha/", within: .seconds(60))
        try await farm.flows(to: farm.alpha)
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `a pool that is silent on an open connection is given up`() async throws {
      try await withFarm { farm in
        farm.alpha.hang()
        try await farm.miners.areAt("/beta/", within: .seconds(100))
        try await farm.flows(to: farm.beta)
        farm.alpha.recover()
        farm.alpha.dropConnections()
        try await farm.miners.areAt("/alpha/", within: .seconds(60))
        try await farm.flows(to: farm.alpha)
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func `nonsense from a pool harms no miner`() async throws {
      try await withFarm { farm in
        let nonsense: [[UInt8]] = [
          Array("{{{{ not json\n".utf8), Array(#"{"id":null,"method":"mining.notify","params":[1,2]}"#.utf8) + [10],
          Array(#"{"id":null,"method":"mining.set_difficulty","params":[-1]}"#.utf8) + [10],
          Array(#"{"id":null,"method":"mining.set_difficulty","params":["x"]}"#.utf8) + [10],
          Array(#"{"id":null,"method":"mining.set_extranonce","params":["zz",99]}"#.utf8) + [10],
          Array(#"{"id":99999,"result":true,"error":null}"#.utf8) + [10],
          [0, 255, 254, 0, 10], Array(repeating: UInt8(ascii: "["), count: 5000) + [10],
          Array(#"{"id":null,"method":"mining.notify","params":["half"#.utf8),
          Array(repeating: UInt8(ascii: "a"), count: 300_000),
        ]
        for bytes in nonsense {
          try await eventually("a connection to alpha", within: .seconds(60)) { farm.alpha.connectionCount > 0 }
          try await farm.miners.areAt("/alpha/", within: .seconds(60))
          try await farm.flows(to: farm.alpha, shares: 2)
          farm.alpha.sendRaw(bytes)
          // Wherever they are then: they have work, and it counts.
          try await farm.miners.mine(2)
          farm.expectUnharmed()
          // The next nonsense finds a new connection.
          let connects = farm.alpha.record.connects
          farm.alpha.dropConnections()
          try await eventually("alpha connected again", within: .seconds(60)) { farm.alpha.record.connects > connects }
        }
        try await farm.flows(to: farm.alpha)
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a changed extranonce reaches the miners and their shares are judged by their jobs`() async throws {
      try await withFarm { farm in
        for _ in 0..<5 {
          let before = farm.miners.map { miner in miner.read { $0.extranonces.count } }
          farm.alpha.changeExtranonces()
          for (miner, count) in zip(farm.miners, before) {
            try await eventually("a new extranonce") { miner.read { $0.extranonces.count } > count }
          }
          try await farm.flows(to: farm.alpha)
        }
        // A share that was on its way when the block changed is stale; nothing else may be wrong with any.
        #expect(
          farm.refusals(of: farm.alpha).keys.allSatisfy { $0 == "Stale share" }, "\(farm.refusals(of: farm.alpha))")
        #expect(farm.alpha.record.malformed == [])
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func `shares follow a pool's difficulty up and down and none is too easy for its job`() async throws {
      try await withFarm(fixed: false) { farm in
        for factor in [4.0, 16, 1, 0.1, 2, 1] {
          farm.alpha.setDifficulty(Self.difficulty * factor)
          try await farm.flows(to: farm.alpha, shares: 10, within: .seconds(60))
        }
        let lowest = farm.miners.compactMap { miner in miner.read { $0.difficulties.min() } }.min() ?? .infinity
        #expect(lowest <= Self.difficulty * 0.1 * 1.001, "nobody was lowered to what the pool asked")
        #expect(farm.refusals(of: farm.alpha) == [:])
        #expect(farm.miners.rejections.keys.allSatisfy { $0.hasPrefix("21 ") }, "\(farm.miners.rejections)")
      }
    }

    @Test(.timeLimit(.minutes(2)))
    func `a pool that uses a job id again gets no share for the wrong job`() async throws {
      try await withFarm { farm in
        for round in 0..<10 {
          farm.alpha.newJob(id: round % 2 == 0 ? farm.alpha.jobID : "1")
          try await farm.flows(to: farm.alpha, shares: 8)
        }
        // On their way when the id changed its meaning: at most one for each miner and change.
        let refusals = farm.refusals(of: farm.alpha)
        #expect(refusals.keys.allSatisfy { $0 == "Job id used again" }, "\(refusals)")
        #expect(refusals.values.reduce(0, +) <= 10 * farm.miners.count)
        #expect(farm.miners.rejections.keys.allSatisfy { $0.hasPrefix("21 ") }, "\(farm.miners.rejections)")
      }
    }
  }
}
