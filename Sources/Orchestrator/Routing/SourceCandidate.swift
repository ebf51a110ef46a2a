import Stratum

/// How a source looks to a decision for one group of miners: its revenue, what changes it, its risk.
struct SourceCandidate {
  let source: SourceSnapshot
  let group: MinerGroup
  let expectedBonus: Double
  let options: DecisionOptions

  /// Each part of it by name: the product of all and the gross revenue is what a hash is worth there.
  var terms: [RevenueTerm] {
    let quality = source.quality
    var terms: [RevenueTerm] = []
    if let economics = source.economics {
      let gross = economics.blockReward / economics.hashesPerBlock
      terms.append(RevenueTerm("fee and extras", economics.coinsPerHash / gross))
    }
    if let ratio = quality.rejectRatio { terms.append(RevenueTerm("rejects", 1 - ratio)) }
    if let ratio = quality.staleRatio { terms.append(RevenueTerm("stales", 1 - ratio)) }
    // While a new block is not announced yet, and while a share is on its way, work is done for nothing.
    let interval = source.economics?.blockIntervalSeconds ?? Self.usualBlockSeconds
    if let late = quality.latenessSeconds, late > 0 {
      terms.append(RevenueTerm("late blocks", max(0, 1 - late / interval)))
    }
    if let reply = quality.replyMillisecondsP50 {
      terms.append(RevenueTerm("latency", max(0, 1 - reply / 2000 / interval)))
    }
    if let ratio = quality.creditRatio { terms.append(RevenueTerm("credited work", min(1, ratio))) }
    if source.kind == .local, expectedBonus > 0, options.consciousnessWeight > 0 {
      let weighted = expectedBonus * options.consciousnessWeight
      terms.append(RevenueTerm("consciousness level \(group.level)", 1 + weighted))
    }
    return terms
  }

  /// Bitcoin's.
  static let usualBlockSeconds = 600.0

  /// 0 to 1: lost connections (six an hour are 0.4), slow replies (half a second is 0.2), rejected and stale shares
  /// (a fifth is 0.4). Parts and sum are capped.
  var risk: Double {
    let quality = source.quality
    let bad = (quality.rejectRatio ?? 0) + (quality.staleRatio ?? 0)
    let parts = [
      0.4 * min(1, quality.disconnectsPerHour / 6), 0.2 * min(1, (quality.replyMillisecondsP50 ?? 0) / 500),
      0.4 * min(1, bad * 5),
    ]
    return min(1, parts.reduce(0, +))
  }

  func candidate(
    revenue: Double?, exclusion: String?, favoursStability: Bool
  ) -> Candidate {
    var terms = terms
    if favoursStability { terms.append(RevenueTerm("stability", Self.stability(risk))) }
    return Candidate(
      source: source.name, revenue: revenue, terms: terms, risk: risk, exclusion: exclusion,
      switchCostSeconds: source.quality.switchCostSeconds)
  }

  /// A risk of 0.1 weighs like a revenue of less than half: among sources that are as safe, revenue decides.
  static func stability(_ risk: Double) -> Double {
    let safety = 1 - risk
    let fourth = safety * safety * safety * safety
    return max(1e-6, fourth * fourth)
  }
}
