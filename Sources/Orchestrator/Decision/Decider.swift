import Glibc

/// Decides where groups of miners mine, from what the sources were seen to pay.
///
/// A move pays when the gain exceeds its own cost over the time that it will last. How long that is follows from how
/// fast the two sources wander against each other: with a switch cost `c` and a variance `q` per second, the best band
/// of a random walk is (3cq/2)^⅓, and the dwell is cost ÷ band. Forecast errors ask for a margin beside it, which is
/// the policy's `minimumGain` or our own.
///
/// The state is bounded: `Market.sourceLimit` sources, `groupLimit` groups. A decision over n sources costs O(n).
public struct Decider: Sendable {
  public static let groupLimit = 10_000

  /// Margin for forecast errors where the policy names none: 2.5 %.
  static let usualMinimumGain = 0.025
  /// No pair of sources drifts apart faster than by 10 % (standard deviation) in a day: what looks faster is noise that
  /// will average out before a move has paid for itself.
  static let largestWandering = 0.01 / 86_400
  /// Assumed where nobody measured it, seconds of mining.
  static let assumedSwitchCost = 30.0

  private var market = Market()
  private var records: [String: MoveRecord] = [:]

  public init() {}

  /// What a source pays per hash now, in the unit of all observations; feeds the forecasts of all groups.
  ///
  /// - Parameter doubt: standard deviation of the logarithm of a lasting error, 0 where revenue is measured.
  public mutating func observe(_ source: String, revenue: Double, doubt: Double = 0, at seconds: Double) {
    market.observe(source, revenue: revenue, doubt: doubt, at: seconds)
  }

  /// - Parameters:
  ///   - current: where the group mines; `nil`: nowhere yet.
  ///   - candidates: every source that the group could use, in the operator's order, which decides between equals.
  ///   - secondsSinceMove: since the group was moved last.
  public mutating func decide(
    group: String, current: String?, candidates: [Candidate], at seconds: Double, secondsSinceMove: Double,
    options: DecisionOptions, policy: String
  ) -> Decision {
    market.settle()
    let moves = recordedMoves(of: group, current: current, at: seconds)
    let forecasts = candidates.map { market.forecast($0.source) }
    var scores = zip(candidates, forecasts).map { candidate, forecast in
      Score(candidate, forecast: forecast, riskAversion: options.riskAversion)
    }
    let own = scores.firstIndex { $0.source == current }
    exclude(&scores, own: own, options: options)
    let isLost = own.map { scores[$0].exclusion != nil } ?? true
    let isForced = isLost || own.map { scores[$0].value == nil } ?? true
    if let own, !isForced { compare(&scores, own: own, candidates, forecasts, options: options) }

    var decision = Decision(
      at: seconds, group: group, policy: policy, from: current, to: current, scores: [], reason: "",
      expectedGain: 0, threshold: 0, expectedDwellSeconds: 0, switchCostSeconds: 0,
      minimumGain: options.minimumGain ?? Self.usualMinimumGain, riskAversion: options.riskAversion,
      maximumRisk: options.maximumRisk, isForced: isForced)
    if !isLost {
      decision.heldBecause = held(moves: moves, secondsSinceMove: secondsSinceMove, options: options)
    }
    choose(&decision, &scores, own: own)
    decision.scores = scores
    return decision
  }

  private mutating func recordedMoves(of group: String, current: String?, at seconds: Double) -> Int {
    if records[group] == nil, records.count >= Self.groupLimit { records.removeAll() }
    records[group, default: MoveRecord()].saw(current, at: seconds)
    return records[group]?.count ?? 0
  }

  /// The current source may be riskier than what a move would be made to.
  private func exclude(_ scores: inout [Score], own: Int?, options: DecisionOptions) {
    for index in scores.indices where scores[index].exclusion == nil && index != own {
      let risk = scores[index].risk
      if risk > options.maximumRisk {
        scores[index].exclusion = "risk \(Words.number(risk)) is above \(Words.number(options.maximumRisk))"
      }
    }
  }

  /// Gains and thresholds against the current source.
  private func compare(
    _ scores: inout [Score], own: Int, _ candidates: [Candidate], _ forecasts: [Market.Forecast?],
    options: DecisionOptions
  ) {
    let current = scores[own]
    let currentWandering = forecasts[own]?.wandering ?? 0
    for index in scores.indices where index != own {
      guard let value = scores[index].value, let base = current.value else { continue }
      var cost = max(
        0, options.switchCostSeconds ?? candidates[index].switchCostSeconds ?? Self.assumedSwitchCost)
      let pair = ((forecasts[index]?.wandering ?? 0) + currentWandering) * market.correction
      let wandering = min(max(pair, 1e-15), Self.largestWandering)
      if let ramp = candidates[index].ramp {
        let whole = ramp.cost(above: cost) { $0 > 0 ? $0 / cbrt(1.5 * $0 * wandering) : 0 }
        scores[index].payoutRampSeconds = whole.ramp
        cost = whole.total
      }
      let band = cbrt(1.5 * cost * wandering)
      let doubt = (scores[index].doubt * scores[index].doubt + current.doubt * current.doubt).squareRoot()
      scores[index].gain = value - base
      scores[index].switchCostSeconds = cost
      scores[index].expectedDwellSeconds = band > 0 ? cost / band : 0
      scores[index].threshold =
        (options.minimumGain ?? Self.usualMinimumGain) + band + options.riskAversion * doubt
    }
  }

  private func held(moves: Int, secondsSinceMove: Double, options: DecisionOptions) -> String? {
    if moves >= options.maximumMovesPerHour {
      return "\(moves) moves within the hour, and the policy allows \(options.maximumMovesPerHour)"
    }
    if secondsSinceMove < options.minimumDwellSeconds {
      return "moved \(Words.number(secondsSinceMove)) s ago, and the policy asks for "
        + "\(Words.number(options.minimumDwellSeconds)) s"
    }
    return nil
  }
}
