import Glibc
import TestSupport
import Testing

@testable import Orchestrator

/// Sources that are seen each second, and one group that follows what is decided.
struct LiveMarket {
  var decider = Decider()
  var revenues: [String: Double] = ["alpha": 1, "beta": 0.97, "gamma": 0.9]
  var candidates: [Candidate] = ["alpha", "beta", "gamma"].map { Candidate(source: $0, switchCostSeconds: 5) }
  var options = DecisionOptions()
  var noise = 0.0
  var random: SeededRandom
  private(set) var second = 0
  private(set) var current: String?
  /// When it moved, seconds.
  private(set) var moves: [Int] = []
  private(set) var decisions: [Decision] = []

  init(seed: UInt64 = 1, at current: String? = nil) {
    random = SeededRandom(seed: seed)
    self.current = current
  }

  mutating func run(_ seconds: Int) {
    for _ in 0..<seconds {
      second += 1
      for (source, revenue) in revenues.sorted(by: { $0.key < $1.key }) {
        let factor = noise > 0 ? 1 + Double.random(in: -noise...noise, using: &random) : 1
        decider.observe(source, revenue: revenue * factor, at: Double(second))
      }
      let decision = decider.decide(
        group: "all", current: current, candidates: candidates, at: Double(second),
        secondsSinceMove: Double(second - (moves.last ?? -10_000)), options: options, policy: "test")
      if current != nil, decision.isMove { moves.append(second) }
      current = decision.to
      decisions.append(decision)
    }
  }
}

@Suite struct DeciderTests {
  static let seeds = Array(UInt64(1)...10)

  @Test func `miners begin at the best source`() {
    var market = LiveMarket()
    market.run(1)
    #expect(market.current == "alpha")
    #expect(market.decisions[0].reason == "alpha is expected to earn most")
  }

  @Test(arguments: seeds) func `noise of 3 % moves nobody for half an hour, or rarely`(seed: UInt64) {
    var market = LiveMarket(seed: seed, at: "alpha")
    market.revenues["beta"] = 1
    market.noise = 0.03
    market.run(1800)
    #expect(market.moves.count <= 1)
  }

  @Test(arguments: seeds, [5.0, 1800])
  func `a shift of the order by 20 % is followed within 5 s`(seed: UInt64, switchCost: Double) {
    for noise in [0, 0.03] {
      var market = LiveMarket(seed: seed, at: "alpha")
      market.candidates = market.candidates.map { Candidate(source: $0.source, switchCostSeconds: switchCost) }
      market.noise = noise
      market.run(300)
      let before = market.current
      let other = before == "alpha" ? "beta" : "alpha"
      market.revenues[other, default: 1] = 1.25 * (market.revenues[before ?? ""] ?? 1)
      market.run(5)
      #expect(market.current == other, "noise \(noise)")
    }
  }

  @Test(arguments: seeds) func `no more moves than the policy allows, whatever the market does`(seed: UInt64) {
    var market = LiveMarket(seed: seed, at: "alpha")
    market.options.maximumMovesPerHour = 3
    for turn in 0..<60 {
      market.revenues = ["alpha": turn % 2 == 0 ? 1 : 3, "beta": turn % 2 == 0 ? 3 : 1, "gamma": 0.5]
      market.run(60)
    }
    let busiest = market.moves.map { start in market.moves.count { $0 >= start && $0 < start + 3600 } }.max() ?? 0
    #expect(busiest == 3)
    #expect(market.decisions.last?.heldBecause != nil)
  }

  @Test func `a group stays for the least dwell`() {
    var market = LiveMarket(at: "alpha")
    market.options.minimumDwellSeconds = 120
    market.run(10)
    market.revenues["beta"] = 2
    market.run(10)
    market.revenues["alpha"] = 9
    market.run(100)
    #expect(market.current == "beta")
    #expect(market.decisions.last?.heldBecause?.hasSuffix("s ago, and the policy asks for 120 s") == true)
    market.run(30)
    #expect(market.current == "alpha")
  }

  @Test func `a lost source is left at once, past every limit`() {
    var market = LiveMarket(at: "alpha")
    market.options.minimumDwellSeconds = 10_000
    market.options.maximumMovesPerHour = 0
    market.run(10)
    market.candidates[0].exclusion = "it is not ready"
    market.run(1)
    #expect(market.current == "beta")
    #expect(market.decisions.last?.reason == "alpha is left (it is not ready); beta is the best of the others")
    market.candidates[1].exclusion = "it is not ready"
    market.candidates[2].exclusion = "it is not ready"
    market.run(1)
    #expect(market.current == nil)
    #expect(market.decisions.last?.reason == "no source may be chosen")
  }

  @Test func `a risky source is not moved to, but need not be left`() {
    var market = LiveMarket(at: "alpha")
    market.revenues["beta"] = 2
    market.candidates[1].risk = 0.5
    market.run(10)
    #expect(market.current == "alpha")
    #expect(market.decisions.last?.scores[1].rejectedBecause == "risk 0.50 is above 0.30")
    market.candidates[1].risk = 0.1
    market.run(1)
    market.candidates[1].risk = 0.5
    market.run(10)
    #expect(market.current == "beta")
  }

  @Test func `terms decide between two miners`() {
    var decider = Decider()
    decider.observe("upstream", revenue: 1, at: 0)
    decider.observe("zion", revenue: 0.9, at: 0)
    func choice(_ bonus: Double) -> Decision {
      decider.decide(
        group: "level", current: "upstream",
        candidates: [
          Candidate(source: "upstream", terms: [RevenueTerm("fee", 0.99)]),
          Candidate(source: "zion", terms: [RevenueTerm("consciousness", bonus)]),
        ], at: 1, secondsSinceMove: 1000, options: DecisionOptions(), policy: "test")
    }
    #expect(choice(1).to == "upstream")
    let six = choice(1.25)
    #expect(six.to == "zion")
    #expect(six.scores[1].terms == [RevenueTerm("consciousness", 1.25)])
    #expect(abs((six.scores[1].gain ?? 0) - log(0.9 * 1.25 / 0.99)) < 1e-9)
    #expect(six.reason == "zion is expected to earn 13.6% more than upstream, which is above 2.5%" || six.isMove)
  }

  @Test func `doubt asks for more`() {
    for (doubt, expected) in [(0.0, "beta"), (0.3, "alpha")] {
      var decider = Decider()
      decider.observe("alpha", revenue: 1, doubt: doubt, at: 0)
      decider.observe("beta", revenue: 1.15, doubt: doubt, at: 0)
      let decision = decider.decide(
        group: "all", current: "alpha", candidates: [Candidate(source: "alpha"), Candidate(source: "beta")], at: 1,
        secondsSinceMove: 1000, options: DecisionOptions(), policy: "test")
      #expect(decision.to == expected)
    }
  }

  @Test func `doubt about terms adds to that about revenue`() {
    var decider = Decider()
    for name in ["alpha", "beta"] { decider.observe(name, revenue: 1, doubt: 0.03, at: 0) }
    let decision = decider.decide(
      group: "all", current: "alpha",
      candidates: [
        Candidate(source: "alpha"), Candidate(source: "beta", terms: [RevenueTerm("stales", 0.9)], doubt: 0.04),
      ],
      at: 1, secondsSinceMove: 1000, options: DecisionOptions(), policy: "test")
    #expect(decision.scores[0].doubt == 0.03)
    #expect(abs(decision.scores[1].doubt - 0.05) < 1e-12)
    #expect(decision.scores[1].threshold > 0.025 + 0.5 * (0.0009 + 0.0025).squareRoot())
  }

  @Test func `nothing known: the first source that may be chosen, and everyone stays`() {
    var decider = Decider()
    let candidates = [Candidate(source: "alpha", exclusion: "not ready"), Candidate(source: "beta")]
    func to(_ current: String?) -> String? {
      decider.decide(
        group: "all", current: current, candidates: candidates, at: 0, secondsSinceMove: 0,
        options: DecisionOptions(), policy: "test"
      ).to
    }
    #expect(to(nil) == "beta")
    #expect(to("beta") == "beta")
  }

  @Test func `a source of which nothing is known is left, but not past the limits`() {
    var decider = Decider()
    decider.observe("beta", revenue: 1, at: 0)
    func decision(secondsSinceMove: Double) -> Decision {
      var options = DecisionOptions()
      options.minimumDwellSeconds = 60
      return decider.decide(
        group: "all", current: "alpha", candidates: [Candidate(source: "alpha"), Candidate(source: "beta")], at: 1,
        secondsSinceMove: secondsSinceMove, options: options, policy: "test")
    }
    #expect(decision(secondsSinceMove: 10).to == "alpha")
    #expect(decision(secondsSinceMove: 10).recomputed() == "alpha")
    #expect(decision(secondsSinceMove: 70).to == "beta")
    #expect(decision(secondsSinceMove: 70).recomputed() == "beta")
  }

  @Test(arguments: seeds) func `every choice can be recomputed from its explanation`(seed: UInt64) {
    var market = LiveMarket(seed: seed)
    market.noise = 0.1
    for _ in 0..<60 {
      for source in ["alpha", "beta", "gamma"] {
        market.revenues[source] = exp(Double.random(in: -1...1, using: &market.random))
      }
      for index in market.candidates.indices {
        market.candidates[index].terms = [
          RevenueTerm("fee", Double.random(in: 0.9...1, using: &market.random)),
          RevenueTerm("late blocks", Double.random(in: 0.8...1, using: &market.random)),
        ]
        market.candidates[index].risk = Double.random(in: 0...0.5, using: &market.random)
        market.candidates[index].exclusion = Int.random(in: 0..<4, using: &market.random) == 0 ? "not ready" : nil
      }
      market.run(20)
    }
    #expect(market.decisions.allSatisfy { $0.recomputed() == $0.to })
    #expect(market.decisions.contains { $0.isForced } && market.decisions.contains { $0.isMove && !$0.isForced })
    for decision in market.decisions {
      #expect(decision.scores.allSatisfy { ($0.rejectedBecause == nil) == ($0.source == decision.to) })
    }
  }
}
