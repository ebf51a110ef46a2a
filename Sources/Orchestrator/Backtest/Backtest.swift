/// Runs the live decision code over a trace, step by step, and compares what it earned with simple rules.
public struct Backtest: Sendable {
  /// What one policy earned on one trace; percentages over the best single source.
  public struct Result: Sendable, Equatable, Codable {
    public var trace: String
    public var group: String
    public var policy: String
    public var steps: Int
    public var bestSingle: String
    public var policyPercent: Double
    public var clairvoyantPercent: Double
    public var clairvoyantSwitches: Int
    public var naivePercent: Double
    public var lagOnePercent: Double
    public var lagOneThreshold: Double
    /// Of the policy's own choices until it is known what the first step paid, and the clairvoyant's from then on. What
    /// of the best single source's gain lies before that is out of reach of whoever is with another one then.
    public var ceilingPercent: Double
    public var switches: Int
    /// (policy − best single) ÷ (clairvoyant − best single); `nil` when there is nothing to capture.
    public var capture: Double?

    enum CodingKeys: String, CodingKey {
      case trace, group, policy, steps, switches, capture
      case bestSingle = "best_single"
      case policyPercent = "policy_vs_best_single_pct"
      case clairvoyantPercent = "clairvoyant_pct"
      case clairvoyantSwitches = "clairvoyant_switches"
      case naivePercent = "naive_pct"
      case lagOnePercent = "lag1_best_threshold_pct"
      case lagOneThreshold = "lag1_threshold"
      case ceilingPercent = "ceiling_pct"
    }

    /// As it would be made up, but for `capture`, which is always there.
    public func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(trace, forKey: .trace)
      try container.encode(group, forKey: .group)
      try container.encode(policy, forKey: .policy)
      try container.encode(steps, forKey: .steps)
      try container.encode(bestSingle, forKey: .bestSingle)
      try container.encode(policyPercent, forKey: .policyPercent)
      try container.encode(clairvoyantPercent, forKey: .clairvoyantPercent)
      try container.encode(clairvoyantSwitches, forKey: .clairvoyantSwitches)
      try container.encode(naivePercent, forKey: .naivePercent)
      try container.encode(lagOnePercent, forKey: .lagOnePercent)
      try container.encode(lagOneThreshold, forKey: .lagOneThreshold)
      try container.encode(ceilingPercent, forKey: .ceilingPercent)
      try container.encode(switches, forKey: .switches)
      try container.encode(capture, forKey: .capture)
    }
  }

  private let trace: Trace
  private let benchmarks: Benchmarks
  private let switchCost: Double
  private let bestSingle: Double
  private let common: Result

  /// - Parameter switchCost: seconds of mining lost by a move.
  public init(_ trace: Trace, switchCost: Double) {
    self.trace = trace
    self.switchCost = switchCost
    benchmarks = Benchmarks(trace, switchCost: switchCost)
    let best = benchmarks.bestSingle
    let lagOne = benchmarks.lagOne
    let clairvoyant = benchmarks.clairvoyant()
    bestSingle = best.revenue
    common = Result(
      trace: trace.name, group: trace.group, policy: "", steps: trace.steps.count,
      bestSingle: trace.sources[best.source], policyPercent: 0,
      clairvoyantPercent: Self.percent(clairvoyant.revenue, over: bestSingle),
      clairvoyantSwitches: clairvoyant.switches,
      naivePercent: Self.percent(benchmarks.naive.revenue, over: bestSingle),
      lagOnePercent: Self.percent(lagOne.income.revenue, over: bestSingle), lagOneThreshold: lagOne.threshold,
      ceilingPercent: 0, switches: 0)
  }

  public func run(_ policy: Policy) -> Result {
    let choices = choices(policy)
    let income = benchmarks.income(choices)
    let begun = Array(choices.prefix(trace.stepsBeforeFirstPay))
    var result = common
    result.policy = policy.name
    result.policyPercent = Self.percent(income.revenue, over: bestSingle)
    result.ceilingPercent = Self.percent(benchmarks.clairvoyant(after: begun).revenue, over: bestSingle)
    result.switches = income.switches
    let clairvoyant = common.clairvoyantPercent
    result.capture = clairvoyant > 1e-9 ? result.policyPercent / clairvoyant : nil
    return result
  }

  private static func percent(_ revenue: Double, over best: Double) -> Double {
    best > 0 ? (revenue / best - 1) * 100 : 0
  }

  /// Where the policy mines in each step, by index of the trace's sources.
  public func choices(_ policy: Policy) -> [Int] {
    var mind = Mind(policy)
    let exclusions = trace.sources.map { policy.exclusion(of: Self.source($0)) }
    let first = exclusions.firstIndex(of: nil) ?? 0
    var current: Int?
    var movedAt: Double?
    return trace.steps.map { step in
      for sighting in step.sightings {
        mind.observe(trace.sources[sighting.source], sighting, at: step.at)
      }
      let decision = mind.decide(
        current: current.map { trace.sources[$0] }, candidates: candidates(step, exclusions), at: step.at,
        secondsSinceMove: movedAt.map { step.at - $0 } ?? .infinity)
      let chosen = decision.to.flatMap { trace.sources.firstIndex(of: $0) } ?? current ?? first
      if let current, current != chosen { movedAt = step.at }
      current = chosen
      return chosen
    }
  }

  /// A trace's source as `allow` and `deny` of a policy see it: its name stands for the pool and for the coin.
  private static func source(_ name: String) -> SourceSnapshot {
    let parts = name.split(separator: ":", maxSplits: 1)
    var source = SourceSnapshot(
      name: name, pool: parts.first.map(String.init) ?? name, kind: .upstream, algorithm: .sha256d)
    source.traits.coin = name
    return source
  }

  private func candidates(_ step: Trace.Step, _ exclusions: [String?]) -> [Candidate] {
    var candidates = zip(trace.sources, exclusions).map { source, exclusion in
      Candidate(source: source, exclusion: exclusion, switchCostSeconds: switchCost)
    }
    for sighting in step.sightings { candidates[sighting.source].revenue = sighting.revenue }
    return candidates
  }
}

/// The decision code of a mode.
private struct Mind {
  private var decider = Decider()
  private var learner: AdaptiveLearner?
  private let policy: Policy

  init(_ policy: Policy) {
    self.policy = policy
    if policy.mode == .adaptiveLearning { learner = AdaptiveLearner(AdaptiveLearner.standard(policy.decision)) }
  }

  mutating func observe(_ source: String, _ sighting: Trace.Sighting, at seconds: Double) {
    learner?.observe(source, revenue: sighting.revenue, doubt: sighting.doubt, at: seconds)
    if learner == nil { decider.observe(source, revenue: sighting.revenue, doubt: sighting.doubt, at: seconds) }
  }

  mutating func decide(
    current: String?, candidates: [Candidate], at seconds: Double, secondsSinceMove: Double
  ) -> Decision {
    learner?.decide(
      group: "all", current: current, candidates: candidates, at: seconds, secondsSinceMove: secondsSinceMove,
      policy: policy.name)
      ?? decider.decide(
        group: "all", current: current, candidates: candidates, at: seconds, secondsSinceMove: secondsSinceMove,
        options: policy.decision, policy: policy.name)
  }
}
