import Orchestrator
import Stratum

/// What ZION's clients look for in `/api/health`.
public struct ZionHealth: Codable, Sendable {
  /// `healthy` or `unhealthy`.
  public let status: String
  public let timestamp: String
  public let uptimeSeconds: Double
  public let activeConnections: Int
  public let totalMiners: Int
  /// `connected`, `unavailable`, `connecting` at the start, or `none` without a local pool.
  public let databaseStatus: String

  private enum CodingKeys: String, CodingKey {
    case status, timestamp
    case uptimeSeconds = "uptime_seconds"
    case activeConnections = "active_connections"
    case totalMiners = "total_miners"
    case databaseStatus = "database_status"
  }

  init(isHealthy: Bool, now: Int64, uptimeSeconds: Double, miners: Int, database: String) {
    status = isHealthy ? "healthy" : "unhealthy"
    timestamp = PageTime.text(now)
    self.uptimeSeconds = uptimeSeconds
    activeConnections = miners
    totalMiners = miners
    databaseStatus = database
  }
}

/// What ZION's clients look for in `/api/stats`. Its list `algorithms` is in `/api/pool`: the name is taken here.
public struct ZionStats: Codable, Sendable {
  public struct Performance: Codable, Sendable {
    public let uptimeSeconds: Double
    public let totalConnections: Int
    public let sharesProcessed: Int
    public let errorsCount: Int
    public let vardiffEnabled: Bool

    private enum CodingKeys: String, CodingKey {
      case uptimeSeconds = "uptime_seconds"
      case totalConnections = "total_connections"
      case sharesProcessed = "shares_processed"
      case errorsCount = "errors_count"
      case vardiffEnabled = "vardiff_enabled"
    }
  }

  public let poolName: String
  public let poolPort: Int
  /// Highest of the local pool's chains; 0 before the first job.
  public let currentHeight: Int
  public let totalMiners: Int
  public let totalShares: Int
  public let validShares: Int
  public let invalidShares: Int
  public let blocksFound: Int
  /// Coins.
  public let pendingPayouts: Double
  public let poolFeePercent: Double
  public let payoutThreshold: Double
  public let poolWallet: String
  public let serverTime: String
  public let performance: Performance

  private enum CodingKeys: String, CodingKey {
    case performance
    case poolName = "pool_name"
    case poolPort = "pool_port"
    case currentHeight = "current_height"
    case totalMiners = "total_miners"
    case totalShares = "total_shares"
    case validShares = "valid_shares"
    case invalidShares = "invalid_shares"
    case blocksFound = "blocks_found"
    case pendingPayouts = "pending_payouts_zion"
    case poolFeePercent = "pool_fee_percent"
    case payoutThreshold = "payout_threshold_zion"
    case poolWallet = "pool_wallet"
    case serverTime = "server_time"
  }

  init(
    _ page: StatsPage, snapshot: FleetSnapshot, facts: PoolFacts, chain: [Algorithm: ChainReport], totals: PoolTotals,
    now: Int64
  ) {
    poolName = facts.name
    poolPort = facts.stratumPort
    currentHeight = Int(chain.values.map(\.height).max() ?? 0)
    totalMiners = page.miners
    validShares = page.shares.accepted
    invalidShares = page.shares.rejected
    totalShares = page.shares.accepted + page.shares.rejected
    blocksFound = page.blocks.found
    pendingPayouts = facts.coin.number(totals.pending)
    poolFeePercent = facts.feePercent(in: PageTime.year(now), of: "pool")
    payoutThreshold = facts.coin.number(facts.threshold)
    poolWallet = facts.address
    serverTime = PageTime.text(now)
    performance = Performance(
      uptimeSeconds: page.uptimeSeconds, totalConnections: snapshot.miners.count, sharesProcessed: totalShares,
      errorsCount: snapshot.sources.reduce(0) { $0 + $1.counters.unknown }, vardiffEnabled: true)
  }
}

/// What ZION's clients look for in `/api/miner/{address}`.
public struct ZionMiner: Codable, Sendable {
  /// A minute with accepted shares.
  public struct Minute: Codable, Sendable {
    /// Of the minute's last share.
    public let timestamp: String
    public let isValid: Bool
    /// Of its shares, on average.
    public let difficulty: Double
    public let algorithm: Algorithm

    private enum CodingKeys: String, CodingKey {
      case timestamp, difficulty, algorithm
      case isValid = "is_valid"
    }
  }

  public let algorithm: Algorithm?
  public let totalShares: Int
  public let validShares: Int
  /// Since the sessions that are connected now began.
  public let invalidShares: Int
  /// Coins.
  public let balancePending: Double
  public let balancePaid: Double
  public let lastShareTime: String?
  public let connectedTime: String?
  public let difficulty: Double?
  /// Newest first.
  public let history: [Minute]

  private enum CodingKeys: String, CodingKey {
    case algorithm, difficulty, history
    case totalShares = "total_shares"
    case validShares = "valid_shares"
    case invalidShares = "invalid_shares"
    case balancePending = "balance_pending"
    case balancePaid = "balance_paid"
    case lastShareTime = "last_share_time"
    case connectedTime = "connected_time"
  }

  init(
    stored: MinerReport?, sessions: [MinerSnapshot], account: AccountReport?, minutes: [WorkerPerformance], coin: Coin,
    now: Int64
  ) {
    let live = sessions.max { $0.hashrate < $1.hashrate }
    algorithm = live?.algorithm ?? minutes.last?.algorithm
    validShares = stored?.shares ?? sessions.reduce(0) { $0 + $1.accepted }
    invalidShares = sessions.reduce(0) { $0 + $1.rejected }
    totalShares = validShares + invalidShares
    balancePending = coin.number((account?.confirmed ?? 0) + (account?.immature ?? 0))
    balancePaid = coin.number(account?.paid ?? 0)
    let last = sessions.compactMap(\.lastShareSeconds).min().map { now - Int64($0) }
    lastShareTime = (last ?? stored?.workers.compactMap(\.lastShare).max()).map(PageTime.text)
    connectedTime = sessions.map(\.connectedSeconds).max().map { PageTime.text(now - Int64($0)) }
    difficulty = live?.difficulty.value
    history = minutes.reversed().prefix(100).map { minute in
      Minute(
        timestamp: PageTime.text(minute.lastShare), isValid: true,
        difficulty: Difficulty.of(minute.work, shares: minute.shares, minute.algorithm), algorithm: minute.algorithm)
    }
  }
}

extension Coin {
  /// Coins as a number, for clients that want one; exact amounts are in atomic units and in text.
  func number(_ atomic: Int64) -> Double {
    // One division, which rounds once: powers of ten up to 22 are exact.
    Double(atomic) / (0..<decimals).reduce(1.0) { power, _ in power * 10 }
  }
}

extension Difficulty {
  /// Of a share with the average work; 0 of none.
  static func of(_ work: ShareWork, shares: Int, _ algorithm: Algorithm) -> Double {
    guard shares > 0 else { return 0 }
    return work.approximate / Double(shares) / hashesAtOne(algorithm)
  }

  /// Expected hashes at difficulty 1.
  static func hashesAtOne(_ algorithm: Algorithm) -> Double { hashesAtOne[algorithm] ?? .nan }

  private static let hashesAtOne = Dictionary(
    uniqueKeysWithValues: Algorithm.allCases.map { ($0, ShareWork(of: $0.difficultyOneTarget).approximate) })
}

extension PoolFacts {
  /// Of the reward, by the fee's name; 0 for one that there is not.
  func feePercent(in year: Int, of name: String) -> Double {
    Double(fees.filter { $0.name == name }.reduce(0) { $0 + $1.basisPoints(in: year) }) / 100
  }
}
