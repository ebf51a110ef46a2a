import Stratum

/// What a batch is called by everybody: a random UUID in lower case. `sendmany` carries it as its comment.
public struct PayoutBatchID: Hashable, Sendable {
  public let text: String

  /// A new one, of version 4.
  ///
  /// Source: RFC 9562.
  public init(using random: inout some RandomNumberGenerator) {
    let (high, low): (UInt64, UInt64) = (random.next(), random.next())
    let digits =
      Hex.encode(UInt32(high >> 32))
      + Hex.encode(UInt32(truncatingIfNeeded: high) & 0xffff_0fff | 0x4000)
      + Hex.encode(UInt32(low >> 32) & 0x3fff_ffff | 0x8000_0000) + Hex.encode(UInt32(truncatingIfNeeded: low))
    var rest = digits[...]
    let groups = [8, 4, 4, 4, 12].map { count in
      defer { rest = rest.dropFirst(count) }
      return String(rest.prefix(count))
    }
    text = groups.joined(separator: "-")
  }

  /// `nil` for what is not written as a UUID in lower case.
  public init?(_ text: String) {
    let groups = text.split(separator: "-", omittingEmptySubsequences: false)
    guard groups.map(\.utf8.count) == [8, 4, 4, 4, 12],
      text.utf8.allSatisfy({ $0 == UInt8(ascii: "-") || (Hex.digit($0) != nil && !(65...70).contains($0)) })
    else { return nil }
    self.text = text
  }
}

extension PayoutBatchID: CustomStringConvertible {
  public var description: String { text }
}

/// What a batch pays, to whom and how: decided once, and what approvers sign.
public struct PayoutOrder: Equatable, Sendable {
  public enum Route: String, Sendable, Equatable, CaseIterable {
    /// Signed and stored before it is broadcast.
    case signed
    /// By a wallet that has `sendmany` only.
    case sendMany = "sendmany"
  }

  public let id: PayoutBatchID
  public let pool: String
  /// The network's name: an approval for a test network is none for another.
  public let chain: String
  /// The account of each is `miner:` and its address; its amount is what the account is debited.
  public let outputs: [PayoutOutput]
  public let fees: NetworkFeePolicy
  public let route: Route
  /// Signatures that are needed before anything is signed or sent; 0 for none.
  public let requiredApprovals: Int

  public init(
    id: PayoutBatchID, pool: String, chain: String, outputs: [PayoutOutput], fees: NetworkFeePolicy, route: Route,
    requiredApprovals: Int
  ) {
    (self.id, self.pool, self.chain, self.outputs) = (id, pool, chain, outputs)
    (self.fees, self.route, self.requiredApprovals) = (fees, route, requiredApprovals)
  }

  /// What all accounts are debited together; what does not fit is cut to the largest sum, which no wallet has.
  public var total: AtomicUnits {
    AtomicUnits(Int64(clamping: outputs.reduce(Int128(0)) { $0 + Int128($1.amount.value) }))
  }
}

/// The transaction that pays a batch, by how we know it.
public enum PayoutTransaction: Equatable, Sendable {
  /// Signed for us and stored.
  case signed(SignedPayout)
  /// Made by the wallet, and found by its comment.
  case found(WalletMatch)
  /// Named by an operator who looked.
  case named(txid: Hash256, fee: AtomicUnits)

  public var txid: Hash256 {
    switch self {
    case .signed(let payout): payout.txid
    case .found(let match): match.txid
    case .named(let txid, _): txid
    }
  }

  public var fee: AtomicUnits {
    switch self {
    case .signed(let payout): payout.fee
    case .found(let match): match.fee
    case .named(_, let fee): fee
    }
  }

  /// What it spends, where we know.
  public var inputs: [OutPoint] { if case .signed(let payout) = self { payout.inputs } else { [] } }
}

public enum PayoutState: Equatable, Sendable {
  /// The accounts are debited: the sum stands in `payout:` and the batch's id.
  case planned
  case awaitingApproval
  /// Nothing was signed or sent yet.
  case approved
  /// A transaction is stored that some node may have.
  case signed(SignedPayout)
  /// `sendmany` was or is about to be called, once. A refusal is the wallet's word that it sent nothing.
  case submitting(refusal: String?)
  /// A node took it, or the wallet made it.
  case sent(PayoutTransaction)
  /// In a memory pool.
  case seen(PayoutTransaction)
  case confirmed(PayoutTransaction, confirmations: UInt32)
  /// Paid, for good.
  case final(PayoutTransaction)
  /// Can never be paid any more, because another transaction spent an input. The accounts have their money back.
  case conflicted(PayoutTransaction)
  /// Only a person can find out. `reason` says what happened and what to check.
  case review(reason: String, PayoutTransaction?)
  /// Never paid. The accounts have their money back.
  case cancelled(reason: String)
}

/// A batch of payouts on its way.
public struct PayoutBatch: Equatable, Sendable {
  public let order: PayoutOrder
  public internal(set) var state: PayoutState
  /// Grows by one with every stored change: a change is stored only over the version that it was made from.
  public internal(set) var version: Int64
  /// From when the patience with the present state is counted.
  public internal(set) var since: UnixTime

  /// - Parameters: of a batch that was stored; a new one is planned and has version 0.
  public init(order: PayoutOrder, state: PayoutState = .planned, version: Int64 = 0, since: UnixTime) {
    (self.order, self.state, self.version, self.since) = (order, state, version, since)
  }

  /// The transaction that pays it or may do so.
  public var transaction: PayoutTransaction? {
    switch state {
    case .planned, .awaitingApproval, .approved, .submitting, .cancelled: nil
    case .signed(let payout): .signed(payout)
    case .sent(let transaction), .seen(let transaction), .confirmed(let transaction, _), .final(let transaction),
      .conflicted(let transaction):
      transaction
    case .review(_, let transaction): transaction
    }
  }

  /// What leaves the wallet by its transaction: what the miners are debited, and the fee if the pool bears it.
  public var outflow: AtomicUnits {
    guard order.fees == .pool, let transaction else { return order.total }
    return AtomicUnits(Int64(clamping: Int128(order.total.value) + Int128(transaction.fee.value)))
  }

  /// Nothing changes any more.
  public var isClosed: Bool {
    switch state {
    case .final, .conflicted, .cancelled: true
    default: false
    }
  }
}
