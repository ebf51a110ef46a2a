import Stratum

/// How a source looks to the decisions of one moment: its revenue, what changes it, its risk. Worked out once for all
/// groups; only what a level is promised makes them differ.
struct SourceCandidate {
  let name: String
  /// Before any term; `nil` when it is not known.
  let revenue: Double?
  let risk: Double
  /// Why nobody may be there; `nil` when they may.
  let exclusion: String?
  /// Why nobody may go there; who is there need not leave for it.
  let doubt: String?
  /// Of its PPLNS window; `nil`: it has none.
  let windowSeconds: Double?
  private let isLocal: Bool
  private let consciousnessWeight: Double
  private let switchCostSeconds: Double?
  private let common: [RevenueTerm]
  private let termsDoubt: Double
  private let stability: RevenueTerm?

  init(
    source: SourceSnapshot, options: DecisionOptions, revenue: Double? = nil, exclusion: String? = nil,
    doubt: String? = nil, favoursStability: Bool = false
  ) {
    name = source.name
    windowSeconds = source.traits.windowSeconds
    isLocal = source.kind == .local
    self.revenue = revenue
    self.exclusion = exclusion
    self.doubt = doubt
    consciousnessWeight = options.consciousnessWeight
    switchCostSeconds = source.quality.switchCostSeconds
    let risk = Self.risk(source.quality)
    self.risk = risk
    common = Self.terms(of: source)
    termsDoubt = source.quality.ratioDeviation / max(0.05, 1 - Self.lostShares(source.quality))
    stability = favoursStability ? RevenueTerm("stability", Self.stability(risk)) : nil
  }

  func candidate(
    for group: MinerGroup, expectedBonus: Double, exclusion: String?, ramp: PayoutRamp?
  ) -> Candidate {
    Candidate(
      source: name, revenue: revenue, terms: terms(for: group, expectedBonus: expectedBonus), doubt: termsDoubt,
      risk: risk, exclusion: exclusion, switchCostSeconds: switchCostSeconds, ramp: ramp)
  }

  /// Each part of it by name: the product of all and the gross revenue is what a hash is worth there.
  func terms(for group: MinerGroup, expectedBonus: Double) -> [RevenueTerm] {
    var terms = common
    if isLocal, expectedBonus > 0, consciousnessWeight > 0 {
      let weighted = expectedBonus * consciousnessWeight
      terms.append(RevenueTerm("consciousness level \(group.level)", 1 + weighted))
    }
    if let stability { terms.append(stability) }
    return terms
  }

  private static func terms(of source: SourceSnapshot) -> [RevenueTerm] {
    let quality = source.quality
    var terms: [RevenueTerm] = []
    if let economics = source.economics {
      let gross = economics.blockReward / economics.hashesPerBlock
      terms.append(RevenueTerm("fee and extras", economics.coinsPerHash / gross))
    }
    if let ratio = quality.rejectRatio { terms.append(RevenueTerm("rejects", 1 - ratio)) }
    if let ratio = quality.staleRatio { terms.append(RevenueTerm("stales", 1 - ratio)) }
    // While a new block is not announced yet, and while a share is on its way, work is done for nothing.
    let interval = source.economics?.blockIntervalSeconds ?? usualBlockSeconds
    if let late = quality.latenessSeconds, late > 0 {
      terms.append(RevenueTerm("late blocks", max(0, 1 - late / interval)))
    }
    if let reply = quality.replyMillisecondsP50 {
      terms.append(RevenueTerm("latency", max(0, 1 - reply / 2000 / interval)))
    }
    if let ratio = quality.creditRatio { terms.append(RevenueTerm("credited work", min(1, ratio))) }
    return terms
  }

  /// Bitcoin's.
  static let usualBlockSeconds = 600.0

  /// 0 to 1: lost connections (six an hour are 0.4), slow replies (half a second is 0.2), rejected and stale shares
  /// (a fifth is 0.4). Parts and sum are capped.
  private static func risk(_ quality: SourceQuality) -> Double {
    min(
      1,
      0.4 * min(1, quality.disconnectsPerHour / 6) + 0.2 * min(1, (quality.replyMillisecondsP50 ?? 0) / 500)
        + 0.4 * min(1, lostShares(quality) * 5))
  }

  /// Expected part of the shares that it does not pay for, 0 to 1.
  private static func lostShares(_ quality: SourceQuality) -> Double {
    min(1, (quality.rejectRatio ?? 0) + (quality.staleRatio ?? 0))
  }

  /// A risk of 0.1 weighs like a revenue of less than half: among sources that are as safe, revenue decides.
  static func stability(_ risk: Double) -> Double {
    let safety = 1 - risk
    let fourth = safety * safety * safety * safety
    return max(1e-6, fourth * fourth)
  }
}
