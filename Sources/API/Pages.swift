import Orchestrator
import Stratum

/// `/api/health`.
struct Health: Encodable {
  /// Miners that connect now will find work, and no part has failed.
  let healthy: Bool
  let parts: [PartHealth]

  /// One source that is ready is enough, for each algorithm that has sources.
  init(of snapshot: FleetSnapshot, parts others: [PartHealth]) {
    let sources = snapshot.sources.map { source in
      PartHealth(
        name: source.name, healthy: source.isReady,
        reason: source.isReady ? nil : source.trouble ?? "not connected yet, or without a job")
    }
    let served = Dictionary(grouping: snapshot.sources, by: \.algorithm)
    let hasWork = !served.isEmpty && served.values.allSatisfy { $0.contains(where: \.isReady) }
    healthy = hasWork && others.allSatisfy(\.healthy)
    parts = sources + others
  }
}

/// `/api/stats`.
struct Stats: Encodable {
  struct Shares: Encodable {
    /// What miners were told.
    var accepted = 0
    var rejected = 0
    var rejectedByReason: [String: Int] = [:]
  }

  struct Line: Encodable {
    var miners = 0
    /// Hashes per second.
    var hashrate = 0.0
    var hashrateText = Hashrate.zero.description
  }

  struct Blocks: Encodable {
    let found: Int
    let latest: [BlockReport]
  }

  let about: About
  let uptimeSeconds: Double
  let miners: Int
  let hashrate: Double
  let hashrateText: String
  let shares: Shares
  let blocks: Blocks
  let algorithms: [String: Line]

  init(of snapshot: FleetSnapshot, about: About, uptimeSeconds: Double, blocks: [BlockReport]) {
    self.about = about
    self.uptimeSeconds = uptimeSeconds
    miners = snapshot.miners.count
    let total = snapshot.sources.reduce(Hashrate.zero) { $0 + $1.hashrate }
    hashrate = total.hashesPerSecond
    hashrateText = total.description
    var shares = Shares()
    var lines: [String: Line] = [:]
    for source in snapshot.sources {
      shares.accepted += source.counters.toldAccepted
      shares.rejected += source.counters.toldRejected.values.reduce(0, +)
      shares.rejectedByReason.merge(source.counters.toldRejected) { $0 + $1 }
      lines[source.algorithm.rawValue, default: Line()].hashrate += source.hashrate.hashesPerSecond
    }
    for miner in snapshot.miners { lines[miner.algorithm.rawValue, default: Line()].miners += 1 }
    self.shares = shares
    self.blocks = Blocks(found: snapshot.sources.reduce(0) { $0 + $1.counters.blocks }, latest: blocks)
    algorithms = lines.mapValues { line in
      var line = line
      line.hashrateText = Hashrate(line.hashrate).description
      return line
    }
  }
}

/// `/api/pools`.
struct Pools: Encodable {
  struct Pool: Encodable {
    let name: String
    let kind: SourceSnapshot.Kind
    let algorithm: Algorithm
    let state: String
    let readySeconds: Double
    let trouble: String?
    let miners: Int
    let connections: Int
    let hashrate: Double
    let hashrateText: String
    /// What miners were told.
    let told: Told
    /// What the pool answered.
    let answered: Answered
    /// Accepted by the pool ÷ answered by it; `alarm` below 0.98.
    let agreement: Double?
    let alarm: Bool
    /// Exact hashes of accepted work, decimal.
    let acceptedWork: String
    let blocks: Int
    let replyMillisecondsP50: Double?
    let replyMillisecondsP99: Double?
    let jobAgeSeconds: Double?
  }

  struct Told: Encodable {
    let accepted: Int
    let rejected: [String: Int]
  }

  struct Answered: Encodable {
    let forwarded: Int
    let accepted: Int
    let rejected: Int
    let unknown: Int
  }

  let pools: [Pool]

  init(of snapshot: FleetSnapshot) {
    let miners = Dictionary(grouping: snapshot.miners, by: \.source).mapValues(\.count)
    pools = snapshot.sources.map { source in
      let counters = source.counters
      return Pool(
        name: source.name, kind: source.kind, algorithm: source.algorithm,
        state: source.isReady ? "ready" : "not ready",
        readySeconds: source.readySeconds, trouble: source.trouble, miners: miners[source.name] ?? 0,
        connections: source.connections, hashrate: source.hashrate.hashesPerSecond,
        hashrateText: source.hashrate.description,
        told: Told(accepted: counters.toldAccepted, rejected: counters.toldRejected),
        answered: Answered(
          forwarded: counters.forwarded, accepted: counters.sourceAccepted, rejected: counters.sourceRejected,
          unknown: counters.unknown),
        agreement: counters.agreement, alarm: counters.isAlarming,
        acceptedWork: String(source.acceptedWork.hashes), blocks: counters.blocks,
        replyMillisecondsP50: source.replyMillisecondsP50, replyMillisecondsP99: source.replyMillisecondsP99,
        jobAgeSeconds: source.jobAgeSeconds)
    }
  }
}

/// `/api/miner/{address}`: what is stored, and who is connected now.
struct MinerPage: Encodable {
  struct Worker: Encodable {
    let worker: String
    let work: String
    let shares: Int
    let lastShare: Int64?
  }

  struct Session: Encodable {
    let worker: String
    let algorithm: Algorithm
    let pool: String?
    let difficulty: Double
    let hashrate: Double
    let hashrateText: String
    let accepted: Int
    let rejected: Int
    let connectedSeconds: Double
    let lastShareSeconds: Double?
    let userAgent: String
  }

  let address: String
  /// Exact hashes of all accepted work, decimal.
  let work: String
  let shares: Int
  let hashrate: Double
  let hashrateText: String
  let workers: [Worker]
  let sessions: [Session]
  let blocks: [BlockReport]

  init(account: String, stored: MinerReport?, sessions live: [MinerSnapshot]) {
    address = account
    work = String((stored?.work ?? .zero).hashes)
    shares = stored?.shares ?? 0
    let total = live.reduce(Hashrate.zero) { $0 + $1.hashrate }
    hashrate = total.hashesPerSecond
    hashrateText = total.description
    workers = (stored?.workers ?? []).map {
      Worker(worker: $0.worker, work: String($0.work.hashes), shares: $0.shares, lastShare: $0.lastShare)
    }
    sessions = live.map { miner in
      Session(
        worker: miner.identity.worker, algorithm: miner.algorithm, pool: miner.source,
        difficulty: miner.difficulty.value, hashrate: miner.hashrate.hashesPerSecond,
        hashrateText: miner.hashrate.description, accepted: miner.accepted, rejected: miner.rejected,
        connectedSeconds: miner.connectedSeconds, lastShareSeconds: miner.lastShareSeconds, userAgent: miner.userAgent)
    }
    blocks = stored?.blocks ?? []
  }
}
