import Glibc

extension Decider {
  /// Sets where the group goes and says why, for it and for every source that it does not go to.
  func choose(_ decision: inout Decision, _ scores: inout [Score], own: Int?) {
    let chosen = decision.isForced ? best(scores, own: own) : worthwhile(scores, own: own)
    if let chosen, decision.heldBecause == nil {
      decision.to = scores[chosen].source
      decision.expectedGain = scores[chosen].gain ?? 0
      describe(&decision, scores[chosen])
      decision.reason = reason(decision, chosen: scores[chosen], own: own.map { scores[$0] })
    } else if decision.isForced, decision.heldBecause == nil {
      decision.to = nil
      decision.reason = "no source may be chosen"
    } else {
      let nearest = chosen ?? nearest(scores, own: own)
      if let nearest { describe(&decision, scores[nearest]) }
      decision.reason = stayReason(decision, nearest: nearest.map { scores[$0] })
    }
    for index in scores.indices where scores[index].source != decision.to {
      scores[index].rejection = rejection(scores[index], decision: decision, isCurrent: index == own)
    }
  }

  private func describe(_ decision: inout Decision, _ score: Score) {
    decision.threshold = score.threshold
    decision.expectedDwellSeconds = score.expectedDwellSeconds
    decision.switchCostSeconds = score.switchCostSeconds
  }

  /// The best of all that may be chosen; the first one when nothing is known of any.
  private func best(_ scores: [Score], own: Int?) -> Int? {
    let allowed = scores.indices.filter { scores[$0].exclusion == nil && $0 != own }
    let known = allowed.filter { scores[$0].value != nil }
    if let best = first(of: known, by: { scores[$0].value ?? 0 }) { return best }
    if let own, scores[own].exclusion == nil { return own }
    return allowed.first
  }

  /// Of the sources that are worth a move, the one that is most above its threshold.
  private func worthwhile(_ scores: [Score], own: Int?) -> Int? {
    let worth = scores.indices.filter { index in
      scores[index].exclusion == nil && index != own && margin(scores[index]) > 0
    }
    return first(of: worth) { margin(scores[$0]) }
  }

  private func nearest(_ scores: [Score], own: Int?) -> Int? {
    let others = scores.indices.filter { scores[$0].exclusion == nil && $0 != own && scores[$0].gain != nil }
    return first(of: others) { margin(scores[$0]) }
  }

  private func margin(_ score: Score) -> Double { score.gain.map { $0 - score.threshold } ?? -.infinity }

  private func first(of indices: [Int], by value: (Int) -> Double) -> Int? {
    var best: (index: Int, value: Double)?
    for index in indices {
      let value = value(index)
      if best.map({ value > $0.value }) ?? true { best = (index, value) }
    }
    return best?.index
  }

  private func reason(_ decision: Decision, chosen: Score, own: Score?) -> String {
    guard let from = decision.from, decision.isMove else {
      return chosen.value == nil
        ? "\(chosen.source): nothing is known of what any source pays" : "\(chosen.source) is expected to earn most"
    }
    guard decision.isForced else {
      return
        "\(chosen.source) is expected to earn \(Words.percent(chosen.gain ?? 0)) more than \(from), which is above "
        + "\(Words.percent(chosen.threshold))"
    }
    let why = own.map { $0.exclusion ?? "nothing is known of what it pays" } ?? "it is gone"
    return "\(from) is left (\(why)); \(chosen.source) is the best of the others"
  }

  private func stayReason(_ decision: Decision, nearest: Score?) -> String {
    let from = decision.from ?? ""
    if decision.isForced, let held = decision.heldBecause {
      return "nothing is known of what \(from) pays, but: \(held)"
    }
    guard let nearest, let gain = nearest.gain else { return "\(from) is the only source that may be chosen" }
    if gain > nearest.threshold, let held = decision.heldBecause {
      return "\(nearest.source) is expected to earn \(Words.percent(gain)) more than \(from), but: \(held)"
    }
    return "no source is expected to earn enough more than \(from): \(nearest.source) \(Words.percent(gain)), and "
      + "\(Words.percent(nearest.threshold)) are asked for"
  }

  private func rejection(_ score: Score, decision: Decision, isCurrent: Bool) -> Rejection {
    if let exclusion = score.exclusion { return .words(exclusion) }
    guard score.value != nil else { return .unknown }
    if isCurrent { return .left }
    if let gain = score.gain, gain <= score.threshold { return .littleGain(gain, threshold: score.threshold) }
    if decision.to == decision.from, let held = decision.heldBecause { return .words(held) }
    return .worse(than: decision.to ?? "")
  }
}

/// How numbers of decisions are said.
enum Words {
  /// Of a logarithm: 0.0953 is `10.0%`.
  static func percent(_ logarithm: Double) -> String {
    let percent = (exp(logarithm) - 1) * 100
    guard percent.isFinite, abs(percent) < 1e9 else { return percent > 0 ? "far more" : "far less" }
    let tenths = Int((percent * 10).rounded())
    return "\(tenths < 0 ? "−" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)%"
  }

  static func number(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "\(value)" }
    let hundredths = Int((value * 100).rounded())
    if hundredths % 100 == 0 { return "\(hundredths / 100)" }
    let digits = abs(hundredths) % 100
    return "\(hundredths < 0 ? "-" : "")\(abs(hundredths) / 100).\(digits < 10 ? "0" : "")\(digits)"
  }
}
