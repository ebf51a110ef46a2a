import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What the API says of pools whose jobs pay differently, and of a price feed that fails in every way.
  @Suite struct ProfitabilityTests {
    /// Hashes of a block at nBits 1d00ffff: 2^256 ÷ (0xffff × 2^208 + 1).
    static let hashes = 4_295_032_833.0

    private func settings(_ alpha: FakePool, _ beta: FakePool, _ feed: FakeFeed) -> String {
      EndToEnd.fixedDifficulty("0.000001") + """
        prices:
          BTC:
            feeds: [{ url: "\(feed.url)", pointer: /usd, every: 500ms, max_age: 3s, timeout: 500ms }]
        pools:
          - { name: alpha, url: "stratum+tcp://127.0.0.1:\(alpha.port)", user: u, coin: BTC, fee: 1%, region: eu }
          - { name: beta, url: "stratum+tcp://127.0.0.1:\(beta.port)", user: u, coin: BTC }

        """ + EndToEnd.noLocalPool
    }

    private func page(_ server: ZionServer) async throws -> JSON {
      try await server.api.get("/api/profitability").json
    }

    /// A pool's figures, wherever it stands.
    private func expected(_ name: String, _ page: JSON) -> JSON {
      page["pools"].array.first { $0["name"].string == name }?["expected"] ?? .null
    }

    private func isNear(_ value: Double?, _ wanted: Double) -> Bool {
      value.map { abs($0 - wanted) <= abs(wanted) * 1e-9 } ?? false
    }

    @Test(.timeLimit(.minutes(3)))
    func `jobs say what pools pay, a feed says what it is worth, and whatever is wrong with it is said`() async throws {
      let folder = try TemporaryFolder("profitability")
      try await EndToEnd.withLoops { loops in
        let alpha = try await FakePool("alpha", difficulty: 0.000001, on: loops)
        let beta = try await FakePool("beta", difficulty: 0.000001, on: loops)
        let feed = try await FakeFeed(.body(#"{"usd": 100}"#), on: loops)
        beta.pays(2_500_000_000)
        let server = try ZionServer("server", in: folder, settings: settings(alpha, beta, feed))
        try await server.start()
        let detail: @Sendable () async -> String = { (try? await page(server)).map { "\($0)" } ?? server.process.tail }

        try await eventually("both pools are valued", detail: detail) {
          let page = try await page(server)
          let (a, b) = (expected("alpha", page), expected("beta", page))
          return isNear(a["coinsPerHash"].double, 50 / Self.hashes * 0.99)
            && isNear(a["currencyPerHash"].double, 50 / Self.hashes * 0.99 * 100)
            && isNear(b["currencyPerHash"].double, 25 / Self.hashes * 100)
            && page["pools"][0]["name"].string == "alpha" && a["blockReward"].double == 50
        }
        // Four times as hard, and three times the reward.
        alpha.pays(15_000_000_000, nBits: 0x1c3f_ffc0)
        try await eventually("the new job is valued", detail: detail) {
          let page = try await page(server)
          return isNear(expected("alpha", page)["coinsPerHash"].double, 150 / 17_180_131_332.0 * 0.99)
            && page["pools"][0]["name"].string == "alpha"
        }
        beta.pays(6_000_000_000)
        try await eventually("beta is first", detail: detail) {
          try await page(server)["pools"][0]["name"].string == "beta"
        }
        try await troubles(of: feed, at: server, detail)
        try await server.process.stop()
      }
    }

    /// Each trouble is named; the last price stays for a while, then there is none, and never a wrong one.
    private func troubles(
      of feed: FakeFeed, at server: ZionServer, _ detail: @escaping @Sendable () async -> String
    ) async throws {
      let answers: [(FakeFeed.Answer, String)] = [
        (.body(#"{"usd": 100000}"#), "absurd"), (.body("<html>"), "not_json"), (.body("{}"), "missing"),
        (.body(#"{"usd": -1}"#), "not_a_price"), (.body("busy", status: 503), "refused"), (.hangs, "slow"),
        (.closes, "unreachable"),
      ]
      for (answer, state) in answers {
        feed.answer(answer)
        try await eventually("the feed is \(state)", detail: detail) {
          let price = try await page(server)["prices"][0]
          let value = price["price"].double
          #expect(value == nil || value == 100)
          let metrics = try await server.api.get("/metrics").text
          return price["feeds"][0]["state"].string == state && price["trouble"].string?.isEmpty == false
            && metrics.contains(#"zion_price_state{coin="BTC",feed="127.0.0.1",state="\#(state)"} 1"#)
        }
        if state == "slow" {
          try await eventually("there is no price, and coins are still known", detail: detail) {
            let page = try await page(server)
            let pool = page["pools"][0]
            return page["prices"][0]["price"].double == nil && pool["expected"]["currencyPerHash"].double == nil
              && pool["expected"]["coinsPerHash"].double != nil
              && pool["trouble"].string?.hasPrefix("the last price is ") == true
          }
        }
        feed.answer(.body(#"{"usd": 100}"#))
        try await eventually("the price is back after \(state)", detail: detail) {
          try await page(server)["prices"][0]["feeds"][0]["state"].string == "good"
        }
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `a pool that tells of blocks later than another is late by that much`() async throws {
      let folder = try TemporaryFolder("late")
      try await EndToEnd.withLoops { loops in
        let alpha = try await FakePool("alpha", difficulty: 0.000001, on: loops)
        let beta = try await FakePool("beta", difficulty: 0.000001, on: loops)
        let feed = try await FakeFeed(.body(#"{"usd": 100}"#), on: loops)
        for pool in [alpha, beta] { pool.joinChain(9) }
        let server = try ZionServer("server", in: folder, settings: settings(alpha, beta, feed))
        try await server.start()
        let detail: @Sendable () async -> String = { (try? await page(server)).map { "\($0)" } ?? server.process.tail }
        try await eventually("both are connected", detail: detail) {
          let page = try await page(server)
          return ["alpha", "beta"].allSatisfy { expected($0, page)["coinsPerHash"].double != nil }
        }
        for _ in 0..<3 {
          alpha.newBlock()
          // This is the lateness itself.
          try await Task.sleep(for: .milliseconds(400))
          beta.newBlock()
        }
        try await eventually("lateness shows", detail: detail) {
          let pools = try await page(server)["pools"].array
          func lateness(_ name: String) -> Double? {
            pools.first { $0["name"].string == name }?["quality"]["latenessSeconds"].double
          }
          guard let first = lateness("alpha"), let second = lateness("beta") else { return false }
          return first < 0.2 && (0.3..<2).contains(second)
        }
        try await server.process.stop()
      }
    }

    @Test(.timeLimit(.minutes(3)))
    func `accepted work is counted at its worth, and rejects and breaks are measured`() async throws {
      let folder = try TemporaryFolder("quality")
      try await EndToEnd.withLoops { loops in
        let alpha = try await FakePool("alpha", difficulty: 0.000001, on: loops)
        let beta = try await FakePool("beta", difficulty: 0.000001, on: loops)
        let feed = try await FakeFeed(.body(#"{"usd": 100}"#), on: loops)
        // Who came while beta alone was ready is at alpha after a second, not after two minutes.
        let server = try ZionServer(
          "server", in: folder, settings: settings(alpha, beta, feed),
          policy: "name: t\nmode: failover\norder: [alpha, beta]\nmin_dwell: 0s\nfailback_after: 1s\n")
        try await server.start()
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 20)
        try await miners.startAndWait()
        try await miners.mine(20)
        let detail: @Sendable () async -> String = { (try? await page(server)).map { "\($0)" } ?? server.process.tail }
        @Sendable func pool(_ name: String) async throws -> JSON {
          try await page(server)["pools"].array.first { $0["name"].string == name } ?? .null
        }
        try await eventually("work has a worth", detail: detail) {
          let hour = try await pool("alpha")["lastHour"]
          guard let hashes = hour["hashes"].double, hashes > 0 else { return false }
          return isNear(hour["coins"].double, hashes * 50 / Self.hashes * 0.99)
        }
        alpha.refuseShares((20, "no"))
        try await eventually("rejects show", detail: detail) {
          (try await pool("alpha")["quality"]["rejectRatio"].double ?? 0) > 0.2
        }
        alpha.refuseShares((21, "Stale share"))
        try await eventually("late shares show", detail: detail) {
          (try await pool("alpha")["quality"]["staleRatio"].double ?? 0) > 0.2
        }
        alpha.dropConnections()
        try await eventually("the break shows", detail: detail) {
          let quality = try await pool("alpha")["quality"]
          return (quality["disconnectsPerHour"].double ?? 0) >= 1 && quality["connectMilliseconds"].double != nil
        }
        miners.stop()
        try await server.process.stop()
      }
    }
  }
}
