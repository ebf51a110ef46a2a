import Stratum

/// Routes the miners of one algorithm by revenue: decides for each group, sees whether a move took, and takes it back
/// when not.
///
/// A value: the same looks at the same fleet in the same order decide the same.
struct RevenueRouter: Sendable {
  private var decider = Decider()
  private var learning: Learning?
  private var groups: [MinerGroup: State] = [:]
  private var stays = GroupStays()
  private var backoff = SourceBackoff()
  private var basis: RevenueBasis?

  /// In the mode `adaptive_learning`.
  private struct Learning: Sendable {
    let shadows: [AdaptiveLearner.Shadow]
    var learner: AdaptiveLearner
  }

  private struct State {
    var source: String?
    /// When it came there, or when it was first seen there.
    var since: Double
    var movedAt: Double?
    var confirmation: MoveConfirmation?
  }

  /// One look: what a plan needs, and the decisions behind it.
  struct Routes {
    /// Where each group should be; a group is missing when there is nowhere to go.
    var sources: [MinerGroup: String] = [:]
    /// One of each group, whether it moves or stays.
    var decisions: [Decision] = []
    /// Groups that were sent elsewhere by this look.
    var moved: Set<MinerGroup> = []
  }

  /// What a look needs besides the fleet.
  struct Circumstances {
    var policy: Policy
    /// Why a source may not be used now, in words: by the policy's lists and rules, or because it is not trusted.
    var exclusions: [String: String] = [:]
    /// Those of them that the operator denies: they are not used even in an emergency.
    var denied: Set<String> = []
    /// Sources in the policy's order, for when revenue says nothing.
    var ranked: [SourceSnapshot]
    /// Seconds on any clock that only goes forward.
    var time: Double
    /// Nothing is moved but what has lost its source.
    var isPaused = false
  }

  mutating func route(_ miners: [MinerSnapshot], _ circumstances: Circumstances) -> Routes {
    let sources = circumstances.ranked
    prepareLearning(circumstances.policy)
    observe(sources, at: circumstances.time)
    let tallies = GroupTally.of(miners)
    groups = groups.filter { entry in tallies.contains { $0.group == entry.key } }
    let offers = offers(circumstances)
    var routes = Routes()
    for tally in tallies.sorted(by: { $0.group < $1.group }) {
      adopt(tally.group, miners, sources, at: circumstances.time)
      settle(tally.group, sources, at: circumstances.time)
      decide(tally, offers, circumstances, into: &routes)
    }
    return routes
  }

  /// A decision of no particular miners, for modes that divide the work: remembered, and not confirmed by shares.
  mutating func elect(_ group: MinerGroup, _ circumstances: Circumstances) -> Decision {
    let decision = decision(of: group, bonus: 0, offers(circumstances), circumstances)
    if let to = decision.to, to != groups[group]?.source { move(group, to: to, circumstances) }
    return decision
  }

  // MARK: Parts

  mutating func observe(_ sources: [SourceSnapshot], at now: Double) {
    let basis = RevenueBasis(of: sources)
    if basis != self.basis {
      // Another unit: what was learned in the old one says nothing in the new one.
      decider = Decider()
      if let learning { self.learning?.learner = AdaptiveLearner(learning.shadows) }
      self.basis = basis
    }
    for source in sources {
      guard let revenue = basis?.gross(source) else { continue }
      decider.observe(source.name, revenue: revenue, at: now)
      learning?.learner.observe(source.name, revenue: revenue, at: now)
    }
  }

  /// Policies that compete are followed from the first look in that mode on; others begin anew.
  private mutating func prepareLearning(_ policy: Policy) {
    guard policy.mode == .adaptiveLearning else {
      learning = nil
      return
    }
    let shadows =
      policy.candidates.isEmpty
      ? AdaptiveLearner.standard(policy.decision)
      : policy.competitors.map { competitor in
        var options = competitor.decision
        options.minimumDwellSeconds = competitor.minDwellSeconds
        return AdaptiveLearner.Shadow(name: competitor.name, options: options)
      }
    guard learning?.shadows != shadows else { return }
    learning = Learning(shadows: shadows, learner: AdaptiveLearner(shadows))
  }

  /// A group that is new to us is where most of its work is.
  private mutating func adopt(
    _ group: MinerGroup, _ miners: [MinerSnapshot], _ sources: [SourceSnapshot], at now: Double
  ) {
    guard groups[group] == nil else { return }
    var work: [String: Double] = [:]
    for index in miners.indices where group.holds(index, of: miners) {
      guard let source = miners[index].source else { continue }
      work[source, default: 0] += 1 + miners[index].hashrate.hashesPerSecond
    }
    let known = work.filter { entry in sources.contains { $0.name == entry.key } }
    groups[group] = State(source: known.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key, since: now)
  }

  /// What it leaves behind in a PPLNS window pays on, and is remembered as long.
  private mutating func move(
    _ group: MinerGroup, to source: String, confirmation: MoveConfirmation? = nil, _ circumstances: Circumstances
  ) {
    if let state = groups[group], let left = state.source,
      circumstances.ranked.contains(where: { $0.name == left && $0.traits.windowSeconds != nil })
    {
      stays.left(left, by: group, since: state.since, at: circumstances.time)
    }
    groups[group] = State(
      source: source, since: circumstances.time, movedAt: circumstances.time, confirmation: confirmation)
  }

  /// Whether the last move took. A source that did not confirm it is left alone for a while, and so left.
  private mutating func settle(_ group: MinerGroup, _ sources: [SourceSnapshot], at now: Double) {
    guard let confirmation = groups[group]?.confirmation else { return }
    switch confirmation.outcome(sources.first { $0.name == confirmation.to }, at: now) {
    case .pending: return
    case .confirmed: backoff.succeeded(confirmation.to)
    case .failed(let why): backoff.failed(confirmation.to, because: why, at: now)
    }
    groups[group]?.confirmation = nil
  }

  private mutating func decide(
    _ tally: GroupTally, _ offers: [SourceCandidate], _ circumstances: Circumstances, into routes: inout Routes
  ) {
    let group = tally.group
    let current = groups[group]?.source
    let isLost = !circumstances.ranked.contains { $0.name == current && $0.isReady }
    var decision = decision(of: group, bonus: tally.meanBonus, offers, circumstances)
    if isLost, decision.to == nil {
      decision.escape(to: refuge(circumstances), losing: current)
    } else if circumstances.isPaused, !isLost {
      decision.stay(at: current, because: "paused by an operator")
    } else if decision.to == nil {
      decision.stay(at: current, because: "no other source may be chosen")
    } else if let own = decision.scores.first(where: { $0.source == current }), own.exclusion == nil, own.value == nil {
      // Bad data moves nobody.
      decision.stay(at: current, because: "what \(own.source) pays is not known")
    }
    routes.decisions.append(decision)
    guard let to = decision.to else { return }
    routes.sources[group] = to
    guard to != current, let source = circumstances.ranked.first(where: { $0.name == to }) else { return }
    move(
      group, to: to, confirmation: MoveConfirmation(from: current, to: source, at: circumstances.time), circumstances)
    routes.moved.insert(group)
  }

  private mutating func decision(
    of group: MinerGroup, bonus: Double, _ offers: [SourceCandidate], _ circumstances: Circumstances
  ) -> Decision {
    let policy = circumstances.policy
    var options = policy.decision
    options.minimumDwellSeconds = policy.minDwellSeconds
    let state = groups[group]
    let candidates = offers.map { offer in
      offer.candidate(
        for: group, expectedBonus: bonus,
        exclusion: exclusion(from: offer, isCurrent: offer.name == state?.source, at: circumstances.time),
        ramp: stays.ramp(of: group, at: offer.name, windowSeconds: offer.windowSeconds, now: circumstances.time))
    }
    let sinceMove = state?.movedAt.map { circumstances.time - $0 } ?? .infinity
    let learned = learning?.learner.decide(
      group: group.name, current: state?.source, candidates: candidates, at: circumstances.time,
      secondsSinceMove: sinceMove, policy: policy.name)
    return learned
      ?? decider.decide(
        group: group.name, current: state?.source, candidates: candidates, at: circumstances.time,
        secondsSinceMove: sinceMove, options: options, policy: policy.name)
  }

  private func offers(_ circumstances: Circumstances) -> [SourceCandidate] {
    circumstances.ranked.map { source in
      let revenue = basis?.gross(source)
      return SourceCandidate(
        source: source, options: circumstances.policy.decision, revenue: revenue,
        exclusion: source.isReady ? circumstances.exclusions[source.name] : source.trouble ?? "not ready",
        doubt: doubt(about: source, revenue: revenue, circumstances),
        favoursStability: circumstances.policy.mode == .maximizeStability)
    }
  }

  private func exclusion(from offer: SourceCandidate, isCurrent: Bool, at now: Double) -> String? {
    offer.exclusion ?? backoff.exclusion(offer.name, at: now) ?? (isCurrent ? nil : offer.doubt)
  }

  /// Where we are, missing figures are no reason to leave; elsewhere they are one not to go.
  private func doubt(about source: SourceSnapshot, revenue: Double?, _ circumstances: Circumstances) -> String? {
    guard let economics = source.economics else { return "no job of it could be valued yet" }
    if revenue == nil { return economics.trouble ?? "its coin has no price" }
    if economics.confidence < circumstances.policy.decision.minimumConfidence {
      return "confidence \(Words.number(economics.confidence)) is below "
        + "\(Words.number(circumstances.policy.decision.minimumConfidence))"
    }
    return nil
  }

  /// Where work goes when revenue names nothing: the first ready source that nothing forbids, else the local pool,
  /// else whatever is ready. What the operator denies is none of them.
  private func refuge(_ circumstances: Circumstances) -> String? {
    let ready = circumstances.ranked.filter { $0.isReady && !circumstances.denied.contains($0.name) }
    let allowed = ready.first { circumstances.exclusions[$0.name] == nil }
    return (allowed ?? ready.first { $0.kind == .local } ?? ready.first)?.name
  }
}

/// In what all sources of an algorithm can be compared.
enum RevenueBasis: Equatable, Sendable {
  /// The currency of the prices.
  case currency
  /// One coin, which all of them pay.
  case coin(String)

  /// `nil` when nothing compares them.
  init?(of sources: [SourceSnapshot]) {
    let valued = sources.compactMap(\.economics)
    if valued.contains(where: { $0.currencyPerHash != nil }) {
      self = .currency
      return
    }
    let coins = Set(valued.map { $0.coin ?? "" })
    guard coins.count == 1, let coin = coins.first else { return nil }
    self = .coin(coin)
  }

  /// Revenue of a hash before any term; `nil` when it is not known, not finite, or not above 0.
  func gross(_ source: SourceSnapshot) -> Double? {
    guard let economics = source.economics, economics.hashesPerBlock > 0, economics.blockReward > 0,
      economics.coinsPerHash > 0
    else { return nil }
    let coins = economics.blockReward / economics.hashesPerBlock
    let gross: Double? =
      switch self {
      case .coin: coins
      case .currency: economics.currencyPerHash.map { coins * ($0 / economics.coinsPerHash) }
      }
    return gross.flatMap { $0.isFinite && $0 > 0 ? $0 : nil }
  }
}
