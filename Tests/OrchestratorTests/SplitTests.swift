import Orchestrator
import Stratum
import TestSupport
import Testing

@Suite struct SplitTests {
  static let seeds = Array(UInt64(1)...8)

  /// 40 to 200 miners with rates over a factor of five, all at one pool; weights over a factor of ten.
  private func fleet(seed: UInt64) -> SimulatedFleet {
    var random = SeededRandom(seed: seed)
    let count = Int.random(in: 40...200, using: &random)
    let rates = (0..<count).map { _ in Double.random(in: 20...100, using: &random) * 1e12 }
    let weights = ["alpha", "beta", "zion"].map { ($0, Double.random(in: 10...100, using: &random)) }
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates(rates, on: "alpha"),
      policy: Policy(mode: .split, weights: Dictionary(uniqueKeysWithValues: weights)), seed: seed)
    fleet.noise = 0.1
    return fleet
  }

  private func wanted(_ fleet: SimulatedFleet, _ name: String) -> Double {
    (fleet.policy.weights[name] ?? 0) / fleet.policy.weights.values.reduce(0, +)
  }

  @Test(arguments: seeds) func `work converges to the weights within the deadband`(seed: UInt64) {
    var fleet = fleet(seed: seed)
    fleet.run(600)
    let before = fleet.sources.map(\.accepted)
    fleet.run(1800)
    let done = zip(fleet.sources, before).map { $0.accepted - $1 }
    let total = done.reduce(0, +)
    for (source, work) in zip(fleet.sources, done) {
      #expect(abs(work / total - wanted(fleet, source.name)) <= fleet.policy.deadband, "\(source.name)")
    }
  }

  @Test(arguments: seeds) func `no miner moves within its dwell, nor far more often than once`(seed: UInt64) {
    var fleet = fleet(seed: seed)
    fleet.run(600)
    let settled = fleet.moveCount
    fleet.run(3600)
    #expect(fleet.moves.allSatisfy { $0.dwell >= fleet.policy.minDwellSeconds })
    #expect(settled <= 2 * fleet.miners.count)
    // An hour of estimates that are wrong by a tenth.
    #expect(fleet.moveCount - settled <= fleet.miners.count / 4)
  }

  @Test(arguments: seeds) func `a settled split with true estimates is left alone`(seed: UInt64) {
    var fleet = fleet(seed: seed)
    fleet.noise = 0
    fleet.run(3000)
    let settled = fleet.moveCount
    fleet.run(7200)
    #expect(fleet.moveCount - settled <= 2)
  }

  @Test(arguments: seeds) func `the same snapshots give the same plans`(seed: UInt64) {
    var (first, second) = (fleet(seed: seed), fleet(seed: seed))
    for _ in 0..<60 {
      first.tick(5)
      second.tick(5)
      #expect(first.plan == second.plan)
    }
  }

  @Test(arguments: seeds) func `miners of a lost pool move within one tick, in proportion`(seed: UInt64) {
    var fleet = fleet(seed: seed)
    fleet.run(900)
    fleet.lose("alpha")
    fleet.tick()
    #expect(fleet.share("alpha") == 0)
    let beta = wanted(fleet, "beta") / (wanted(fleet, "beta") + wanted(fleet, "zion"))
    #expect(abs(fleet.share("beta") - beta) <= 0.1)
  }

  @Test func `accepted work corrects what estimates get wrong`() {
    // Estimates see all work; beta accepts 85 % of it.
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates(Array(repeating: 1e12, count: 200), on: "alpha"),
      policy: Policy(mode: .split, weights: ["alpha": 50, "beta": 50]))
    fleet.sources[1].acceptance = 0.85
    fleet.run(6000)
    let before = fleet.sources.map(\.accepted)
    fleet.run(3000)
    let done = zip(fleet.sources, before).map { $0.accepted - $1 }
    #expect(fleet.share("beta") > 0.5)
    // 0.0405 when half of the estimated work goes to each.
    #expect(abs(done[1] / (done[0] + done[1]) - 0.5) < 0.033)
  }

  @Test func `few miners stay where the nearest division is`() {
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates([1, 1, 1], on: "alpha"),
      policy: Policy(mode: .split, weights: ["alpha": 60, "beta": 40]))
    fleet.run(7200)
    #expect(fleet.moveCount == 1)
    #expect(fleet.places().filter { $0 == "beta" }.count == 1)
  }

  @Test func `a miner that needs a reconnect moves only when no other helps`() {
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates(Array(repeating: 1, count: 20), on: "alpha"),
      policy: Policy(mode: .split, weights: ["alpha": 50, "beta": 50]))
    for index in 0..<10 { fleet.miners[index].followsExtranonce = false }
    fleet.run(600)
    #expect(fleet.share("beta") == 0.5)
    #expect(fleet.miners.prefix(10).allSatisfy { $0.source == "alpha" })
  }

  @Test func `a plan moves a few miners, and the new ones start where most is lacking`() {
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates(Array(repeating: 1, count: 100), on: "alpha"),
      policy: Policy(mode: .split, weights: ["alpha": 20, "beta": 70, "zion": 10]))
    fleet.tick()
    #expect(fleet.moveCount == 5)
    #expect(fleet.plan.order == ["beta", "zion", "alpha"])
    #expect(fleet.plan.weights == ["alpha": 0.2, "beta": 0.7, "zion": 0.1])
  }

  @Test func `when no weighted pool is ready everyone goes to the fallback, and comes back when one is trusted`() {
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates(Array(repeating: 1, count: 20), on: "alpha"),
      policy: Policy(mode: .split, weights: ["alpha": 50, "beta": 50], fallback: "zion"))
    fleet.run(300)
    fleet.lose("alpha")
    fleet.lose("beta")
    fleet.tick()
    #expect(fleet.share("zion") == 1)
    fleet.recover("alpha")
    fleet.recover("beta")
    fleet.run(119)
    #expect(fleet.share("zion") == 1)
    fleet.run(300)
    #expect(fleet.share("zion") == 0)
    #expect(abs(fleet.share("alpha") - 0.5) <= 0.1)
  }

  @Test func `miners without an estimate count as average ones`() {
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates(Array(repeating: 0, count: 40), on: nil),
      policy: Policy(mode: .split, weights: ["alpha": 75, "beta": 25]))
    fleet.tick()
    #expect(fleet.places().filter { $0 == "alpha" }.count == 30)
  }
}
