import Glibc
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct AdaptiveLearnerTests {
  static let seeds = Array(UInt64(1)...6)
  static let switchCost = 1800.0

  private func policies() -> [Policy] {
    AdaptiveLearner.standard().map { shadow in
      var policy = Policy(name: shadow.name, mode: .optimizeProfit)
      policy.decision = shadow.options
      return policy
    }
  }

  /// Days of the best source's revenue that a source's miners earn in a step, moves paid.
  private func days(_ trace: Trace, _ choices: [Int], _ index: Int) -> Double {
    let step = trace.steps[index]
    let ratio = step.paid[choices[index]] / (step.paid.max() ?? 1)
    let moved = index > 0 && choices[index] != choices[index - 1]
    return ratio * step.seconds / 86_400 - (moved ? Self.switchCost / 86_400 : 0)
  }

  @Test(arguments: seeds) func `work divided by the weights earns within the stated bound of the best policy`(
    seed: UInt64
  ) throws {
    let trace = SyntheticTrace.trace(SyntheticTrace.wandering(seed: seed, days: 400, step: 0.05, noise: 0.05))
    let backtest = Backtest(trace, switchCost: Self.switchCost)
    let policies = policies()
    let choices = policies.map { backtest.choices($0) }
    var learner = AdaptiveLearner()
    var mixture = 0.0
    var current: String?
    var spread = 0.0
    for (index, step) in trace.steps.enumerated() {
      var candidates = trace.sources.map { Candidate(source: $0, switchCostSeconds: Self.switchCost) }
      for sighting in step.sightings {
        learner.observe(trace.sources[sighting.source], revenue: sighting.revenue, at: step.at)
        candidates[sighting.source].revenue = sighting.revenue
      }
      let weights = learner.weights(of: "all")
      #expect(abs(weights.values.reduce(0, +) - 1) < 1e-6)
      current =
        learner.decide(
          group: "all", current: current, candidates: candidates, at: step.at, secondsSinceMove: 1e9, policy: "a"
        ).to
      let earned = choices.map { days(trace, $0, index) }
      spread = max(spread, (earned.max() ?? 0) - (earned.min() ?? 0))
      for (policy, earned) in zip(policies, earned) { mixture += (weights[policy.name] ?? 0) * earned }
    }
    let totals = choices.map { own in trace.steps.indices.reduce(0.0) { $0 + days(trace, own, $1) } }
    let best = try #require(totals.max())
    let span = Double(trace.steps.count)
    let bound =
      (log(12) + AdaptiveLearner.sharedPerDay * span) / AdaptiveLearner.rate
      + AdaptiveLearner.rate * span * spread * spread / 8 + spread
    #expect(mixture >= best - bound)
    #expect(mixture >= (totals.min() ?? 0))
  }

  @Test(arguments: seeds) func `what is followed earns nearly what the best policy does`(seed: UInt64) {
    let trace = SyntheticTrace.trace(SyntheticTrace.wandering(seed: seed, days: 600, step: 0.03, noise: 0.1))
    let backtest = Backtest(trace, switchCost: Self.switchCost)
    let best = policies().map { backtest.run($0).policyPercent }.max() ?? 0
    let adaptive = backtest.run(Policy(name: "adaptive", mode: .adaptiveLearning)).policyPercent
    #expect(adaptive > best - 1)
  }

  @Test func `a policy that was wrong for long loses the lead`() {
    let shadows = [
      AdaptiveLearner.Shadow(name: "stubborn", options: DecisionOptions(minimumGain: 9), prior: 5),
      AdaptiveLearner.Shadow(name: "quick", options: DecisionOptions(minimumGain: 0.01)),
    ]
    var learner = AdaptiveLearner(shadows)
    var current: String?
    var decision: Decision?
    for day in 0..<60 {
      let at = Double(day) * 86_400
      let revenues = ["alpha": day < 5 ? 1.0 : 0.5, "beta": day < 5 ? 0.9 : 1]
      for (source, revenue) in revenues { learner.observe(source, revenue: revenue, at: at) }
      decision = learner.decide(
        group: "all", current: current,
        candidates: ["alpha", "beta"].map { Candidate(source: $0, revenue: revenues[$0], switchCostSeconds: 1800) },
        at: at, secondsSinceMove: 1e9, policy: "adaptive")
      current = decision?.to
    }
    #expect(current == "beta")
    #expect(decision?.policy == "adaptive: quick")
    #expect(learner.weights(of: "all")["quick"] ?? 0 > 0.9)
    #expect(decision?.recomputed() == "beta")
  }
}
