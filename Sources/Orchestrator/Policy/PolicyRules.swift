import Stratum

/// Remembers since when conditions hold, and until when sources are avoided. A value: the same snapshots in the same
/// order always give the same verdicts.
public struct PolicyRules: Sendable {
  /// One rule, watching one source.
  private struct Watched: Hashable {
    let rule: Int
    let source: String
  }

  private enum State {
    /// The condition has held since then.
    case holding(since: MonotonicTime)
    /// `why` is the value when it was too much.
    case avoided(until: MonotonicTime, why: String)
  }

  private var rules: [PolicyRule] = []
  private var states: [Watched: State] = [:]

  public init() {}

  /// One look at the fleet. Call it at least once a second: `for` is as exact as that.
  ///
  /// Another policy with the same rules carries on; other rules begin anew.
  ///
  /// - Parameter wallSeconds: since 1970, UTC.
  public mutating func update(_ snapshot: FleetSnapshot, policy: Policy, wallSeconds: Int) -> PolicyVerdict {
    if policy.rules != rules {
      rules = policy.rules
      states = [:]
    }
    let present = Set(snapshot.sources.map(\.name))
    states = states.filter { present.contains($0.key.source) }
    var verdict = PolicyVerdict(policy: policy.scheduled(atWallSeconds: wallSeconds))
    if verdict.policy.mode != policy.mode { verdict.modeReason = "a schedule" }
    for source in snapshot.sources { verdict.exclusions[source.name] = verdict.policy.exclusion(of: source) }
    for (index, rule) in rules.enumerated() {
      for source in snapshot.sources where rule.when.sources.matches(source) {
        guard let why = observe(Watched(rule: index, source: source.name), rule, source, at: snapshot.at) else {
          continue
        }
        let reason = "rule \(index + 1): \(why)"
        switch rule.then {
        case .avoid:
          guard verdict.exclusions[source.name] == nil else { continue }
          verdict.exclusions[source.name] = reason + avoidance(index, source, at: snapshot.at, wallSeconds)
          verdict.avoided.insert(source.name)
        case .mode(let mode):
          verdict.policy.mode = mode
          verdict.modeReason = "\(reason) at \(source.name)"
        case .weight(let selector, let factor):
          for other in snapshot.sources where selector?.matches(other) ?? (other.name == source.name) {
            verdict.factors[other.name, default: 1] *= factor
          }
        }
      }
    }
    verdict.multiplyWeights(of: snapshot.sources)
    return verdict
  }

  /// Why a rule applies to a source now; `nil` when it does not.
  private mutating func observe(
    _ watched: Watched, _ rule: PolicyRule, _ source: SourceSnapshot, at now: MonotonicTime
  ) -> String? {
    if case .avoided(let until, let why) = states[watched] {
      if now < until { return why }
      states[watched] = nil
    }
    guard let value = rule.when.metric.value(of: source), rule.when.bound.isCrossed(by: value) else {
      states[watched] = nil
      return nil
    }
    var since = now
    if case .holding(let earlier) = states[watched] { since = earlier }
    states[watched] = .holding(since: since)
    guard now.seconds(since: since) >= rule.when.forSeconds else { return nil }
    let why = rule.when.sentence(value)
    if case .avoid(let seconds) = rule.then {
      states[watched] = .avoided(until: now.advanced(bySeconds: seconds), why: why)
    }
    return why
  }

  /// `, avoided until 14:32 UTC`
  private func avoidance(_ rule: Int, _ source: SourceSnapshot, at now: MonotonicTime, _ wallSeconds: Int) -> String {
    guard case .avoided(let until, _) = states[Watched(rule: rule, source: source.name)] else { return "" }
    let minutes = (wallSeconds + Int(until.seconds(since: now).rounded(.up))) / 60
    let (hour, minute) = (minutes / 60 % 24, minutes % 60)
    return ", avoided until \(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute) UTC"
  }
}

extension PolicyVerdict {
  /// Weights by pool become weights by source where a rule changes one of them.
  fileprivate mutating func multiplyWeights(of sources: [SourceSnapshot]) {
    guard !policy.weights.isEmpty else { return }
    let original = policy
    for source in sources {
      guard let factor = factors[source.name], let weight = original.weight(of: source) else { continue }
      policy.weights[source.name] = weight * factor
    }
  }
}

extension PolicyRule.Condition {
  /// `reject_ratio 7.1 % above 5 % for 10 m`
  func sentence(_ value: Double) -> String { "\(metric.rawValue) \(metric.unit.shown(value)) \(limit)" }

  /// `above 5 % for 10 m`
  public var limit: String {
    let bound =
      switch bound {
      case .above(let limit): "above \(metric.unit.shown(limit))"
      case .below(let limit): "below \(metric.unit.shown(limit))"
      }
    return forSeconds > 0 ? "\(bound) for \(Self.shown(seconds: forSeconds))" : bound
  }

  /// In the largest unit in which it is a whole number: `10 m`, `90 s`.
  fileprivate static func shown(seconds: Double) -> String {
    for (unit, length) in [("h", 3600.0), ("m", 60)] where seconds > 0 {
      if (seconds / length).truncatingRemainder(dividingBy: 1) == 0 { return "\(Int(seconds / length)) \(unit)" }
    }
    return "\(PolicyRule.Metric.Unit.rounded(seconds)) s"
  }
}

extension PolicyRule.Metric.Unit {
  /// With two digits behind the point at most, and the unit.
  public func shown(_ value: Double) -> String {
    switch self {
    case .ratio: "\(Self.rounded(value * 100)) %"
    case .milliseconds: "\(Self.rounded(value)) ms"
    case .seconds: PolicyRule.Condition.shown(seconds: value)
    case .perHour: "\(Self.rounded(value)) per hour"
    case .hashesPerSecond: Hashrate(value).description
    case .currencyPerTerahashDay: "\(Self.rounded(value)) per TH/s and day"
    }
  }

  fileprivate static func rounded(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e13 else { return "\(value)" }
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
    let digits = rest == 0 ? "" : rest % 10 == 0 ? ".\(rest / 10)" : rest < 10 ? ".0\(rest)" : ".\(rest)"
    return "\(hundredths < 0 ? "-" : "")\(whole)\(digits)"
  }
}
