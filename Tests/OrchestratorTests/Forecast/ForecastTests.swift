import Glibc
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct ForecastTests {
  static let seeds = Array(UInt64(1)...8)

  @Test(arguments: seeds) func `noise of 3 % averages out to less than 1 %`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var filter = LevelFilter(1, at: 0)
    for second in 1...600 { filter.observe(1 + Double.random(in: -0.03...0.03, using: &random), at: Double(second)) }
    #expect(abs(filter.mean - 1) < 0.01)
  }

  @Test(arguments: seeds) func `three surprises in a row are a new level, one is not`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var filter = LevelFilter(1, at: 0)
    for second in 1...300 { filter.observe(1 + Double.random(in: -0.03...0.03, using: &random), at: Double(second)) }
    filter.observe(1.4, at: 301)
    #expect(abs(filter.mean - 1) < 0.1)
    for second in 302...303 { filter.observe(1.4, at: Double(second)) }
    #expect(abs(filter.mean - 1.4) < 0.05)
  }

  @Test func `a series that wanders is followed, one that is noise is not`() {
    var random = SeededRandom(seed: 5)
    var wandering = LevelFilter(0, at: 0)
    var noisy = LevelFilter(0, at: 0)
    var level = 0.0
    for day in 1...300 {
      level += Double.random(in: -0.1...0.1, using: &random)
      wandering.observe(level, at: Double(day) * 86_400)
      noisy.observe(Double.random(in: -0.1...0.1, using: &random), at: Double(day) * 86_400)
    }
    #expect(abs(wandering.mean - level) < 0.05)
    #expect(wandering.wandering > 20 * noisy.wandering)
  }

  @Test func `an observation of the past is left out`() {
    var filter = LevelFilter(1, at: 100)
    filter.observe(2, at: 100)
    filter.observe(5, at: 50)
    #expect(filter.mean == 1)
  }

  @Test func `what moves all sources alike is forecast at once`() throws {
    var market = Market()
    for hour in 0..<100 {
      for (source, revenue) in [("alpha", 1.0), ("beta", 1.1)] {
        market.observe(source, revenue: hour < 99 ? revenue : revenue * 3, at: Double(hour) * 3600)
      }
    }
    market.settle()
    let alpha = try #require(market.forecast("alpha"))
    let beta = try #require(market.forecast("beta"))
    #expect(abs(alpha.mean - log(3)) < 1e-9)
    #expect(abs(beta.mean - alpha.mean - log(1.1)) < 1e-9)
    #expect(market.forecast("gamma") == nil)
  }

  @Test func `what is no revenue says nothing`() {
    var market = Market()
    for (offset, wrong) in [0, -1, Double.nan, .infinity].enumerated() {
      market.observe("alpha", revenue: wrong, at: Double(offset))
    }
    market.settle()
    #expect(market.forecast("alpha") == nil)
  }

  @Test func `the source that was not seen for longest makes room`() {
    var market = Market()
    for number in 0...Market.sourceLimit { market.observe("s\(number)", revenue: 1, at: Double(number)) }
    market.settle()
    #expect(market.forecast("s0") == nil)
    #expect(market.forecast("s1") != nil)
    #expect(market.forecast("s\(Market.sourceLimit)") != nil)
  }

  @Test func `a pool that promises double and credits half sinks below an honest one`() throws {
    var claims = Claims()
    let day = 86_400.0
    for step in 0..<1000 {
      let at = Double(step) * 600
      claims.observe("honest", claim: 1, credited: 1, window: day, at: at)
      claims.observe("boaster", claim: 2, credited: 0.5, window: day, at: at)
      claims.observe("silent", claim: 9, credited: nil, window: day, at: at)
    }
    let estimates = claims.estimates()
    let honest = try #require(estimates["honest"])
    let boaster = try #require(estimates["boaster"])
    #expect(honest.revenue > 1.1 * boaster.revenue)
    #expect(estimates["silent"] == nil, "a pool that only claims is not believed")
    #expect(honest.doubt > 0 && honest.doubt < 0.3)
  }

  @Test func `doubt of a pool shrinks with what it credited`() throws {
    var claims = Claims()
    claims.observe("alpha", claim: 1, credited: 1, window: 86_400, at: 0)
    let first = try #require(claims.estimates()["alpha"]).doubt
    for hour in 1...100 { claims.observe("alpha", claim: 1, credited: 1, window: 86_400, at: Double(hour) * 3600) }
    #expect(try #require(claims.estimates()["alpha"]).doubt < first)
  }
}
