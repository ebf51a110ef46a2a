import TestSupport
import Testing

@testable import Orchestrator

@Suite struct BacktestTests {
  static let seeds = Array(UInt64(1)...8)
  static let policies = [
    Policy(name: "balanced", mode: .optimizeProfit), Policy(name: "adaptive", mode: .adaptiveLearning),
  ]

  /// Every sequence of choices that begins with these, tried.
  private func bruteForce(_ trace: Trace, switchCost: Double, after begun: [Int] = []) -> Double {
    let benchmarks = Benchmarks(trace, switchCost: switchCost)
    var best = -Double.infinity
    var choices = begun + trace.steps.dropFirst(begun.count).map { _ in 0 }
    while true {
      best = max(best, benchmarks.income(choices).revenue)
      let free = choices.indices.dropFirst(begun.count)
      guard let place = free.last(where: { choices[$0] + 1 < trace.sources.count }) else { return best }
      choices[place] += 1
      for later in choices.indices where later > place { choices[later] = 0 }
    }
  }

  @Test(arguments: seeds) func `no sequence of choices earns more than the clairvoyant`(seed: UInt64) {
    for (days, count, cost) in [(10, 2, 1800.0), (7, 3, 20_000), (6, 4, 0), (8, 3, 86_400)] {
      let trace = SyntheticTrace.trace(
        SyntheticTrace.wandering(seed: seed, days: days, count: count, step: 0.3, noise: 0.3))
      let most = Benchmarks(trace, switchCost: cost).clairvoyant().revenue
      #expect(abs(most / bruteForce(trace, switchCost: cost) - 1) < 1e-12)
    }
  }

  @Test(arguments: seeds) func `what was chosen before the clairvoyant came stays chosen`(seed: UInt64) {
    let trace = SyntheticTrace.trace(SyntheticTrace.wandering(seed: seed, days: 7, count: 3, step: 0.3, noise: 0.3))
    let benchmarks = Benchmarks(trace, switchCost: 20_000)
    for begun in [[0], [2, 1], [1, 1, 0, 2], [0, 1, 2, 0, 1, 2, 0]] {
      let most = benchmarks.clairvoyant(after: begun)
      #expect(abs(most.revenue / bruteForce(trace, switchCost: 20_000, after: begun) - 1) < 1e-12)
      #expect(most.revenue <= benchmarks.clairvoyant().revenue)
    }
    let all = [0, 1, 2, 0, 1, 2, 0]
    #expect(benchmarks.clairvoyant(after: all) == benchmarks.income(all))
  }

  /// Two days by the hour. The second source pays three times as much on the first day, and claims less.
  private func lucky(payDelay: Double) -> Trace {
    let steps = (0..<48).map { hour in
      Trace.Step(
        at: Double(hour) * 3600, seconds: 3600,
        sightings: [Trace.Sighting(source: 0, revenue: 1), Trace.Sighting(source: 1, revenue: 0.9)], shown: [1, 0.9],
        paid: [1, hour < 24 ? 3 : 1])
    }
    return Trace(name: "t", group: "g", sources: ["steady", "lucky"], steps: steps, payDelay: payDelay)
  }

  @Test func `the ceiling leaves out what was paid before anyone could know`() {
    // The best single source has 24 × 3 + 24 × 1 = 96; steady has 48.
    let late = Backtest(lucky(payDelay: 86_400), switchCost: 1800).run(Self.policies[0])
    #expect(late.bestSingle == "lucky" && late.policyPercent == -50)
    #expect(late.ceilingPercent == -50, "when it is known, the luck is over")
    // One hour of 1, a move for half an hour of 3, then as lucky.
    let soon = Backtest(lucky(payDelay: 0), switchCost: 1800).run(Self.policies[0])
    #expect(abs(soon.ceilingPercent - ((1 + 23 * 3 - 1.5 + 24) / 96 - 1) * 100) < 1e-9)
    // Known halfway through an hour is known when the next begins.
    let between = Backtest(lucky(payDelay: 5400), switchCost: 1800).run(Self.policies[0])
    #expect(abs(between.ceilingPercent - ((2 + 22 * 3 - 1.5 + 24) / 96 - 1) * 100) < 1e-9)
    let never = Backtest(lucky(payDelay: 1e6), switchCost: 1800).run(Self.policies[0])
    #expect(never.ceilingPercent == never.policyPercent)
  }

  @Test(arguments: seeds) func `no policy earns more than its ceiling, and no ceiling more than the clairvoyant`(
    seed: UInt64
  ) {
    var trace = SyntheticTrace.trace(SyntheticTrace.wandering(seed: seed, days: 100, step: 0.1))
    for delay in [0, 86_400.0 * 10] {
      trace.payDelay = delay
      for policy in Self.policies {
        let result = Backtest(trace, switchCost: 1800).run(policy)
        #expect(result.policyPercent <= result.ceilingPercent + 1e-9)
        #expect(result.ceilingPercent <= result.clairvoyantPercent + 1e-9)
      }
    }
  }

  @Test(arguments: seeds) func `what happens later changes nothing that was decided before`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let rows = SyntheticTrace.wandering(seed: seed, step: 0.1)
    let cut = Int.random(in: 20..<280, using: &random)
    var other = rows
    for index in cut..<other.count {
      other[index].values = other[index].values.map { $0 * Double.random(in: 0.1...10, using: &random) }
    }
    for policy in Self.policies {
      let first = Backtest(SyntheticTrace.trace(rows), switchCost: 1800).choices(policy)
      let second = Backtest(SyntheticTrace.trace(other), switchCost: 1800).choices(policy)
      // The row at `cut` is known when its day is over: the choice for that day is still the same.
      #expect(first[...cut] == second[...cut])
      #expect(Set(first).count > 1, "the trace must give something to decide")
    }
  }

  @Test func `an order that lasts is followed, noise is not`() {
    let days = 200
    let lasting = (0..<days).map { day in (at: Double(day) * 86_400, values: day < 100 ? [1.0, 0.8] : [0.8, 1]) }
    let result = Backtest(SyntheticTrace.trace(lasting), switchCost: 1800).run(Self.policies[0])
    #expect(result.switches == 1)
    #expect(result.capture ?? 0 > 0.95)
    var random = SeededRandom(seed: 3)
    let noise = (0..<days).map { day in
      (at: Double(day) * 86_400, values: [1, Double.random(in: 0.9...1.1, using: &random)])
    }
    let still = Backtest(SyntheticTrace.trace(noise), switchCost: 1800).run(Self.policies[0])
    #expect(still.switches <= 2)
    #expect(still.policyPercent > -0.5)
    #expect(still.naivePercent > still.lagOnePercent)
  }

  @Test func `a move costs what was said`() {
    let rows = [1.0, 1, 1].enumerated().map { (at: Double($0.offset) * 3600, values: [$0.element, 2]) }
    let income = Benchmarks(SyntheticTrace.trace(rows), switchCost: 1800).income([0, 1, 1])
    #expect(income == Benchmarks.Income(revenue: 3600 + 2 * 2 * 3600 - 2 * 1800, switches: 1))
  }

  @Test func `with a warm-up the first row is known and pays nobody`() {
    let rows = SyntheticTrace.wandering(seed: 1, days: 40)
    let trace = Trace(name: "t", group: "g", sources: ["a", "b", "c"], rows: rows, warmsUp: true)
    #expect(trace.steps.count == 39)
    #expect(trace.steps[0].shown == rows[0].values && trace.steps[0].paid == rows[1].values)
    #expect(SyntheticTrace.trace(rows).steps[0].sightings.isEmpty)
  }
}
