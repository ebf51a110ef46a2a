import Orchestrator
import Stratum

/// `/api/health`.
public struct HealthPage: Codable, Sendable {
  /// Miners that connect now will find work, and no part has failed.
  public let healthy: Bool
  public let parts: [PartHealth]

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
public struct StatsPage: Codable, Sendable {
  public struct Shares: Codable, Sendable {
    /// What miners were told.
    public var accepted = 0
    public var rejected = 0
    public var rejectedByReason: [String: Int] = [:]
  }

  public struct Line: Codable, Sendable {
    public var miners = 0
    /// Hashes per second.
    public var hashrate = 0.0
    public var hashrateText = Hashrate.zero.description
  }

  public struct Blocks: Codable, Sendable {
    public let found: Int
    public let latest: [BlockReport]
  }

  public let about: About
  public let uptimeSeconds: Double
  public let miners: Int
  public let hashrate: Double
  public let hashrateText: String
  public let shares: Shares
  public let blocks: Blocks
  public let algorithms: [String: Line]

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
public struct PoolsPage: Codable, Sendable {
  public struct Pool: Codable, Sendable {
    public let name: String
    public let kind: SourceSnapshot.Kind
    public let algorithm: Algorithm
    public let state: String
    public let readySeconds: Double
    public let trouble: String?
    public let miners: Int
    public let connections: Int
    public let hashrate: Double
    public let hashrateText: String
    /// What miners were told.
    public let told: Told
    /// What the pool answered.
    public let answered: Answered
    /// Accepted by the pool ÷ answered by it; `alarm` below 0.98.
    public let agreement: Double?
    public let alarm: Bool
    /// Exact hashes of accepted work, decimal.
    public let acceptedWork: String
    public let blocks: Int
    public let replyMillisecondsP50: Double?
    public let replyMillisecondsP99: Double?
    public let jobAgeSeconds: Double?
  }

  public struct Told: Codable, Sendable {
    public let accepted: Int
    public let rejected: [String: Int]
  }

  public struct Answered: Codable, Sendable {
    public let forwarded: Int
    public let accepted: Int
    public let rejected: Int
    public let unknown: Int
  }

  public let pools: [Pool]

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
