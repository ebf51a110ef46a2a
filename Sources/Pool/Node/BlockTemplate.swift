import Stratum

/// What a node wants mined next: a block without coinbase, nonce and exact time.
///
/// Source: BIP 22 and BIP 23, `getblocktemplate`.
public struct BlockTemplate: Sendable, Equatable, Codable {
  public var algorithm: Algorithm
  public var height: UInt32
  public var version: UInt32
  /// In internal (header) order.
  public var previousBlock: Hash256
  public var nBits: UInt32
  public var target: Target
  /// No block may be older.
  public var minTime: UnixTime
  public var curTime: UnixTime
  /// Reward and fees: what the coinbase outputs may sum to.
  public var coinbaseValue: AtomicUnits
  /// In block order, without the coinbase.
  public var transactions: [TemplateTransaction]
  /// Bytes that the node asks to have in the coinbase script (`coinbaseaux.flags`).
  public var coinbaseFlags: [UInt8]
  /// Script of the witness commitment output; `nil` on chains or templates without segwit.
  public var witnessCommitment: [UInt8]?
  public var longPollID: String?
  /// What may be changed (`mutable`): `time`, `transactions`, `prevblock`.
  public var mutable: Set<String>
  public var sizeLimit: Int

  public init(
    algorithm: Algorithm, height: UInt32, version: UInt32, previousBlock: Hash256, nBits: UInt32, target: Target,
    minTime: UnixTime, curTime: UnixTime, coinbaseValue: AtomicUnits, transactions: [TemplateTransaction] = [],
    coinbaseFlags: [UInt8] = [], witnessCommitment: [UInt8]? = nil, longPollID: String? = nil,
    mutable: Set<String> = [], sizeLimit: Int = 1_000_000
  ) {
    self.algorithm = algorithm
    self.height = height
    self.version = version
    self.previousBlock = previousBlock
    self.nBits = nBits
    self.target = target
    self.minTime = minTime
    self.curTime = curTime
    self.coinbaseValue = coinbaseValue
    self.transactions = transactions
    self.coinbaseFlags = coinbaseFlags
    self.witnessCommitment = witnessCommitment
    self.longPollID = longPollID
    self.mutable = mutable
    self.sizeLimit = sizeLimit
  }

  public var id: TemplateID { TemplateID(previousBlock: previousBlock, longPollID: longPollID) }
}

/// A transaction that a template carries.
public struct TemplateTransaction: Sendable, Equatable {
  /// Serialised with witness, as it goes into the block.
  public var bytes: [UInt8]
  /// Without witness, internal order: a leaf of the header's merkle tree.
  public var txid: Hash256
  /// With witness, internal order; the same as `txid` without one.
  public var wtxid: Hash256
  public var fee: AtomicUnits

  public init(bytes: [UInt8], txid: Hash256, wtxid: Hash256, fee: AtomicUnits) {
    self.bytes = bytes
    self.txid = txid
    self.wtxid = wtxid
    self.fee = fee
  }
}

/// Tells one template from another without its transactions.
public struct TemplateID: Hashable, Sendable {
  public var previousBlock: Hash256
  public var longPollID: String?

  public init(previousBlock: Hash256, longPollID: String? = nil) {
    self.previousBlock = previousBlock
    self.longPollID = longPollID
  }
}
