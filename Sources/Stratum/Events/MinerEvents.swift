/// A miner came, with work in its hands, or went.
public struct MinerEvent: Sendable, Equatable, Codable {
  public var address: String
  public var worker: String
  public var algorithm: Algorithm
  /// The source whose work it has; `nil` while there is none.
  public var pool: String?
  public var difficulty: Double
  public var userAgent: String
  /// Of one that went.
  public var connectedSeconds: Double?
  public var accepted: Int?
  public var rejected: Int?
  /// Events of this type that were left out before this one, because there were too many.
  public var omitted: Int

  public init(
    address: String, worker: String, algorithm: Algorithm, pool: String?, difficulty: Double, userAgent: String,
    connectedSeconds: Double? = nil, accepted: Int? = nil, rejected: Int? = nil, omitted: Int = 0
  ) {
    (self.address, self.worker, self.algorithm, self.pool) = (address, worker, algorithm, pool)
    (self.difficulty, self.userAgent) = (difficulty, userAgent)
    (self.connectedSeconds, self.accepted, self.rejected) = (connectedSeconds, accepted, rejected)
    self.omitted = omitted
  }
}

/// What a miner was told about a share: a sample, for eyes and not for counting.
public struct ShareEvent: Sendable, Equatable, Codable {
  public var address: String
  public var worker: String
  public var algorithm: Algorithm
  public var pool: String
  public var difficulty: Double
  public var isAccepted: Bool
  /// Label of the rejection.
  public var reason: String?
  /// Shares that were left out since the one before, of the same shard.
  public var omitted: Int

  public init(
    address: String, worker: String, algorithm: Algorithm, pool: String, difficulty: Double, isAccepted: Bool,
    reason: String? = nil, omitted: Int = 0
  ) {
    (self.address, self.worker, self.algorithm, self.pool) = (address, worker, algorithm, pool)
    (self.difficulty, self.isAccepted, self.reason, self.omitted) = (difficulty, isAccepted, reason, omitted)
  }

  private enum CodingKeys: String, CodingKey {
    case address, worker, algorithm, pool, difficulty, reason, omitted
    case isAccepted = "accepted"
  }
}

/// A miner works for another source now.
public struct SwitchEvent: Sendable, Equatable, Codable {
  public var address: String
  public var worker: String
  public var algorithm: Algorithm
  /// `nil`: it had no work.
  public var from: String?
  public var to: String
  public var omitted: Int

  public init(address: String, worker: String, algorithm: Algorithm, from: String?, to: String, omitted: Int = 0) {
    (self.address, self.worker, self.algorithm) = (address, worker, algorithm)
    (self.from, self.to, self.omitted) = (from, to, omitted)
  }
}

/// How fast the miners of one source are, or all together.
public struct HashrateEvent: Sendable, Equatable, Codable {
  /// `nil`: all together.
  public var pool: String?
  /// Of the source; `nil` for all together.
  public var algorithm: Algorithm?
  /// Hashes per second. All together adds up what cannot be compared: see `algorithms`.
  public var hashrate: Double
  public var hashrateText: String
  public var miners: Int
  /// Hashes per second by algorithm, of all together.
  public var algorithms: [String: Double]?

  public init(
    pool: String?, algorithm: Algorithm?, hashrate: Hashrate, miners: Int, algorithms: [String: Double]? = nil
  ) {
    (self.pool, self.algorithm, self.miners, self.algorithms) = (pool, algorithm, miners, algorithms)
    self.hashrate = hashrate.hashesPerSecond
    hashrateText = hashrate.description
  }
}

/// Somebody is not served for a while. A network is never named.
public struct BanEvent: Sendable, Equatable, Codable {
  /// A network address, a network, or a miner's name at one address. Which address it is, is for those who may see it.
  public enum Subject: String, Sendable, Codable { case address, network, name }

  public var subject: Subject
  /// The account, where that is what is banned.
  public var address: String?
  public var reason: String
  /// Seconds since 1970; `nil` for ever.
  public var until: Int64?

  public init(subject: Subject, address: String?, reason: String, until: Int64?) {
    (self.subject, self.address, self.reason, self.until) = (subject, address, reason, until)
  }
}
