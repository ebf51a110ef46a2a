import Stratum

/// What each source is owed of the work that was really accepted, forgetting over ten minutes.
///
/// Hashrates are estimates; accepted work is what is paid. The debt corrects what the estimates get wrong.
struct WorkDebts: Sendable {
  static let memorySeconds = 600.0

  private var at: MonotonicTime?
  private var seen: [String: ShareWork] = [:]
  private var hashes: [String: Double] = [:]

  mutating func update(_ sources: [SourceSnapshot], shares: [String: Double], at now: MonotonicTime) {
    let elapsed = at.map { now.seconds(since: $0) } ?? 0
    let kept = max(0, 1 - elapsed / Self.memorySeconds)
    var done: [String: Double] = [:]
    for source in sources where shares[source.name] != nil {
      let before = seen[source.name] ?? source.acceptedWork
      done[source.name] = max(0, source.acceptedWork.approximate - before.approximate)
      seen[source.name] = source.acceptedWork
    }
    let total = done.values.reduce(0, +)
    hashes = shares.reduce(into: [:]) { result, share in
      result[share.key] = (hashes[share.key] ?? 0) * kept + share.value * total - (done[share.key] ?? 0)
    }
    at = now
  }

  /// Hashes per second that a source should get above its share until its debt is paid.
  func rate(_ source: String) -> Double { (hashes[source] ?? 0) / Self.memorySeconds }
}

/// One algorithm's miners against the shares of the work that its sources should get.
struct WorkSplit {
  /// A move must make things better by this much: the way back then needs estimates that are wrong by more than half.
  static let margin = 0.7
  /// At most this part of the miners moves in one plan, and at least one.
  static let movedPerPlan = 0.05

  private let ready: Set<String>
  private let local: Set<String>
  private let policy: Policy
  private let unknownRate: Double
  private let total: Double
  /// What each source lacks (above zero) or has too much of, in hashes per second.
  private var lacks: [String: Double]
  private let shares: [String: Double]

  /// - Parameter miners: all miners of the algorithm, the pinned ones too: their work counts where they are.
  init(
    _ sources: [SourceSnapshot], shares: [String: Double], debts: WorkDebts, miners: [MinerSnapshot], policy: Policy
  ) {
    self.policy = policy
    self.shares = shares
    ready = Set(sources.filter(\.isReady).map(\.name))
    local = Set(sources.filter { $0.kind == .local }.map(\.name))
    // A miner that has not sent enough shares yet counts as an average one.
    let known = miners.map(\.hashrate.hashesPerSecond).filter { $0 > 0 }
    let mean = known.isEmpty ? 1 : known.reduce(0, +) / Double(known.count)
    unknownRate = mean
    let total = miners.reduce(0) { $0 + Self.rate($1, unknown: mean) }
    self.total = total
    // More than the deadband, or a debt alone would never move anyone; not much more, or few miners would take turns.
    let correction = 2 * policy.deadband * total
    lacks = Dictionary(sources.map { ($0.name, 0) }) { first, _ in first }
    for (name, share) in shares { lacks[name] = share * total + max(-correction, min(correction, debts.rate(name))) }
    for miner in miners {
      guard let source = miner.source else { continue }
      lacks[source, default: 0] -= Self.rate(miner, unknown: mean)
    }
  }

  private static func rate(_ miner: MinerSnapshot, unknown: Double) -> Double {
    miner.hashrate.hashesPerSecond > 0 ? miner.hashrate.hashesPerSecond : unknown
  }

  /// Miners without a working source all move now; of the others a few, until every share is within the deadband.
  mutating func moves(of miners: [MinerSnapshot]) -> [RoutingPlan.Move] {
    var moves: [RoutingPlan.Move] = []
    var movable: [String: MovableMiners] = [:]
    for miner in miners {
      let rate = Self.rate(miner, unknown: unknownRate)
      if let source = miner.source, ready.contains(source) {
        guard miner.dwellSeconds >= policy.minDwellSeconds else { continue }
        movable[source, default: MovableMiners()].add(miner.session, rate: rate, follows: miner.followsExtranonce)
      } else if let to = neediest().first {
        if let source = miner.source { lacks[source, default: 0] += rate }
        lacks[to, default: 0] -= rate
        moves.append(RoutingPlan.Move(session: miner.session, to: to))
      }
    }
    for source in movable.keys { movable[source]?.sort() }
    let limit = max(1, Int((Double(miners.count) * Self.movedPerPlan).rounded(.up)))
    for _ in 0..<limit {
      guard let move = bestMove(of: &movable) else { break }
      moves.append(move)
    }
    return moves
  }

  /// Weighted sources first, the one that lacks most at the front; then the others as they were ranked.
  func order(_ ranked: [String]) -> [String] {
    let first = neediest()
    return first + ranked.filter { !first.contains($0) }
  }

  private func neediest() -> [String] {
    shares.keys.sorted { a, b in
      let (first, second) = (lacks[a] ?? 0, lacks[b] ?? 0)
      return first == second ? a < b : first > second
    }
  }

  /// The next move, taken out of `movable` and booked; `nil` when no move makes the split better.
  private mutating func bestMove(of movable: inout [String: MovableMiners]) -> RoutingPlan.Move? {
    let slack = policy.deadband * total
    let fullest = lacks.filter { $0.value < 0 }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    for to in neediest() {
      guard let lack = lacks[to], lack > 0 else { break }
      for (from, surplus) in fullest where from != to && max(lack, -surplus) > slack {
        let gap = lack - surplus
        // The local pool adopts the extranonce that a miner has: nobody reconnects to get there.
        guard
          let miner = movable[from]?.take(
            closestTo: gap / 2, below: Self.margin * gap, prefersFollowers: !local.contains(to))
        else { continue }
        lacks[from, default: 0] += miner.rate
        lacks[to, default: 0] -= miner.rate
        return RoutingPlan.Move(session: miner.session, to: to)
      }
    }
    return nil
  }
}
