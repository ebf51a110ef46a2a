import Stratum

/// `/api/pool`: the pool as ZION's clients know it.
public struct ZionPool: Codable, Sendable {
  public struct Ports: Codable, Sendable {
    public let stratum: Int
    public let api: Int
  }

  public struct Fees: Codable, Sendable {
    public let poolFeePercent: Double
    public let payoutThreshold: Double

    private enum CodingKeys: String, CodingKey {
      case poolFeePercent = "pool_fee_percent"
      case payoutThreshold = "payout_threshold"
    }
  }

  public struct Rewards: Codable, Sendable {
    /// What the newest job's coinbase pays to miners, coins; absent before the first job.
    public let baseBlockReward: Double?
    public let bonusPerBlock: Double
    /// By level's name.
    public let consciousnessMultipliers: [String: Double]
    /// By algorithm.
    public let ecoBonuses: [String: Double]

    private enum CodingKeys: String, CodingKey {
      case baseBlockReward = "base_block_reward"
      case bonusPerBlock = "bonus_per_block"
      case consciousnessMultipliers = "consciousness_multipliers"
      case ecoBonuses = "eco_bonuses"
    }
  }

  public let name: String
  public let version: String
  public let algorithms: [String]
  public let ports: Ports
  public let fees: Fees
  public let rewards: Rewards
  public let features: [String]

  init(_ facts: PoolFacts, version: String, algorithms: [Algorithm], chain: [Algorithm: ChainReport], year: Int) {
    name = facts.name
    self.version = version
    self.algorithms = algorithms.map(\.rawValue)
    ports = Ports(stratum: facts.stratumPort, api: facts.apiPort)
    fees = Fees(
      poolFeePercent: facts.feePercent(in: year, of: "pool"), payoutThreshold: facts.coin.number(facts.threshold))
    rewards = Rewards(
      baseBlockReward: chain.values.map(\.reward).max().map(facts.coin.number),
      bonusPerBlock: facts.coin.number(facts.bonusPerBlock),
      consciousnessMultipliers: Dictionary(facts.levels.map { ($0.name, $0.multiplier) }) { first, _ in first },
      ecoBonuses: Dictionary(facts.eco.map { ($0.rawValue, $1) }) { first, _ in first })
    features = [
      "Variable Difficulty", "Performance Monitoring", "Database Persistence", "REST API", "Eco-Friendly Mining",
    ]
  }
}

/// `/api/fees`.
public struct ZionFees: Codable, Sendable {
  public struct Tithe: Codable, Sendable {
    public let percentage: Double
    /// Of the reward: 60 % and 40 % of the tithe.
    public let humanitaShare: Double
    public let hanumanShare: Double

    private enum CodingKeys: String, CodingKey {
      case percentage
      case humanitaShare = "humanita_share"
      case hanumanShare = "hanuman_share"
    }
  }

  /// Percent of the block reward.
  public struct Structure: Codable, Sendable {
    public let humanitarianTithe: Tithe
    public let devTeam: Double
    public let genesisCreator: Double
    public let poolAdmin: Double
    /// To addresses that the operator named.
    public let others: Double
    public let totalFees: Double
    public let minerShare: Double

    private enum CodingKeys: String, CodingKey {
      case others
      case humanitarianTithe = "humanitarian_tithe"
      case devTeam = "dev_team"
      case genesisCreator = "genesis_creator"
      case poolAdmin = "pool_admin"
      case totalFees = "total_fees"
      case minerShare = "miner_share"
    }
  }

  public let poolName: String
  public let currentYear: Int
  public let feeStructure: Structure
  /// The tithe's percentage by year.
  public let futureSchedule: [String: Double]

  private enum CodingKeys: String, CodingKey {
    case poolName = "pool_name"
    case currentYear = "current_year"
    case feeStructure = "fee_structure"
    case futureSchedule = "future_schedule"
  }

  init(_ facts: PoolFacts, year: Int) {
    poolName = facts.name
    currentYear = year
    let points = Dictionary(facts.fees.map { ($0.name, $0.basisPoints(in: year)) }, uniquingKeysWith: +)
    func percent(_ points: Int) -> Double { Double(points) / 100 }
    let known = ["humanitarian", "development", "genesis", "pool"]
    let tithe = points["humanitarian"] ?? 0
    let total = points.values.reduce(0, +)
    feeStructure = Structure(
      humanitarianTithe: Tithe(
        percentage: percent(tithe), humanitaShare: Double(tithe * 60) / 10_000,
        hanumanShare: Double(tithe * 40) / 10_000),
      devTeam: percent(points["development"] ?? 0), genesisCreator: percent(points["genesis"] ?? 0),
      poolAdmin: percent(points["pool"] ?? 0),
      others: percent(points.filter { !known.contains($0.key) }.values.reduce(0, +)), totalFees: percent(total),
      minerShare: percent(10_000 - total))
    let humanitarian = facts.fees.first { $0.name == "humanitarian" }
    futureSchedule = Dictionary(
      (year...year + 6).map { ("\($0)", percent(humanitarian?.basisPoints(in: $0) ?? 0)) }
    ) { first, _ in first }
  }
}

/// One entry of `/api/blocks?limit=` and `/block/{height}`, for ZION's clients. Coins.
public struct ZionBlock: Codable, Sendable {
  public let height: UInt32
  public let timestamp: String
  public let grossReward: Double
  /// By account: what the coinbase paid, and `miners` together.
  public let distributions: [String: Double]
  /// Empty until somebody sends them: the coinbase pays all.
  public let blockchainTxids: [String: String]

  private enum CodingKeys: String, CodingKey {
    case height, timestamp, distributions
    case grossReward = "gross_reward"
    case blockchainTxids = "blockchain_txids"
  }

  init(_ found: FoundReport, coin: Coin) {
    height = found.block.height
    timestamp = PageTime.text(found.block.foundAt)
    let reward = found.block.reward ?? 0
    grossReward = coin.number(reward + found.fees.reduce(0) { $0 + $1.amount })
    var parts = ["miners": coin.number(reward)]
    for fee in found.fees { parts[fee.account, default: 0] += coin.number(fee.amount) }
    distributions = parts
    blockchainTxids = ["block": found.block.hash]
  }
}

/// `/block/{height}` beside ZION's fields: who gets what.
public struct StatementPage: Codable, Sendable {
  public struct Line: Codable, Sendable {
    public let account: String
    /// Coins, exact, as text.
    public let base: String
    public let bonus: String
    public let multiplier: Double
  }

  public let hash: String
  public let state: String
  public let reason: String?
  public let algorithm: Algorithm
  public let finder: String
  public let confirmations: UInt32
  public let scheme: String?
  public let isBooked: Bool
  public let remainder: String
  /// By account; at most 1000.
  public let lines: [Line]
  public let lineCount: Int

  init(_ statement: StatementReport, coin: Coin) {
    let block = statement.found.block
    hash = block.hash
    state = block.state
    reason = block.reason
    algorithm = block.algorithm
    finder = block.account
    confirmations = statement.found.confirmations
    scheme = statement.scheme
    isBooked = statement.isBooked
    remainder = coin.text(AtomicUnits(statement.remainder))
    lineCount = statement.lines.count
    lines = statement.lines.prefix(1000).map {
      Line(
        account: $0.account, base: coin.text(AtomicUnits($0.base)), bonus: coin.text(AtomicUnits($0.bonus)),
        multiplier: $0.multiplier)
    }
  }
}
