import Glibc

/// What was decided for one group of miners, with everything that is needed to recompute it by hand.
public struct Decision: Sendable, Equatable, Codable {
  /// Seconds of the decider's clock.
  public var at: Double
  public var group: String
  public var policy: String
  /// Where the group mines; `nil`: nowhere yet.
  public var from: String?
  /// Where it should mine; the same as `from` when it stays, `nil` when no source may be chosen.
  public var to: String?
  public var scores: [Score]
  /// In a sentence.
  public var reason: String
  /// Log revenue that `to` is expected to earn above `from`; 0 when it stays.
  public var expectedGain: Double
  /// What the gain of `to` had to exceed, or that of the nearest other source when the group stays.
  public var threshold: Double
  public var expectedDwellSeconds: Double
  public var switchCostSeconds: Double
  /// Of the policy, as it was used.
  public var minimumGain: Double
  public var riskAversion: Double
  public var maximumRisk: Double
  /// The current source is gone or excluded, or nothing is known of what it pays: there is no gain to ask for, and the
  /// best one is taken.
  public var isForced: Bool
  /// Why nobody may move now: dwell, or too many moves. `nil`: they may, as from a lost source always.
  public var heldBecause: String?
  /// Why something else than the scores decided in the end: an operator, or an emergency. `nil`: nothing did.
  public var overruledBecause: String?

  public var isMove: Bool { to != from }

  /// The choice, from the numbers of this decision alone: what `to` must be, unless it was overruled.
  ///
  /// value = level + Σ ln(terms) + risk discount; gain = value − the current source's value;
  /// threshold = least gain + switch cost ÷ expected dwell + risk aversion × √(doubt² + current doubt²).
  /// Of the sources that may be chosen, the one whose gain is furthest above its threshold; the current one when there
  /// is none, or when the group is held.
  public func recomputed() -> String? {
    if heldBecause != nil { return from }
    let values = scores.map { score in
      Score.forecast(level: score.level, terms: score.terms).map {
        $0 + Score.riskDiscount(score.risk, aversion: riskAversion)
      }
    }
    let current = scores.firstIndex { $0.source == from }
    var best: (source: String, margin: Double)?
    for (index, score) in scores.enumerated() where score.exclusion == nil && score.source != from {
      guard let value = values[index] else { continue }
      var margin = value
      if !isForced, let current, let own = values[current] {
        let cost = score.expectedDwellSeconds > 0 ? score.switchCostSeconds / score.expectedDwellSeconds : 0
        let doubt = (score.doubt * score.doubt + scores[current].doubt * scores[current].doubt).squareRoot()
        margin = value - own - (minimumGain + cost + riskAversion * doubt)
        guard margin > 0 else { continue }
      }
      if best.map({ margin > $0.margin }) ?? true { best = (score.source, margin) }
    }
    guard isForced else { return best?.source ?? from }
    if best == nil, let current, scores[current].exclusion == nil { return from }
    return best?.source ?? scores.first { $0.exclusion == nil }?.source
  }
}
