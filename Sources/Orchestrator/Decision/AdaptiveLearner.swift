import Glibc

/// The mode `adaptive_learning`: several policies decide in shadow, and the work follows the one whose record is best.
///
/// A policy's record is what it would have earned, moves paid, in days of the best source's revenue. Its weight is
/// exponential in the record, and a small part of all weight is shared out again each day (fixed share: Herbster and
/// Warmuth 1998), so that a policy which was bad for long can lead again. Work divided by the weights would have earned,
/// over T days of n steps in which no two policies differ by more than b days of revenue in a step, at least what any
/// sequence of policies with k changes earns, less
///
///     (ln(1 ÷ p) + k ln(N ÷ s) + s T) ÷ η + η n b² ÷ 8
///
/// days of revenue: p is the first policy's share at the start, N the number of policies, s `sharedPerDay`, η `rate`.
/// All of the work follows one policy, and not a division of it, since a miner mines in one place: the leader changes
/// only when another one's weight is `lead` times as large.
public struct AdaptiveLearner: Sendable {
  public struct Shadow: Sendable, Equatable {
    public var name: String
    public var options: DecisionOptions
    /// Weight at the start, above 0; the sum does not matter.
    public var prior: Double

    public init(name: String, options: DecisionOptions, prior: Double = 1) {
      self.name = name
      self.options = options
      self.prior = prior
    }
  }

  /// η: what a day of revenue counts in the logarithm of a weight.
  public static let rate = 1.0
  /// s: part of all weight that is shared out again in a day.
  public static let sharedPerDay = 0.001
  /// So many times the leader's weight makes a new leader.
  public static let lead = 2.0
  static let secondsPerDay = 86_400.0

  private struct Course: Sendable {
    var current: String?
    var movedAt: Double?
    var weight: Double
  }

  private struct Group: Sendable {
    var courses: [Course]
    var leader: Int
    var at: Double?
  }

  private let shadows: [Shadow]
  private var decider = Decider()
  private var groups: [String: Group] = [:]

  /// - Parameter shadows: at least one; none is the standard set.
  public init(_ shadows: [Shadow] = AdaptiveLearner.standard()) {
    self.shadows = shadows.isEmpty ? Self.standard() : shadows
  }

  /// The presets' thresholds around one set of options, and one policy that never moves for gain.
  public static func standard(_ options: DecisionOptions = DecisionOptions()) -> [Shadow] {
    let gains: [(String, Double?, Double)] = [
      ("balanced", options.minimumGain, 8), ("profit_maximization", 0.015, 1), ("conservative", 0.05, 1),
      ("risk_minimization", 0.1, 1), ("stay", 1, 1),
    ]
    return gains.map { name, gain, prior in
      var own = options
      own.minimumGain = gain
      return Shadow(name: name, options: own, prior: prior)
    }
  }

  public mutating func observe(_ source: String, revenue: Double, doubt: Double = 0, at seconds: Double) {
    decider.observe(source, revenue: revenue, doubt: doubt, at: seconds)
  }

  /// As `Decider.decide`. A candidate's `revenue` is taken as what it paid since the last decision.
  public mutating func decide(
    group name: String, current: String?, candidates: [Candidate], at seconds: Double, secondsSinceMove: Double,
    policy: String
  ) -> Decision {
    if groups[name] == nil, groups.count >= Decider.groupLimit { groups.removeAll() }
    var group = groups[name] ?? newGroup()
    if let before = group.at, seconds > before {
      learn(&group, candidates, days: (seconds - before) / Self.secondsPerDay)
    }
    for (index, shadow) in shadows.enumerated() {
      follow(&group.courses[index], shadow, group: name, candidates, at: seconds)
    }
    group.at = seconds
    groups[name] = group
    let leader = shadows[group.leader]
    return decider.decide(
      group: name, current: current, candidates: candidates, at: seconds, secondsSinceMove: secondsSinceMove,
      options: leader.options, policy: "\(policy): \(leader.name)")
  }

  /// By policy, summing to 1.
  public func weights(of group: String) -> [String: Double] {
    let courses = groups[group]?.courses ?? newGroup().courses
    let sum = courses.reduce(0) { $0 + $1.weight }
    return Dictionary(zip(shadows.map(\.name), courses.map { $0.weight / sum })) { $0 + $1 }
  }

  private func newGroup() -> Group {
    let sum = shadows.reduce(0) { $0 + $1.prior }
    let courses = shadows.map { Course(weight: $0.prior / sum) }
    let leader = courses.indices.reduce(0) { courses[$1].weight > courses[$0].weight ? $1 : $0 }
    return Group(courses: courses, leader: leader)
  }

  /// What the time since the last decision paid each policy.
  private func learn(_ group: inout Group, _ candidates: [Candidate], days: Double) {
    let paid = Dictionary(candidates.compactMap { candidate in Self.paid(candidate).map { (candidate.source, $0) } }) {
      first, _ in first
    }
    guard let best = paid.values.max(), best > 0 else { return }
    for index in group.courses.indices {
      let own = group.courses[index].current.flatMap { paid[$0] } ?? 0
      group.courses[index].weight *= exp(Self.rate * (own / best - 1) * days)
    }
    normalise(&group.courses, share: min(1, Self.sharedPerDay * days))
    let strongest = group.courses.indices.reduce(group.leader) {
      group.courses[$1].weight > group.courses[$0].weight ? $1 : $0
    }
    if group.courses[strongest].weight > Self.lead * group.courses[group.leader].weight { group.leader = strongest }
  }

  private mutating func follow(
    _ course: inout Course, _ shadow: Shadow, group: String, _ candidates: [Candidate], at seconds: Double
  ) {
    let decision = decider.decide(
      group: "\(group)\u{0}\(shadow.name)", current: course.current, candidates: candidates, at: seconds,
      secondsSinceMove: course.movedAt.map { seconds - $0 } ?? .infinity, options: shadow.options, policy: shadow.name)
    guard decision.isMove else { return }
    if course.current != nil {
      let days = decision.switchCostSeconds / Self.secondsPerDay
      course.weight = max(course.weight * exp(-Self.rate * days), .leastNormalMagnitude)
      course.movedAt = seconds
    }
    course.current = decision.to
  }

  private func normalise(_ courses: inout [Course], share: Double) {
    let sum = courses.reduce(0) { $0 + $1.weight }
    guard sum > 0, sum.isFinite else { return }
    for index in courses.indices {
      courses[index].weight = courses[index].weight / sum * (1 - share) + share / Double(courses.count)
    }
  }

  private static func paid(_ candidate: Candidate) -> Double? {
    candidate.revenue.map { candidate.terms.reduce($0) { $0 * $1.factor } }
  }
}
