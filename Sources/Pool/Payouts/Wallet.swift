import Stratum

/// One output that a payout asks for.
public struct PayoutOutput: Hashable, Sendable {
  /// As the node writes it, and as the miner is credited.
  public var address: String
  /// What pays the address, by which outputs are compared: nodes spell one address in several ways.
  public var script: [UInt8]
  /// Before any fee that the miner bears.
  public var amount: AtomicUnits

  public init(address: String, script: [UInt8], amount: AtomicUnits) {
    (self.address, self.script, self.amount) = (address, script, amount)
  }
}

/// Who bears the network's fee of a payout.
public enum NetworkFeePolicy: String, Sendable, Equatable, CaseIterable {
  /// The pool, from its account `network_fees`: miners receive what they are debited.
  case pool
  /// The miners of a batch, in equal parts (what does not divide goes to the first outputs of the transaction).
  case miners
}

/// An output that a transaction spends.
public struct OutPoint: Hashable, Sendable {
  public var txid: Hash256
  public var index: UInt32

  public init(txid: Hash256, index: UInt32) { (self.txid, self.index) = (txid, index) }
}

/// A transaction that is ready to be broadcast, and has been compared with what it should pay.
public struct SignedPayout: Equatable, Sendable {
  public var rawTransaction: [UInt8]
  public var txid: Hash256
  /// What it spends: two transactions that share one of these cannot both be confirmed.
  public var inputs: [OutPoint]
  public var fee: AtomicUnits
  /// What each output really pays, in the order in which the outputs were asked for.
  public var amounts: [AtomicUnits]

  public init(
    rawTransaction: [UInt8], txid: Hash256, inputs: [OutPoint], fee: AtomicUnits, amounts: [AtomicUnits]
  ) {
    self.rawTransaction = rawTransaction
    (self.txid, self.inputs, self.fee, self.amounts) = (txid, inputs, fee, amounts)
  }
}

/// What a node said to a transaction that was handed in.
public enum BroadcastResult: Equatable, Sendable {
  case accepted
  /// In its memory pool or chain already.
  case alreadyKnown
  /// Not taken, in the node's words. It may be taken later, by this node or another.
  case rejected(reason: String)
  /// No answer, or one that settles nothing.
  case unclear(reason: String)
}

/// Where a transaction stands in a node's view.
public enum TransactionStatus: Equatable, Sendable {
  /// Neither in the memory pool nor in the chain.
  case unknown
  case mempool
  /// At least 1.
  case confirmed(confirmations: UInt32, block: Hash256)
  /// One of its inputs was spent by another transaction, which has this many confirmations (at least 1).
  case conflicted(depth: UInt32)
}

/// What came of a `sendmany`.
public enum SendResult: Equatable, Sendable {
  case sent(txid: Hash256)
  /// Certainly not sent, in the node's words.
  case refused(reason: String)
  /// It may have been sent: look for its comment before anything else.
  case unclear(reason: String)
}

/// A transaction of the wallet's that carries the comment that was looked for.
public struct WalletMatch: Equatable, Sendable {
  public var txid: Hash256
  /// What it pays, without change, each amount above 0.
  public var outputs: [String: AtomicUnits]
  public var fee: AtomicUnits

  public init(txid: Hash256, outputs: [String: AtomicUnits], fee: AtomicUnits) {
    (self.txid, self.outputs, self.fee) = (txid, outputs, fee)
  }
}

/// The wallet of a node of the Bitcoin family.
public protocol Wallet: Sendable {
  /// For logs: where the node is.
  var name: String { get }
  /// What can be spent now: confirmed, mature, and not locked for another payout.
  func spendable() async throws(WalletError) -> AtomicUnits
  /// Everything that it has, also what is locked, not confirmed or not mature.
  func holdings() async throws(WalletError) -> WalletHoldings
  func status(of txid: Hash256) async throws(WalletError) -> TransactionStatus
}

/// What a wallet has.
public struct WalletHoldings: Equatable, Sendable {
  /// Can be spent now or soon.
  public var balance: AtomicUnits
  /// Coinbases that cannot be spent yet.
  public var immature: AtomicUnits

  public init(balance: AtomicUnits, immature: AtomicUnits) { (self.balance, self.immature) = (balance, immature) }
}

/// A wallet that signs without sending, so that what is sent can be stored before.
public protocol SigningWallet: Wallet {
  /// A signed transaction with exactly these outputs and at most one output of change. Its inputs are locked: no
  /// other payout takes them until `release`, or until the node is restarted. Nothing is locked when this throws,
  /// unless the node is out of reach then.
  func prepare(_ outputs: [PayoutOutput], fees: NetworkFeePolicy) async throws(WalletError) -> SignedPayout
  /// Any number of times: the same bytes are the same transaction.
  func broadcast(_ rawTransaction: [UInt8]) async -> BroadcastResult
  /// Gives inputs back that will not be spent. Those that are not locked are passed over.
  func release(_ inputs: [OutPoint]) async throws(WalletError)
  /// Locks the inputs of open payouts anew after the node was restarted. Spent and locked ones are passed over.
  func relock(_ inputs: [OutPoint]) async throws(WalletError)
  /// Every input that is locked now.
  func locked() async throws(WalletError) -> [OutPoint]
}

/// A wallet that signs and sends in one call, and can only be asked afterwards what it did.
public protocol SendingWallet: Wallet {
  /// To be called once for a comment, and after the decision to call it was stored.
  func send(_ outputs: [PayoutOutput], fees: NetworkFeePolicy, comment: String) async -> SendResult
  /// The wallet's transactions with this comment.
  /// - Parameter since: when the payout was decided upon; the wallet's history is read back to a day before.
  /// - Throws: `.historyTooLong` when it could not be read back so far: that nothing was found says nothing then.
  func find(comment: String, since: UnixTime) async throws(WalletError) -> [WalletMatch]
}
