import Stratum

/// Decides who mines where. A value: the same snapshots in the same order always give the same plans.
///
/// Every algorithm is planned by itself, over its own sources only.
public struct RoutePlanner: Sendable {
  public private(set) var pins = OperatorPins()
  private var trust = SourceTrust()
  private var active: [Algorithm: String] = [:]
  private var debts: [Algorithm: WorkDebts] = [:]
  private var routers: [Algorithm: RevenueRouter] = [:]
  private var rules = PolicyRules()
  private var probes: [Algorithm: Probes] = [:]
  /// The newest decision of every group, in the modes that decide by revenue.
  public private(set) var decisions: [Decision] = []
  public private(set) var log = DecisionLog()
  /// What schedules and rules made of the policy at the last look.
  public private(set) var verdict = PolicyVerdict(policy: Policy())
  /// What an operator has ordered about deciding itself.
  public var orders = OperatorOrders()

  public init() {}

  /// One look at the fleet. Call it every second, and whenever a source is lost.
  ///
  /// - Parameter wallSeconds: since 1970, for schedules.
  public mutating func plan(_ snapshot: FleetSnapshot, policy: Policy, wallSeconds: Int = 0) -> RoutingPlan {
    verdict = rules.update(snapshot, policy: policy, wallSeconds: wallSeconds)
    let policy = orders.applied(to: verdict.policy)
    // Where revenue decides, what is forbidden is weighed and rejected with its reason; elsewhere it is not there.
    let exclusions = policy.mode.isByRevenue ? verdict.exclusions : [:]
    let snapshot = policy.mode.isByRevenue ? snapshot : verdict.applied(to: snapshot)
    trust.update(snapshot.sources, failbackAfterSeconds: policy.failbackAfterSeconds)
    if !pins.isEmpty { pins.forget(sessionsExcept: Set(snapshot.miners.map(\.session))) }
    // Thousands of miners are not copied for nothing: most farms have one algorithm.
    let first = snapshot.miners.first?.algorithm
    let isAllOfOne = snapshot.miners.indices.allSatisfy { snapshot.miners[$0].algorithm == first }
    var plan = RoutingPlan(order: [])
    decisions = []
    defer { log.look(decisions, at: snapshot.at.seconds(since: .zero)) }
    for algorithm in Algorithm.allCases {
      let sources = snapshot.sources.filter { $0.algorithm == algorithm }
      guard !sources.isEmpty else { continue }
      let part = self.plan(
        algorithm, at: snapshot.at, ranked: policy.ranked(sources),
        miners: isAllOfOne && algorithm == first
          ? snapshot.miners : snapshot.miners.filter { $0.algorithm == algorithm },
        policy: policy, exclusions: exclusions)
      plan.order += part.order
      plan.weights.merge(part.weights) { first, _ in first }
      plan.moves += part.moves
    }
    return plan
  }

  /// Sends everyone, or one worker (`worker` or `ACCOUNT.worker`), to a source at the next plan, whatever the policy
  /// says, and keeps it there until `release`. While that source is not ready, the policy looks after its miners.
  public mutating func force(to name: String, worker: String?, in snapshot: FleetSnapshot) throws(ForceError) {
    let sources = snapshot.sources.filter { $0.isCalled(name) }
    guard let first = sources.first else { throw .unknownSource }
    guard sources.contains(where: \.isReady) else { throw .notReady(first.trouble) }
    if let worker {
      let named = snapshot.miners.filter { $0.identity.user == worker || $0.identity.worker == worker }
      guard let one = named.first else { throw .unknownWorker }
      guard let source = sources.first(where: { source in named.contains { $0.algorithm == source.algorithm } }) else {
        throw .otherAlgorithm(source: first.algorithm, worker: one.algorithm)
      }
      guard source.isReady else { throw .notReady(source.trouble) }
    }
    pins.pin(to: name, worker: worker)
  }

  /// Gives one worker, or everyone, back to the policy.
  public mutating func release(worker: String?) { pins.release(worker: worker) }

  private mutating func plan(
    _ algorithm: Algorithm, at now: MonotonicTime, ranked: [SourceSnapshot], miners: [MinerSnapshot], policy: Policy,
    exclusions: [String: String]
  ) -> RoutingPlan {
    var (free, pinned) = carryOutPins(on: ranked, miners: miners, policy: policy)
    pinned += carryOutPolicyPins(on: ranked, miners: &free, policy: policy)
    let best = elect(algorithm, ranked)
    var plan = RoutingPlan(order: ranked.map(\.name))
    let circumstances = circumstances(ranked, at: now, policy: policy, exclusions: exclusions)
    let shares = shares(algorithm, circumstances)
    if policy.mode.isByGroup {
      debts[algorithm] = nil
      plan = byRevenue(algorithm, free, circumstances)
    } else if shares.isEmpty {
      debts[algorithm] = nil
      plan.order.moveToFront(best)
      plan.moves = failover(to: best, ranked: ranked, miners: free, policy: policy)
    } else {
      var debts = self.debts[algorithm] ?? WorkDebts()
      debts.update(ranked, shares: shares, at: now)
      self.debts[algorithm] = debts
      var split = WorkSplit(ranked, shares: shares, debts: debts, miners: miners, policy: policy)
      plan.moves = split.moves(of: free)
      plan.weights = shares
      plan.order = split.order(plan.order)
    }
    if let to = pins.everyoneTo, let source = ranked.first(where: { $0.isCalled(to) && $0.isReady }) {
      plan.order.moveToFront(source.name)
      plan.weights = [:]
    }
    plan.moves = pinned + plan.moves
    return plan
  }

  /// The source that everyone should mine: the one in use while it is ready, unless a better one is trusted.
  private mutating func elect(_ algorithm: Algorithm, _ ranked: [SourceSnapshot]) -> String? {
    let trusted = ranked.firstIndex { trust.trusts($0) }
    let current = ranked.firstIndex { $0.name == active[algorithm] && $0.isReady }
    let elected =
      if let current, let trusted {
        min(current, trusted)
      } else {
        current ?? trusted ?? ranked.firstIndex(where: \.isReady)
      }
    active[algorithm] = elected.map { ranked[$0].name }
    return active[algorithm]
  }

  /// Shares of the work by source; empty when no source can be used, and in modes that do not divide it.
  private mutating func shares(_ algorithm: Algorithm, _ circumstances: RevenueRouter.Circumstances) -> [String: Double]
  {
    let weights: [String: Double]
    switch circumstances.policy.mode {
    case .split:
      weights = circumstances.ranked.reduce(into: [:]) { weights, source in
        guard trust.trusts(source), circumstances.exclusions[source.name] == nil else { return }
        weights[source.name] = circumstances.policy.weight(of: source)
      }
    case .balanceLoad:
      weights = routers[algorithm, default: RevenueRouter()].balance(algorithm, circumstances, into: &decisions)
    case .geographicDistribution:
      weights = routers[algorithm, default: RevenueRouter()].regions(algorithm, circumstances, into: &decisions)
    case .failover, .optimizeProfit, .maximizeStability, .adaptiveLearning:
      return [:]
    }
    let usable = weights.filter { $0.value > 0 && $0.value.isFinite }
    // In a fixed order: sums of the same numbers are otherwise not the same.
    let sum = usable.sorted { $0.key < $1.key }.reduce(0) { $0 + $1.value }
    return usable.mapValues { $0 / sum }
  }

  /// Every group to its source. Miners of a group that are elsewhere follow when they may move.
  private mutating func byRevenue(
    _ algorithm: Algorithm, _ miners: [MinerSnapshot], _ circumstances: RevenueRouter.Circumstances
  ) -> RoutingPlan {
    var router = routers[algorithm] ?? RevenueRouter()
    let routes = router.route(miners, circumstances)
    routers[algorithm] = router
    decisions += routes.decisions
    for decision in routes.decisions where decision.to != decision.from { log.append(decision) }
    var plan = RoutingPlan(order: circumstances.ranked.map(\.name))
    let votes = Dictionary(routes.sources.values.map { ($0, 1) }, uniquingKeysWith: +)
    plan.order.moveToFront(votes.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key ?? active[algorithm])
    let ready = Set(circumstances.ranked.filter(\.isReady).map(\.name))
    let probes = probe(algorithm, miners, used: Set(routes.sources.values), circumstances)
    // Neighbours are mostly of one group, and then nothing is looked up.
    var group = MinerGroup(algorithm: algorithm)
    var to = routes.sources[group]
    for index in miners.indices {
      if !group.holds(index, of: miners) {
        group = MinerGroup(of: miners[index])
        to = routes.sources[group]
      }
      let place = probes.places.isEmpty ? to : probes.places[miners[index].session] ?? to
      guard let place, miners[index].source != place else { continue }
      let miner = miners[index]
      let isLost = miner.source.map { !ready.contains($0) } ?? true
      let mayMove =
        miner.mayMove(minDwellSeconds: circumstances.policy.minDwellSeconds) || probes.ended.contains(miner.session)
      guard isLost || routes.moved.contains(group) || (mayMove && !circumstances.isPaused) else { continue }
      plan.moves.append(RoutingPlan.Move(session: miner.session, to: place))
    }
    return plan
  }

  private mutating func probe(
    _ algorithm: Algorithm, _ miners: [MinerSnapshot], used: Set<String>, _ circumstances: RevenueRouter.Circumstances
  ) -> Probes {
    var probes = probes[algorithm] ?? Probes()
    let free = circumstances.ranked.filter {
      $0.isReady && !used.contains($0.name) && circumstances.exclusions[$0.name] == nil
    }
    probes.look(
      miners, at: free, share: circumstances.isPaused ? 0 : circumstances.policy.decision.probeShare,
      minDwellSeconds: circumstances.policy.minDwellSeconds, now: circumstances.time)
    self.probes[algorithm] = probes
    return probes
  }

  private func circumstances(
    _ ranked: [SourceSnapshot], at now: MonotonicTime, policy: Policy, exclusions: [String: String]
  ) -> RevenueRouter.Circumstances {
    var exclusions = exclusions
    for source in ranked where source.isReady && !trust.trusts(source) && exclusions[source.name] == nil {
      let seconds = policy.failbackAfterSeconds - source.readySeconds
      exclusions[source.name] = "was lost; trusted again in \(Int(max(0, seconds).rounded(.up))) s"
    }
    let denied = Set(verdict.exclusions.keys).subtracting(verdict.avoided)
    return RevenueRouter.Circumstances(
      policy: policy, exclusions: exclusions, denied: denied, ranked: ranked, time: now.seconds(since: .zero),
      isPaused: orders.isPaused
    )
  }

  private func failover(
    to best: String?, ranked: [SourceSnapshot], miners: [MinerSnapshot], policy: Policy
  ) -> [RoutingPlan.Move] {
    guard let best else { return [] }
    let ready = Set(ranked.filter(\.isReady).map(\.name))
    return miners.filter { miner in
      guard let source = miner.source, ready.contains(source) else { return true }
      return source != best && miner.dwellSeconds >= policy.minDwellSeconds
    }
    .map { RoutingPlan.Move(session: $0.session, to: best) }
  }

  /// The moves that an operator ordered, and the miners that are left to the policy.
  private mutating func carryOutPins(
    on sources: [SourceSnapshot], miners: [MinerSnapshot], policy: Policy
  ) -> (free: [MinerSnapshot], moves: [RoutingPlan.Move]) {
    guard !pins.isEmpty else { return (miners, []) }
    let ready = Set(sources.filter(\.isReady).map(\.name))
    var free: [MinerSnapshot] = []
    var moves: [RoutingPlan.Move] = []
    for miner in miners {
      guard let pinned = pins.target(of: miner.identity),
        let to = sources.first(where: { $0.isCalled(pinned) && $0.isReady })?.name
      else {
        free.append(miner)
        continue
      }
      let isNew = pins.carryOut(miner)
      let isLost = miner.source.map { !ready.contains($0) } ?? true
      guard miner.source != to, isNew || isLost || miner.dwellSeconds >= policy.minDwellSeconds else { continue }
      moves.append(RoutingPlan.Move(session: miner.session, to: to))
    }
    return (free, moves)
  }
}

extension RoutePlanner {
  /// Miners whom the policy gives a place of their own leave `miners`, while a source of that place can take them.
  private func carryOutPolicyPins(
    on sources: [SourceSnapshot], miners: inout [MinerSnapshot], policy: Policy
  ) -> [RoutingPlan.Move] {
    guard !policy.pins.isEmpty else { return [] }
    let ready = sources.filter { $0.isReady && verdict.exclusions[$0.name] == nil }
    var moves: [RoutingPlan.Move] = []
    miners.removeAll { miner in
      guard let place = policy.pin(of: miner) else { return false }
      let places = ready.filter { place.matches($0) }
      guard let first = places.first else { return false }
      guard !places.contains(where: { $0.name == miner.source }) else { return true }
      let isLost = !sources.contains { $0.name == miner.source && $0.isReady }
      if isLost || miner.mayMove(minDwellSeconds: policy.minDwellSeconds) {
        moves.append(RoutingPlan.Move(session: miner.session, to: first.name))
      }
      return true
    }
    return moves
  }
}

extension MinerSnapshot {
  /// Who was never moved since it connected need not wait.
  fileprivate func mayMove(minDwellSeconds: Double) -> Bool {
    dwellSeconds >= connectedSeconds || dwellSeconds >= minDwellSeconds
  }
}

extension [String] {
  mutating func moveToFront(_ element: String?) {
    guard let element, let index = firstIndex(of: element) else { return }
    insert(remove(at: index), at: 0)
  }
}
