/// How one connection has behaved: a score for each kind of violation, with what it comes to.
public struct Conduct: Sendable, Codable {
  /// What is to be done about a violation. Each step is taken once on the way up.
  public enum Step: Int, Sendable, Comparable, Codable {
    case none, warn, slow, disconnect
    public static func < (a: Step, b: Step) -> Bool { a.rawValue < b.rawValue }
  }

  private var scores = ViolationScores()
  private var taken = Step.none
  private var graceLeft: Int
  private var graceUntil: MonotonicTime

  public init(_ rules: ConductRules, at now: MonotonicTime) {
    graceLeft = rules.grace
    graceUntil = now.advanced(bySeconds: rules.graceSeconds)
  }

  /// We have moved it: what it sends for a while may be meant for where it was.
  public mutating func moved(_ rules: ConductRules, at now: MonotonicTime) {
    graceLeft = rules.grace
    graceUntil = now.advanced(bySeconds: rules.graceSeconds)
  }

  public mutating func accepted(_ rules: ConductRules, at now: MonotonicTime) {
    guard !scores.isEmpty else { return }
    scores.credit(rules.creditOfShare, to: Violation.allCases.filter(\.isOfShares), rules, at: now)
    if total(rules, at: now) < rules.warning / 2 { taken = .none }
  }

  public mutating func note(_ violation: Violation, _ rules: ConductRules, at now: MonotonicTime) -> Step {
    if violation.isOfShares, violation != .verificationCost, graceLeft > 0, now < graceUntil {
      graceLeft -= 1
      return .none
    }
    scores.note(violation, rules, at: now)
    let step = step(at: total(rules, at: now), rules)
    guard step > taken else { return .none }
    taken = step
    return step
  }

  /// Points now.
  public func total(_ rules: ConductRules, at now: MonotonicTime) -> Double { scores.total(rules, at: now) }

  /// What led here, most points first.
  public func evidence(_ rules: ConductRules, at now: MonotonicTime) -> [ViolationTally] {
    scores.evidence(rules, at: now)
  }

  private func step(at points: Double, _ rules: ConductRules) -> Step {
    // A sum of tenths may miss a whole number by a hair.
    let points = points + 1e-9
    if points >= ConductRules.threshold { return .disconnect }
    if points >= rules.slowing { return .slow }
    return points >= rules.warning ? .warn : .none
  }
}

/// One kind of violation, and what it came to.
public struct ViolationTally: Sendable, Equatable, Codable {
  public var violation: Violation
  public var count: Int
  /// What was left of them at the time.
  public var points: Double

  public init(violation: Violation, count: Int, points: Double) {
    self.violation = violation
    self.count = count
    self.points = points
  }
}

extension Violation {
  /// What an accepted share makes good.
  var isOfShares: Bool {
    switch self {
    case .invalidShare, .duplicateShare, .extranonceAbuse, .verificationCost: true
    case .malformedLine, .protocolOrder, .fruitlessConnection, .authorizationFailure, .apiAbuse: false
    }
  }
}
