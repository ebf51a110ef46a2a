import Orchestrator
import Stratum

/// Miningcore's pages, with its field names. Amounts are coins as numbers, times ISO 8601 in UTC.
public enum Miningcore {
  public struct Coin: Codable, Sendable {
    public let type: String
    public let name: String
    public let symbol: String
    public let family: String
    public let algorithm: String
    public let canonicalName: String?
  }

  public struct VarDiff: Codable, Sendable {
    public let minDiff: Double
    public let targetTime: Double
    public let retargetTime: Double
    public let variancePercent: Double
  }

  public struct Port: Codable, Sendable {
    public let listenAddress: String
    public let name: String
    public let difficulty: Double
    public let varDiff: VarDiff
    public let tls: Bool
  }

  public struct PaymentProcessing: Codable, Sendable {
    public struct SchemeOptions: Codable, Sendable { public let factor: Double }

    public let enabled: Bool
    /// Coins.
    public let minimumPayment: Double
    public let payoutScheme: String
    public let payoutSchemeConfig: SchemeOptions
  }

  public struct PoolStats: Codable, Sendable {
    public let connectedMiners: Int
    public let poolHashrate: Double
    public let sharesPerSecond: Double
    public let lastPoolBlockTime: String?
  }

  public struct NetworkStats: Codable, Sendable {
    public let networkType: String
    public let networkHashrate: Double
    public let networkDifficulty: Double
    public let nextNetworkTarget: String
    public let nextNetworkBits: String
    public let lastNetworkBlockTime: String?
    public let blockHeight: Int
    public let connectedPeers: Int
    public let rewardType: String
  }

  /// What Miningcore knows of a pool, and what stands in its `/api/pools` and `/api/pools/{id}`.
  public struct Pool: Codable, Sendable {
    public let id: String
    public let coin: Coin
    public let ports: [String: Port]
    public let paymentProcessing: PaymentProcessing
    public let clientConnectionTimeout: Int
    public let jobRebroadcastTimeout: Int
    public let blockRefreshInterval: Int
    public let poolFeePercent: Double
    public let address: String
    public let addressInfoLink: String
    public let poolStats: PoolStats
    public let networkStats: NetworkStats
    public let topMiners: [MinerRate]
    public let totalPaid: Double
    public let totalBlocks: Int
    public let lastPoolBlockTime: String?
    public let poolEffort: Double
  }

  public struct PoolDetail: Codable, Sendable { public let pool: Union<PoolsPage.Pool, Pool> }

  public struct MinerRate: Codable, Sendable {
    public let miner: String
    public let hashrate: Double
    public let sharesPerSecond: Double
  }

  public struct Performance: Codable, Sendable {
    public struct Sample: Codable, Sendable {
      public let poolHashrate: Double
      public let connectedMiners: Int
      public let validSharesPerSecond: Double
      public let networkHashrate: Double
      public let networkDifficulty: Double
      public let created: String
    }

    public let stats: [Sample]
  }

  public struct Block: Codable, Sendable {
    public let poolId: String
    public let blockHeight: UInt32
    public let networkDifficulty: Double
    /// `pending`, `confirmed` or `orphaned`.
    public let status: String
    public let type: String
    public let confirmationProgress: Double
    /// Work since the block before ÷ what the network asked for; 1 is luck as expected.
    public let effort: Double?
    public let transactionConfirmationData: String
    public let reward: Double
    public let infoLink: String
    public let hash: String
    public let miner: String
    public let source: String
    public let created: String
  }

  public struct Payment: Codable, Sendable {
    public let id: Int64
    public let coin: String
    public let address: String
    public let addressInfoLink: String
    public let amount: Double
    public let transactionConfirmationData: String
    public let transactionInfoLink: String
    public let created: String
  }

  public struct BalanceChange: Codable, Sendable {
    public let poolId: String
    public let address: String
    public let amount: Double
    public let usage: String
    public let created: String
  }

  public struct DailyEarning: Codable, Sendable {
    public let amount: Double
    public let date: String
  }

  public struct WorkerRate: Codable, Sendable {
    public private(set) var hashrate: Double
    public private(set) var sharesPerSecond: Double

    mutating func add(hashrate: Double, sharesPerSecond: Double) {
      self.hashrate += hashrate
      self.sharesPerSecond += sharesPerSecond
    }
  }

  public struct WorkerSample: Codable, Sendable {
    public let created: String
    public let workers: [String: WorkerRate]
    /// As JSON, when it will be asked for again.
    private(set) var written: [UInt8]?

    private enum CodingKeys: String, CodingKey { case created, workers }

    init(created: String, workers: [String: WorkerRate]) {
      self.created = created
      self.workers = workers
    }

    /// - Throws: `EncodingError` for a number that JSON cannot write.
    mutating func writeOut() throws {
      var text = JSONText()
      try write(to: &text)
      written = text.bytes
    }
  }

  public struct Miner: Codable, Sendable {
    /// Difficulty of its accepted shares since the pool's last block.
    public let pendingShares: Double
    public let pendingBalance: Double
    public let totalPaid: Double
    public let todayPaid: Double
    public let lastPayment: String?
    public let lastPaymentLink: String?
    /// Those that are connected now; absent when none is.
    public let performance: WorkerSample?
    public let performanceSamples: [WorkerSample]
  }

  public struct Settings: Codable, Sendable { public let paymentThreshold: Double }

  /// The envelope of version 2.
  public struct Page<Item: Codable & Sendable>: Codable, Sendable {
    public let pageCount: Int
    public let itemCount: Int
    public let result: [Item]
    public let success: Bool

    init(_ page: Paged<Item>, size: Int) {
      pageCount = page.pageCount(size)
      itemCount = page.total
      result = page.items
      success = true
    }
  }
}

extension Miningcore.WorkerSample: JSONStream.Fluent {
  func write(to text: inout JSONText) throws {
    if let written { return text.bytes += written }
    text.append(#"{"created":"#)
    text.string(created)
    text.append(#","workers":{"#)
    var isFirst = true
    for (worker, rate) in workers.sorted(by: { $0.key < $1.key }) {
      if !isFirst { text.append(",") }
      isFirst = false
      text.string(worker)
      text.append(":")
      text.begin()
      text.name("hashrate")
      try text.number(rate.hashrate)
      text.name("sharesPerSecond")
      try text.number(rate.sharesPerSecond)
      text.end()
    }
    text.append("}}")
  }
}
