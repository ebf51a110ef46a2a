/// A block that a miner of the local pool found.
public struct BlockEvent: Sendable, Equatable, Codable {
  /// The operator's name of the local pool.
  public var pool: String
  /// Its source of that algorithm: the pool's name, or `POOL:ALGORITHM`.
  public var source: String
  /// The coin's symbol.
  public var coin: String
  public var height: UInt32
  /// Hex, most significant byte first, as explorers show it.
  public var hash: String
  public var algorithm: Algorithm
  /// Who found it.
  public var address: String
  public var worker: String
  /// The network's, in the algorithm's convention.
  public var difficulty: Double
  /// Atomic units that the coinbase pays to the pool, or to the finder (SOLO).
  public var reward: Int64
  /// The same in coins: `42.1750000`.
  public var rewardText: String
  /// `found`, `immature`, `mature`, `orphaned` or `rejected`.
  public var state: String
  /// The node's words, of a rejected one.
  public var reason: String?
  public var confirmations: UInt32
  /// Of its way to maturity, 0 to 1.
  public var progress: Double

  public init(
    pool: String, source: String, coin: String, height: UInt32, hash: String, algorithm: Algorithm, address: String,
    worker: String, difficulty: Double, reward: Int64, rewardText: String, state: String, reason: String? = nil,
    confirmations: UInt32 = 0, progress: Double = 0
  ) {
    (self.pool, self.source, self.coin) = (pool, source, coin)
    (self.height, self.hash, self.algorithm) = (height, hash, algorithm)
    (self.address, self.worker, self.difficulty) = (address, worker, difficulty)
    (self.reward, self.rewardText) = (reward, rewardText)
    (self.state, self.reason) = (state, reason)
    (self.confirmations, self.progress) = (confirmations, progress)
  }
}

/// The local pool works on a new height.
public struct ChainEvent: Sendable, Equatable, Codable {
  public var pool: String
  public var source: String
  public var coin: String
  public var algorithm: Algorithm
  /// Of the block that is being mined.
  public var height: UInt32

  public init(pool: String, source: String, coin: String, algorithm: Algorithm, height: UInt32) {
    (self.pool, self.source, self.coin) = (pool, source, coin)
    (self.algorithm, self.height) = (algorithm, height)
  }
}

/// One miner's part of a batch that a node or the wallet has taken.
public struct PaymentEvent: Sendable, Equatable, Codable {
  public var pool: String
  public var coin: String
  public var batch: String
  public var address: String
  /// Atomic units that the address is sent.
  public var amount: Int64
  public var amountText: String
  public var txid: String

  public init(
    pool: String, coin: String, batch: String, address: String, amount: Int64, amountText: String, txid: String
  ) {
    (self.pool, self.coin, self.batch, self.address) = (pool, coin, batch, address)
    (self.amount, self.amountText, self.txid) = (amount, amountText, txid)
  }
}

/// A batch of payments that was sent, is final, or will not be paid as it was meant.
public struct PaymentBatchEvent: Sendable, Equatable, Codable {
  public var pool: String
  public var coin: String
  public var batch: String
  /// `sent`, `final`, `conflicted`, `cancelled` or `review`.
  public var state: String
  /// Atomic units that the miners' accounts are debited together.
  public var total: Int64
  public var totalText: String
  public var recipients: Int
  public var txid: String?
  /// The network's, in atomic units, once it is known.
  public var fee: Int64?
  public var feeText: String?
  /// Why it is `cancelled`, or what an operator must look at.
  public var reason: String?

  public init(
    pool: String, coin: String, batch: String, state: String, total: Int64, totalText: String, recipients: Int,
    txid: String? = nil, fee: Int64? = nil, feeText: String? = nil, reason: String? = nil
  ) {
    (self.pool, self.coin, self.batch, self.state) = (pool, coin, batch, state)
    (self.total, self.totalText, self.recipients) = (total, totalText, recipients)
    (self.txid, self.fee, self.feeText, self.reason) = (txid, fee, feeText, reason)
  }
}
