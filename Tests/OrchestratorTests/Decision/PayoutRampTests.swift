import Glibc
import Stratum
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct PayoutRampTests {
  private static let window = 14_400.0

  /// Stay, time since, dwell, and what is lost.
  private static let losses: [(Double, Double, Double, Double)] = [
    // Never mined there: half of the window of a long stay, T − T² ÷ 2W of a short one.
    (0.0, 0.0, 100_000.0, 7200.0), (0, 0, 14_400, 7200), (0, 0, 7200, 5400), (0, 0, 0, 0),
    // Left this moment after a whole window: nothing is missing.
    (14_400, 0, 100_000, 0), (20_000, 0, 3600, 0),
    // Left a whole window ago: all is missing again.
    (14_400, 14_400, 100_000, 7200),
    // Two hours of it were filled, and left two hours ago: full from two hours back to four, they move out over the
    // next two hours, while new work comes in: ½ missing all along, then it falls to nothing.
    (7200, 7200, 7200, 7200 - 1800 - 1800), (7200, 7200, 14_400, 3600 + 1800),
  ]

  @Test(arguments: losses)
  func `what a window is not filled with is lost`(stay: Double, ago: Double, dwell: Double, loss: Double) {
    let ramp = PayoutRamp(windowSeconds: Self.window, staySeconds: stay, sinceStaySeconds: ago)
    #expect(abs(ramp.loss(over: dwell) - loss) < 1e-6)
  }

  @Test(arguments: [UInt64](1...20)) func `the closed form is the integral`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let window = Double.random(in: 60...100_000, using: &random)
    let ramp = PayoutRamp(
      windowSeconds: window, staySeconds: Double.random(in: 0...(2 * window), using: &random),
      sinceStaySeconds: Double.random(in: 0...(2 * window), using: &random))
    let dwell = Double.random(in: 0...(2 * window), using: &random)
    let steps = 20_000
    let step = dwell / Double(steps)
    var sum = 0.0
    for index in 0..<steps {
      let t = (Double(index) + 0.5) * step
      let earlier = min(ramp.staySeconds, max(0, window - ramp.sinceStaySeconds - t))
      sum += step * (1 - min(1, (t + earlier) / window))
    }
    #expect(abs(ramp.loss(over: dwell) - sum) < window * 1e-4, "\(ramp), \(dwell)")
  }

  /// 4 % more at a pool whose window is unknown, or four hours.
  private func decision(_ ramp: PayoutRamp?) -> Decision {
    var decider = Decider()
    for second in 0..<600 {
      decider.observe("alpha", revenue: 1, at: Double(second))
      decider.observe("beta", revenue: 1.04, at: Double(second))
    }
    return decider.decide(
      group: "all", current: "alpha",
      candidates: [Candidate(source: "alpha"), Candidate(source: "beta", switchCostSeconds: 5, ramp: ramp)], at: 600,
      secondsSinceMove: .infinity, options: DecisionOptions(minimumGain: 0.02), policy: "test")
  }

  @Test func `a ramp is a part of what a move costs, and can be computed again by hand`() throws {
    let free = try #require(decision(nil).scores.last)
    #expect(decision(nil).to == "beta" && free.switchCostSeconds == 5 && free.payoutRampSeconds == nil)

    let stayed = decision(PayoutRamp(windowSeconds: Self.window))
    let score = try #require(stayed.scores.last)
    let ramp = try #require(score.payoutRampSeconds)
    #expect(stayed.to == "alpha" && stayed.recomputed() == "alpha")
    #expect(abs(score.switchCostSeconds - 5 - ramp) < 1e-9)
    // T − T² ÷ 2W, or W ÷ 2 beyond the window.
    let dwell = min(score.expectedDwellSeconds, Self.window)
    #expect(abs(ramp - (dwell - dwell * dwell / (2 * Self.window))) < 1)
    #expect(abs(score.threshold - (0.02 + score.switchCostSeconds / score.expectedDwellSeconds)) < 1e-9)
    #expect(try #require(score.gain) < score.threshold)

    // Its window is still full of an earlier stay: as good as none.
    let back = decision(PayoutRamp(windowSeconds: Self.window, staySeconds: 20_000, sinceStaySeconds: 0))
    #expect(back.to == "beta" && back.scores.last?.payoutRampSeconds == 0)
  }

  @Test func `a group that goes back to where it was finds the window partly filled`() throws {
    var stays = GroupStays()
    let group = MinerGroup(algorithm: .sha256d, level: 3)
    stays.left("alpha", by: group, since: 100, at: 700)
    #expect(
      stays.ramp(of: group, at: "alpha", windowSeconds: 3600, now: 1000)
        == PayoutRamp(windowSeconds: 3600, staySeconds: 600, sinceStaySeconds: 300))
    #expect(
      stays.ramp(of: MinerGroup(algorithm: .sha256d), at: "alpha", windowSeconds: 3600, now: 1000)
        == PayoutRamp(windowSeconds: 3600))
    #expect(stays.ramp(of: group, at: "alpha", windowSeconds: nil, now: 1000) == nil)
  }

  @Test func `of a pool whose window is known, every score says what its ramp costs`() throws {
    let sources = [("alpha", nil), ("beta", 14_400.0)].map { name, window in
      SimulatedFleet.Source(
        name: name, kind: .upstream, traits: SourceTraits(windowSeconds: window), coinsPerHash: 1)
    }
    var fleet = SimulatedFleet(
      sources, miners: SimulatedFleet.rates(Array(repeating: 1000, count: 5), on: "alpha"),
      policy: RevenueRoutingTests.profit)
    fleet.run(60)
    #expect(fleet.share("alpha") == 1)
    let scores = try #require(fleet.planner.decisions.first).scores
    let score = try #require(scores.first { $0.source == "beta" })
    let ramp = try #require(score.payoutRampSeconds)
    #expect(ramp > 0 && ramp <= 7200 && score.switchCostSeconds > ramp)
    #expect(scores.first { $0.source == "alpha" }?.payoutRampSeconds == nil)
  }
}
