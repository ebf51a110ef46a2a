import Orchestrator
import Stratum
import TestSupport

/// A farm that does what it is told, in simulated time: miners work at their rates, and hashrates are estimates.
struct SimulatedFleet {
  struct Source {
    var name: String
    /// The operator's name for several sources together; `nil` for the source's own.
    var pool: String?
    var kind = SourceSnapshot.Kind.upstream
    var algorithm = Algorithm.sha256d
    /// Since when it is ready; `nil` when it is not.
    var readySince: Double? = 0
    var accepted = 0.0
    /// What part of the work done here is accepted.
    var acceptance = 1.0
    /// It answers every share with no.
    var refuses = false
    var refused = 0.0
    var traits = SourceTraits()
    /// Coins for a hash; `nil` when nothing of it can be valued.
    var coinsPerHash: Double?
    /// `nil` without a price.
    var price: Double? = 1
    var quality = SourceQuality()
  }

  struct Miner {
    var session: UInt64
    var worker: String
    var rate: Double
    var source: String?
    var algorithm = Algorithm.sha256d
    var movedAt = -1000.0
    var followsExtranonce = true
    var traits = MinerTraits()
  }

  var now = 0.0
  var sources: [Source]
  var miners: [Miner]
  var policy: Policy
  var planner = RoutePlanner()
  var random: SeededRandom
  /// Estimates are wrong by up to this part.
  var noise = 0.0
  private(set) var moveCount = 0
  private(set) var plan = RoutingPlan(order: [])
  /// Dwell of every miner that was moved, at its move, and whether its source was still ready.
  private(set) var moves: [(session: UInt64, dwell: Double, wasReady: Bool, to: String)] = []

  init(_ sources: [Source], miners: [Miner], policy: Policy, seed: UInt64 = 1) {
    self.sources = sources
    self.miners = miners
    self.policy = policy
    random = SeededRandom(seed: seed)
  }

  static func rates(_ rates: [Double], on source: String?) -> [Miner] {
    rates.enumerated().map {
      Miner(session: UInt64($0 + 1), worker: "rig\($0 + 1)", rate: $1, source: source)
    }
  }

  mutating func snapshot() -> FleetSnapshot {
    let time = MonotonicTime.zero.advanced(bySeconds: now + 10_000)
    let states = sources.map { source in
      var state = SourceSnapshot(name: source.name, pool: source.pool, kind: source.kind, algorithm: source.algorithm)
      state.isReady = source.readySince != nil
      state.readySeconds = source.readySince.map { now - $0 } ?? 0
      state.acceptedWork = ShareWork(hashes: UInt128(source.accepted))
      state.trouble = source.readySince == nil ? "connection refused" : nil
      state.traits = source.traits
      state.quality = source.quality
      // A share is a hundred hashes.
      state.counters.sourceAccepted = Int(source.accepted / 100)
      state.counters.sourceRejected = Int(source.refused / 100)
      state.counters.forwarded = state.counters.sourceAccepted + state.counters.sourceRejected
      state.counters.toldAccepted = state.counters.sourceAccepted
      if let coins = source.coinsPerHash {
        state.economics = SourceEconomics(
          coin: source.traits.coin ?? "ZION", blockReward: coins * 1e12, hashesPerBlock: 1e12, coinsPerHash: coins,
          currencyPerHash: source.price.map { $0 * coins },
          trouble: source.price == nil ? "the price feed is silent" : nil)
      }
      return state
    }
    let live = miners.map { miner in
      var live = MinerSnapshot(
        session: miner.session, identity: MinerIdentity(account: "farm", worker: miner.worker),
        algorithm: miner.algorithm, userAgent: "test", source: miner.source, difficulty: Difficulty(clamping: 1),
        hashrate: Hashrate(miner.rate * (1 + noise * Double.random(in: -1...1, using: &random))), accepted: 0,
        rejected: 0, connectedSeconds: now + 1000, dwellSeconds: now - miner.movedAt, lastShareSeconds: nil,
        followsExtranonce: miner.followsExtranonce)
      live.traits = miner.traits
      return live
    }
    return FleetSnapshot(at: time, sources: states, miners: live)
  }

  /// One look, its moves carried out, and then `seconds` of work.
  mutating func tick(_ seconds: Double = 1) {
    plan = planner.plan(snapshot(), policy: policy)
    for move in plan.moves {
      guard let index = miners.firstIndex(where: { $0.session == move.session }) else { continue }
      moves.append((move.session, now - miners[index].movedAt, isReady(miners[index].source), move.to))
      miners[index].source = move.to
      miners[index].movedAt = now
      moveCount += 1
    }
    for miner in miners {
      guard let index = sources.firstIndex(where: { $0.name == miner.source }) else { continue }
      guard !sources[index].refuses else {
        sources[index].refused += miner.rate * seconds
        continue
      }
      sources[index].accepted += miner.rate * seconds * sources[index].acceptance
    }
    now += seconds
  }

  /// Looks every second for short times, and every ten seconds for long ones.
  mutating func run(_ seconds: Int) {
    let step = seconds >= 600 ? 10 : 1
    for _ in 0..<seconds / step { tick(Double(step)) }
  }

  mutating func lose(_ name: String) { set(name, readySince: nil) }
  mutating func recover(_ name: String) { set(name, readySince: now) }

  /// Another revenue of one source from the next look on.
  mutating func pay(_ name: String, _ coins: Double?) {
    if let index = sources.firstIndex(where: { $0.name == name }) { sources[index].coinsPerHash = coins }
  }

  private mutating func set(_ name: String, readySince: Double?) {
    if let index = sources.firstIndex(where: { $0.name == name }) { sources[index].readySince = readySince }
  }

  func isReady(_ name: String?) -> Bool { sources.contains { $0.name == name && $0.readySince != nil } }

  func share(_ name: String) -> Double {
    let total = miners.reduce(0) { $0 + $1.rate }
    return total == 0 ? 0 : miners.filter { $0.source == name }.reduce(0) { $0 + $1.rate } / total
  }

  func places() -> [String?] { miners.map(\.source) }
}
