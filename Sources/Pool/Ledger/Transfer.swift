import Stratum

/// Money on its way from one account to another: the only thing that changes a balance.
public struct Transfer: Hashable, Sendable {
  /// Why money moves.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    /// The bonus fund's promise, once.
    case opening
    /// Coins that somebody brought into the wallet.
    case deposit
    /// Coins that the operator took out of the wallet.
    case withdrawal
    /// A mature block: what its coinbase brought, and where it went.
    case reward, base, bonus, fee, remainder, reserve
    /// A share that PPS paid.
    case share
    /// A booking that the chain took back.
    case reversal
    /// From a miner into a batch.
    case payout
    /// From a batch back to its miner.
    case release
    /// From a batch out of the wallet.
    case settlement
    /// What the network took for it.
    case networkFee = "network_fee"
  }

  /// Says once and for all which movement this is: posting it again changes nothing.
  public var id: String
  public var debit: Account
  public var credit: Account
  /// Above zero and below 2^62.
  public var amount: AtomicUnits
  public var kind: Kind
  /// What it belongs to: a block's hash, a batch's id.
  public var reference: String
  /// When it was posted first. No part of what makes two transfers the same: a retry has another clock.
  public var at: UnixTime

  public init(
    id: String, debit: Account, credit: Account, amount: AtomicUnits, kind: Kind, reference: String, at: UnixTime
  ) {
    self.id = id
    self.debit = debit
    self.credit = credit
    self.amount = amount
    self.kind = kind
    self.reference = reference
    self.at = at
  }

  static let limit = AtomicUnits(1 << 62)

  /// Whether both move the same, whenever they do.
  func moves(as other: Transfer) -> Bool {
    var other = other
    other.at = at
    return self == other
  }

  /// What the audit records of it.
  var auditBody: AuditBody {
    Self.auditBody(
      id: id, debit: debit.name, credit: credit.name, amount: amount.value, kind: kind.rawValue, reference: reference)
  }

  /// Of what is stored, whatever that is.
  static func auditBody(
    id: String, debit: String, credit: String, amount: Int64, kind: String, reference: String
  ) -> AuditBody {
    var body = AuditBody()
    body.add("id", id)
    body.add("debit", debit)
    body.add("credit", credit)
    body.add("amount", amount)
    body.add("kind", kind)
    body.add("reference", reference)
    return body
  }
}

extension Transfer: CustomStringConvertible {
  public var description: String {
    "“\(id)”: \(amount.value) from \(debit.name) to \(credit.name) (\(kind.rawValue), \(reference))"
  }
}

extension Transfer {
  /// In the order of `init(_:)`.
  static let columns = "sequence, id, debit, credit, amount, kind, reference, at"

  /// - Throws: `.malformed` when a name or a kind is not of this version.
  init(_ row: SQLRow) throws(StoreError) {
    guard let debit = Account(name: try row.text(2)), let credit = Account(name: try row.text(3)) else {
      throw .malformed("transfer “\(try row.text(1))” is between “\(try row.text(2))” and “\(try row.text(3))”")
    }
    guard let kind = Kind(rawValue: try row.text(5)) else {
      throw .malformed("transfer “\(try row.text(1))” is of the kind “\(try row.text(5))”")
    }
    self.init(
      id: try row.text(1), debit: debit, credit: credit, amount: try row.amount(4), kind: kind,
      reference: try row.text(6), at: try row.time(7))
  }
}
