/// Points of each kind of violation, as time leaves them.
public struct ViolationScores: Sendable, Codable {
  private struct Score: Sendable, Codable {
    var points = 0.0
    var at: MonotonicTime
    var count = 0
  }

  private var scores: [Violation: Score] = [:]

  public init() {}

  public mutating func note(_ violation: Violation, _ rules: ConductRules, at now: MonotonicTime) {
    var score = decayed(violation, rules, at: now) ?? Score(at: now)
    score.points += rules.weights[violation]?.points ?? 0
    score.count += 1
    scores[violation] = score
  }

  /// Takes points off, of one kind after the other.
  public mutating func credit(
    _ points: Double, to violations: some Sequence<Violation>, _ rules: ConductRules, at now: MonotonicTime
  ) {
    var credit = points
    for violation in violations {
      guard var score = decayed(violation, rules, at: now) else { continue }
      let taken = min(credit, score.points)
      score.points -= taken
      credit -= taken
      scores[violation] = score.points > 0 ? score : nil
    }
  }

  /// Of all kinds.
  public func total(_ rules: ConductRules, at now: MonotonicTime) -> Double {
    scores.keys.reduce(0) { $0 + (decayed($1, rules, at: now)?.points ?? 0) }
  }

  public var isEmpty: Bool { scores.isEmpty }

  /// Each kind with what it came to, most points first.
  public func evidence(_ rules: ConductRules, at now: MonotonicTime) -> [ViolationTally] {
    scores.keys.compactMap { violation in
      decayed(violation, rules, at: now).map {
        ViolationTally(violation: violation, count: $0.count, points: $0.points)
      }
    }.sorted { ($1.points, $0.violation.rawValue) < ($0.points, $1.violation.rawValue) }
  }

  private func decayed(_ violation: Violation, _ rules: ConductRules, at now: MonotonicTime) -> Score? {
    guard var score = scores[violation] else { return nil }
    score.points = rules.left(of: score.points, violation, after: now.seconds(since: score.at))
    score.at = max(score.at, now)
    return score
  }
}
