import Stratum

/// Decides who mines where. A value: the same snapshots in the same order always give the same plans.
///
/// Every algorithm is planned by itself, over its own sources only.
public struct RoutePlanner: Sendable {
  public private(set) var pins = OperatorPins()
  private var trust = SourceTrust()
  private var active: [Algorithm: String] = [:]
  private var debts: [Algorithm: WorkDebts] = [:]

  public init() {}

  /// One look at the fleet. Call it every few seconds, and whenever a source is lost.
  public mutating func plan(_ snapshot: FleetSnapshot, policy: Policy) -> RoutingPlan {
    trust.update(snapshot.sources, failbackAfterSeconds: policy.failbackAfterSeconds)
    pins.forget(sessionsExcept: Set(snapshot.miners.map(\.session)))
    var plan = RoutingPlan(order: [])
    for algorithm in Algorithm.allCases {
      let sources = snapshot.sources.filter { $0.algorithm == algorithm }
      guard !sources.isEmpty else { continue }
      let part = self.plan(
        algorithm, at: snapshot.at, ranked: policy.ranked(sources),
        miners: snapshot.miners.filter { $0.algorithm == algorithm }, policy: policy)
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
    _ algorithm: Algorithm, at now: MonotonicTime, ranked: [SourceSnapshot], miners: [MinerSnapshot], policy: Policy
  ) -> RoutingPlan {
    let (free, pinned) = carryOutPins(on: ranked, miners: miners, policy: policy)
    let best = elect(algorithm, ranked)
    var plan = RoutingPlan(order: ranked.map(\.name))
    let shares = policy.mode == .split ? self.shares(of: ranked, policy: policy) : [:]
    if shares.isEmpty {
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

  /// Shares of the work by source; empty when no weighted source can be used.
  private func shares(of ranked: [SourceSnapshot], policy: Policy) -> [String: Double] {
    let weights = ranked.filter { trust.trusts($0) }.compactMap { source in
      policy.weight(of: source).flatMap { $0 > 0 && $0.isFinite ? (source.name, $0) : nil }
    }
    let sum = weights.reduce(0) { $0 + $1.1 }
    return Dictionary(weights.map { ($0.0, $0.1 / sum) }) { first, _ in first }
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

extension [String] {
  mutating func moveToFront(_ element: String?) {
    guard let element, let index = firstIndex(of: element) else { return }
    insert(remove(at: index), at: 0)
  }
}
