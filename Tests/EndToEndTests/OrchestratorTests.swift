import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// The orchestrator at work: pools whose jobs pay differently, prices that move, miners that follow.
  @Suite struct OrchestratorTests {
    private static let policy = """
      name: live
      mode: optimize_profit
      min_dwell: 2s
      failback_after: 1s
      decision: { moves_per_hour: 6 }

      """

    @Test(.timeLimit(.minutes(4)))
    func `a hundred miners follow what a hash earns, through noise and past it`() async throws {
      let folder = try TemporaryFolder("live-market")
      try await EndToEnd.withLoops(2) { loops in
        let market = try await LiveMarket(
          3, prices: [10, 9, 9], miners: 100, policy: Self.policy, in: folder, on: loops)
        try await market.arrive(at: 0, within: .seconds(20))
        // The first miners may have come while only another pool was connected.
        let before = try await market.moves().count
        try await market.miners.mine(2)

        // Noise of three percent moves nobody.
        var random = SeededRandom(seed: 7)
        for _ in 0..<30 {
          market.say([10, 9, 9].map { $0 * (1 + Double.random(in: -0.03...0.03, using: &random)) })
          try await Task.sleep(for: .milliseconds(500))
        }
        #expect(try await market.moves().count == before)

        // The feed changes the order by twenty percent.
        market.say([9, 12, 9])
        let byPrice = try await market.arrive(at: 1, within: .seconds(5))
        try await market.miners.mine(2)
        // The policy lets nobody move again before two seconds.
        try await Task.sleep(for: .seconds(3))
        // Then a pool's own jobs do: a hash of it finds a block half as easily again.
        market.pools[2].pays(10_000_000_000)
        let byJob = try await market.arrive(at: 2, within: .seconds(5))
        try await market.miners.mine(2)

        // Newest first.
        let moves = try await market.moves().dropLast(before)
        #expect(moves.count == 2, "\(moves.map { $0["decision"]["reason"] })")
        for entry in moves {
          // More than it asks for, and no more than there is: ln 12/10, then ln 18/12.
          let threshold = try #require(entry["decision"]["threshold"].double)
          let gain = try #require(entry["decision"]["expectedGain"].double)
          #expect(threshold > 0 && gain > threshold && gain > 0.1 && gain < 0.5)
          #expect(entry["decision"]["scores"].array.count == 3)
        }
        #expect(market.miners.disconnects == 0)
        #expect(market.miners.rejections.keys.allSatisfy { $0.hasPrefix("21") }, "\(market.miners.rejections)")
        print("live market: 100 miners followed a price in \(byPrice) s and a job in \(byJob) s")
        try await market.stop()
      }
    }

    @Test(.timeLimit(.minutes(4)))
    func `a pool that rejects, one that is slow and one that is late are avoided, and the scores say why`() async throws
    {
      let folder = try TemporaryFolder("live-quality")
      try await EndToEnd.withLoops(2) { loops in
        let market = try await LiveMarket(
          4, prices: [10.3, 10, 10, 10], miners: 20, sharesPerSecond: 2,
          policy: Self.policy.replacingOccurrences(
            of: "moves_per_hour: 6", with: "moves_per_hour: 6, minimum_gain: 1%"),
          in: folder, on: loops)
        for pool in market.pools { pool.joinChain(1) }
        market.pools[0].refuseOne(of: 5)
        market.pools[1].delayAnswers(by: .milliseconds(400))
        // The third announces every block five seconds after the others.
        for _ in 0..<4 {
          for index in [0, 1, 3] { market.pools[index].newBlock() }
          try await Task.sleep(for: .seconds(5))
          market.pools[2].newBlock()
          try await Task.sleep(for: .seconds(5))
        }
        try await market.arrive(at: 3, within: .seconds(30))
        let scores = try await market.scores()["decisions"][0]["scores"].array
        func factor(_ pool: String, _ term: String) -> Double? {
          scores.first { $0["source"].string == pool }?["terms"].array.first { $0["name"].string == term }?["factor"]
            .double
        }
        let rejects = try #require(factor("p0", "rejects"))
        #expect(rejects < 0.97)
        #expect(rejects < (factor("p3", "rejects") ?? 1))
        print("live market: rejects \(rejects), late blocks \(factor("p2", "late blocks") ?? 1)")
        #expect(try #require(factor("p2", "late blocks")) < 0.9)
        #expect(factor("p3", "late blocks") ?? 1 > 0.99)
        for pool in ["p0", "p1", "p2"] {
          let score = try #require(scores.first { $0["source"].string == pool })
          #expect(score["rejectedBecause"].string?.isEmpty == false, "\(score)")
        }
        try await market.stop()
      }
    }

    /// A feed that is down, slow, silent about a coin, absurd or no JSON.
    @Test(.timeLimit(.minutes(4)))
    func `bad prices move nobody, and are said to be bad`() async throws {
      let folder = try TemporaryFolder("live-prices")
      try await EndToEnd.withLoops(2) { loops in
        let market = try await LiveMarket(2, prices: [10, 9], miners: 5, policy: Self.policy, in: folder, on: loops)
        try await market.arrive(at: 0, within: .seconds(20))
        let before = try await market.moves().count
        func expect(_ state: String) async throws {
          let line = "zion_price_state{coin=\"BBB\",feed=\"127.0.0.1\",state=\"\(state)\"} 1"
          try await eventually(
            "a feed that is \(state)", within: .seconds(20), detail: { market.server.process.tail }
          ) {
            let page = try? await market.server.api.get("/api/profitability").text
            let metrics = try? await market.server.api.get("/metrics").text
            return page?.contains("\"state\":\"\(state)\"") == true && metrics?.contains(line) == true
          }
          #expect(try await market.moves().count == before)
        }
        let cases: [(FakeFeed.Answer, String)] = [
          (.body(LiveMarket.text([10, 9_000])), "absurd"), (.body("<html>maintenance</html>"), "not_json"),
          (.hangs, "slow"), (.body("{\"AAA\": 10, \"BBB\": -3}"), "not_a_price"),
          (.body("{\"AAA\": 10}"), "missing"),
        ]
        for (answer, state) in cases {
          market.feed.answer(answer)
          try await expect(state)
        }
        // Down for longer than a price counts: nothing is known, and nobody moves.
        try await market.feed.stop()
        try await expect("unreachable")
        try await eventually("the price of BBB is gone", within: .seconds(20)) {
          let pools = try? await market.server.api.get("/api/profitability").json["pools"].array
          let second = pools?.first { $0["name"].string == "p1" }
          return second?["expected"]["currencyPerHash"].isNull == true && second?["trouble"].string?.isEmpty == false
        }
        try await market.miners.mine(2)
        try await market.arrive(at: 0, within: .seconds(1))
        market.miners.stop()
        for pool in market.pools { try await pool.stop() }
        #expect(try await market.server.process.stop() == .status(0), "\(market.server.process.tail)")
      }
    }
  }
}
