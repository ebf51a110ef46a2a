import Orchestrator
import TestSupport
import Testing

@Suite struct DecisionCostTests {
  /// The bar is 0.1 % of a core at a tick of one second, so 1 ms for a decision over 50 sources when optimised. Tests are
  /// not optimised and share the machine, so they may take 50 times as long; it is printed for who looks.
  @Test func `a second of 50 sources is seen and decided quickly`() {
    var decider = Decider()
    var random = SeededRandom(seed: 1)
    let candidates = (0..<50).map { Candidate(source: "source-\($0)", terms: [RevenueTerm("fee", 0.99)]) }
    var current: String?
    let ticks = 100
    let elapsed = ContinuousClock().measure {
      for second in 0..<ticks {
        for candidate in candidates {
          decider.observe(
            candidate.source, revenue: 1 + Double.random(in: -0.03...0.03, using: &random), at: Double(second))
        }
        let decision = decider.decide(
          group: "all", current: current, candidates: candidates, at: Double(second), secondsSinceMove: 1e6,
          options: DecisionOptions(), policy: "test")
        current = decision.to
      }
    }
    print("a tick of 50 sources: \(elapsed / ticks)")
    #expect(elapsed / ticks < .milliseconds(50))
  }
}
