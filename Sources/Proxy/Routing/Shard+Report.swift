import NIOCore
import Orchestrator
import Stratum

/// One shard's part of a `FleetSnapshot`.
struct ShardReport: Sendable {
  var miners: [MinerSnapshot] = []
  var sources: [SourcePart] = []
  var connections = ConnectionCounts()
  var shareSeconds = CumulativeHistogram.shareSeconds

  struct SourcePart: Sendable {
    var name: String
    var pool: String
    var isReady: Bool
    var readySeconds: Double
    var counters: ShareCounters
    var report: SourceReport
    var latency: SourceLatency?
    var kind: SourceSnapshot.Kind
    var algorithm: Algorithm
  }
}

extension Shard {
  func report() -> ShardReport {
    let now = now()
    var report = ShardReport()
    report.connections = connectionCounts
    report.shareSeconds = shareSeconds
    report.miners = connections.values.compactMap { snapshot(of: $0, at: now) }
    report.sources = sources.map { source in
      var counters = counters[source.name] ?? ShareCounters()
      let own = source.report
      counters.forwarded = own.forwarded
      counters.sourceAccepted = own.accepted
      counters.sourceRejected = own.rejected
      counters.unknown = own.unknown
      counters.blocks = own.blocks
      return ShardReport.SourcePart(
        name: source.name, pool: source.pool, isReady: source.isReady,
        readySeconds: readySince[source.name].map { now.seconds(since: $0) } ?? 0, counters: counters, report: own,
        latency: (source as? any TimedSource)?.latency,
        kind: source.creditsMiners ? .local : .upstream, algorithm: source.algorithm)
    }
    return report
  }

  private func snapshot(of connection: MinerConnection, at now: MonotonicTime) -> MinerSnapshot? {
    let session = connection.session
    guard let identity = session.identity else { return nil }
    var miner = MinerSnapshot(
      session: connection.number, identity: identity, algorithm: session.algorithm, userAgent: session.userAgent,
      source: connection.source?.name, difficulty: session.difficulty, hashrate: session.vardiff.meter.rate(at: now),
      accepted: Int(session.accepted), rejected: Int(session.rejected),
      connectedSeconds: now.seconds(since: session.connectedAt), dwellSeconds: now.seconds(since: session.movedAt),
      lastShareSeconds: session.lastShare.map { now.seconds(since: $0) },
      followsExtranonce: session.followsExtranonce, reportedHashrate: session.reportedHashrate)
    miner.address = connection.remoteAddress
    miner.traits.region = connection.label.region
    miner.traits.tags = connection.label.tags
    return miner
  }
}

/// What became of an order to move miners, in one shard or all.
public struct MoveResult: Sendable {
  /// Seconds from the order to the job of the new pool on the wire, for each miner moved.
  public var moved: [Double] = []
  /// Asked to reconnect: they do not follow a new extranonce.
  public var reconnecting = 0
  /// Stayed where they are: no seat, or another algorithm.
  public var refused = 0
  /// Were there already.
  public var unchanged = 0

  public init() {}

  public mutating func add(_ other: MoveResult) {
    moved += other.moved
    reconnecting += other.reconnecting
    refused += other.refused
    unchanged += other.unchanged
  }
}

extension Shard {
  /// Moves all miners, or those of one worker (`ACCOUNT.worker` or an account), to a pool: each to its source of the
  /// miner's algorithm.
  func move(to name: String, worker: String?, ordered: MonotonicTime) -> MoveResult {
    var result = MoveResult()
    let targets = sources.filter { $0.name == name || $0.pool == name }
    guard let first = targets.first else { return result }
    for connection in Array(connections.values) {
      guard let identity = connection.session.identity else { continue }
      if let worker, identity.user != worker, identity.account != worker, identity.worker != worker { continue }
      let target = targets.first { $0.algorithm == connection.session.algorithm } ?? first
      move(connection, to: target, ordered: ordered, into: &result)
    }
    return result
  }

  private func move(
    _ connection: MinerConnection, to target: any WorkSource, ordered: MonotonicTime, into result: inout MoveResult
  ) {
    if connection.source === target {
      result.unchanged += 1
    } else if connection.session.seat == nil {
      // It waits for its first, wherever that is: nothing that it has would have to be given up by reconnecting.
      result.refused += 1
    } else if target.algorithm != connection.session.algorithm || !target.isReady {
      result.refused += 1
    } else if tryMove(connection, to: target) {
      connection.flush()
      result.moved.append(now().seconds(since: ordered))
    } else if !connection.session.followsExtranonce {
      scheduleReconnect(connection, for: target, position: result.reconnecting)
      result.reconnecting += 1
    } else {
      result.refused += 1
    }
  }

  /// Twenty a second, so that a farm does not come back all at once.
  private func scheduleReconnect(_ connection: MinerConnection, for target: any WorkSource, position: Int) {
    let bound = NIOLoopBound((self, connection, target), eventLoop: loop)
    loop.scheduleTask(in: .milliseconds(Int64(position) * 50)) {
      let (shard, connection, target) = bound.value
      shard.askToReconnect(connection, for: target)
    }
  }

  func apply(_ plan: RoutingPlan) {
    self.plan = plan
    // Told to nobody: the next snapshot shows where each miner is.
    var result = MoveResult()
    for move in plan.moves {
      guard let connection = connections[move.session], let target = source(named: move.to) else { continue }
      self.move(connection, to: target, ordered: now(), into: &result)
    }
  }
}
