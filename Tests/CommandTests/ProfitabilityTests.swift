import API
import Orchestrator
import Stratum
import TestSupport
import Testing

@Suite struct ProfitabilityTests {
  private func fleet() -> FakeFleet {
    let fleet = FakeFleet()
    fleet.change { state in
      state.snapshot.sources[0].traits = SourceTraits(coin: "BTC", region: "eu", tags: ["b", "a"], fee: 0.01)
      var economics = SourceEconomics(
        coin: "BTC", blockReward: 3.125, hashesPerBlock: 4e23, coinsPerHash: 7.5e-24, currencyPerHash: 5e-19,
        ageSeconds: 12, confidence: 0.9, trouble: "h is slow")
      economics.claimRatio = 1.2
      state.snapshot.sources[0].economics = economics
      state.snapshot.sources[0].realised.hour.coins = 0.25
      state.snapshot.sources[0].quality.rejectRatio = 0.1
      state.snapshot.sources[1].economicsTrouble = "the coinbase ends early"
      state.prices = [
        PriceReport(
          coin: "BTC", currency: "USD", price: 65_000, ageSeconds: 12, confidence: 0.9, trouble: "h is slow",
          feeds: [.init(name: "h", state: .slow, value: 65_000, ageSeconds: 12, trouble: "is slow")]),
        PriceReport(coin: "LTC", currency: "USD", trouble: "no feed has answered yet"),
      ]
    }
    return fleet
  }

  @Test func `what pools pay is shown for a unit of hashrate and a day, with age, confidence and trouble`() async throws
  {
    try await fleet().serve(token: nil) { api in
      let answer = try await api.get("/api/profitability")
      #expect(answer.status == 200)
      let pool = answer.json["pools"][0]
      #expect(pool["name"].string == "alpha" && pool["coin"].string == "BTC" && pool["tags"][0].string == "a")
      let expected = pool["expected"]
      #expect(expected["unit"].string == "TH/day")
      #expect(expected["coinsPerUnitDay"].double.map { abs($0 - 7.5e-24 * 1e12 * 86_400) < 1e-18 } == true)
      #expect(expected["currencyPerUnitDay"].double.map { abs($0 - 0.0432) < 1e-12 } == true)
      #expect(expected["ageSeconds"].double == 12 && expected["confidence"].double == 0.9)
      #expect(pool["trouble"].string == "h is slow" && pool["lastHour"]["coins"].double == 0.25)
      #expect(pool["quality"]["rejectRatio"].double == 0.1 && expected["claimRatio"].double == 1.2)
      #expect(answer.json["pools"][1]["trouble"].string == "the coinbase ends early")
      #expect(answer.json["prices"][0]["feeds"][0]["state"].string == "slow")
      #expect(answer.json["prices"][1]["trouble"].string == "no feed has answered yet")
      #expect(try await api.send("POST", "/api/profitability").status == 405)
      #expect(try await api.get("/nothing").error.contains("/api/profitability"))
    }
  }

  @Test func `metrics show revenue for one hash and every feed's state`() async throws {
    try await fleet().serve(token: nil) { api in
      let text = try await api.get("/metrics").text
      #expect(
        text.contains(
          #"zion_pool_revenue_per_hash{source="alpha",kind="upstream",algorithm="sha256d",coin="BTC"} 5e-19"#))
      #expect(text.contains(#"zion_price{coin="BTC",currency="USD"} 65000"#))
      #expect(text.contains(#"zion_price_age_seconds{coin="BTC"} 12"#))
      #expect(text.contains(#"zion_price_state{coin="BTC",feed="h",state="slow"} 1"#))
      #expect(text.contains(#"zion_price_state{coin="BTC",feed="h",state="good"} 0"#))
      #expect(!text.contains(#"zion_price{coin="LTC""#))
    }
  }
}
