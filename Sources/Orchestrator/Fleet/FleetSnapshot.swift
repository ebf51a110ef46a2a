import Stratum

/// Everything a routing decision may look at, at one moment. Taken by the shells, read by pure code.
public struct FleetSnapshot: Sendable {
  public var at: MonotonicTime
  public var sources: [SourceSnapshot]
  public var miners: [MinerSnapshot]
  public var verifier: VerifierSnapshot
  public var connections = ConnectionCounts()
  /// From a share's arrival to its answer, since start.
  public var shareSeconds = CumulativeHistogram.shareSeconds

  public init(
    at: MonotonicTime, sources: [SourceSnapshot], miners: [MinerSnapshot],
    verifier: VerifierSnapshot = VerifierSnapshot()
  ) {
    self.at = at
    self.sources = sources
    self.miners = miners
    self.verifier = verifier
  }
}

/// Connections of miners since start.
public struct ConnectionCounts: Sendable, Equatable {
  public var opened = 0
  /// Of those, closed at once: banned, too many, or without the PROXY header that was due.
  public var refused = 0

  public init() {}
}

/// One upstream pool or the local pool, summed over all shards.
public struct SourceSnapshot: Sendable, Equatable {
  public enum Kind: String, Sendable, Codable { case upstream, local }

  public var name: String
  /// The operator's name of the pool that it is part of: a pool of several algorithms has a source for each.
  public var pool: String
  public var kind: Kind
  public var algorithm: Algorithm
  /// Can take miners now: connected, authorized, has a job.
  public var isReady: Bool
  /// How long it has been ready without a break; 0 when it is not.
  public var readySeconds: Double
  public var connections: Int
  public var counters: ShareCounters
  /// Work that the source accepted since start, and its rate over the last minutes.
  public var acceptedWork: ShareWork
  public var hashrate: Hashrate
  /// Median and 99th percentile of submit replies, milliseconds; `nil` without any.
  public var replyMillisecondsP50: Double?
  public var replyMillisecondsP99: Double?
  /// The same of opening a connection, until being authorized there.
  public var connectMillisecondsP50: Double?
  public var connectMillisecondsP99: Double?
  /// Seconds since the last job.
  public var jobAgeSeconds: Double?
  /// What an operator should know when it is not ready: `connection refused`, `authorize rejected: …`.
  public var trouble: String?
  public var traits = SourceTraits()
  /// `nil` until a job of it could be valued.
  public var economics: SourceEconomics?
  /// Why no job of it could be valued, in words.
  public var economicsTrouble: String?
  /// How often since start its blocks began to pay somebody who was not paid before; and that of the last hour.
  public var payeeChangeCount = 0
  public var payeeChange: PayeeChange?
  public var quality = SourceQuality()
  public var observed = SourceObservations()
  public var realised = RealisedRevenue()

  public init(name: String, pool: String? = nil, kind: Kind, algorithm: Algorithm) {
    self.name = name
    self.pool = pool ?? name
    self.kind = kind
    self.algorithm = algorithm
    isReady = false
    readySeconds = 0
    connections = 0
    counters = ShareCounters()
    acceptedWork = .zero
    hashrate = .zero
  }
}

extension SourceSnapshot {
  /// Whether an operator who wrote `name` means this source.
  public func isCalled(_ name: String) -> Bool { self.name == name || pool == name }
}

/// Shares of one source: what we told miners, and what the source told us, counted apart.
public struct ShareCounters: Sendable, Equatable {
  /// Shares we told miners are accepted.
  public var toldAccepted = 0
  /// Shares we told miners are rejected, by reason label.
  public var toldRejected: [String: Int] = [:]
  /// Shares sent on to the source, and its answers.
  public var forwarded = 0
  public var sourceAccepted = 0
  public var sourceRejected = 0
  /// Sent on, and never answered (connection lost).
  public var unknown = 0
  public var blocks = 0

  public init() {}

  /// Accepted by the source ÷ answered by the source; `nil` before the first answer. Below 0.98 is an alarm.
  public var agreement: Double? {
    let answered = sourceAccepted + sourceRejected
    return answered == 0 ? nil : Double(sourceAccepted) / Double(answered)
  }

  /// An operator should look: the source refuses what we accepted.
  public var isAlarming: Bool { (agreement ?? 1) < 0.98 }
}

/// One connected and authorized miner.
public struct MinerSnapshot: Sendable, Equatable {
  /// Unique in the process while the connection lives.
  public var session: UInt64
  public var identity: MinerIdentity
  public var algorithm: Algorithm
  public var userAgent: String
  public var source: String?
  public var difficulty: Difficulty
  public var hashrate: Hashrate
  /// What the miner says of itself, where it does.
  public var reportedHashrate: Hashrate?
  public var accepted: Int
  public var rejected: Int
  public var connectedSeconds: Double
  /// Since it was last moved.
  public var dwellSeconds: Double
  public var lastShareSeconds: Double?
  /// Whether it can be moved between upstreams without a reconnect.
  public var followsExtranonce: Bool
  public var traits = MinerTraits()
  /// Where it connects from, as an IP address; shown to operators only.
  public var address: String?

  public init(
    session: UInt64, identity: MinerIdentity, algorithm: Algorithm, userAgent: String, source: String?,
    difficulty: Difficulty, hashrate: Hashrate, accepted: Int, rejected: Int, connectedSeconds: Double,
    dwellSeconds: Double, lastShareSeconds: Double?, followsExtranonce: Bool, reportedHashrate: Hashrate? = nil
  ) {
    self.session = session
    self.identity = identity
    self.algorithm = algorithm
    self.userAgent = userAgent
    self.source = source
    self.difficulty = difficulty
    self.hashrate = hashrate
    self.reportedHashrate = reportedHashrate
    self.accepted = accepted
    self.rejected = rejected
    self.connectedSeconds = connectedSeconds
    self.dwellSeconds = dwellSeconds
    self.lastShareSeconds = lastShareSeconds
    self.followsExtranonce = followsExtranonce
  }
}
