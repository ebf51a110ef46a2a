import Stratum

/// What a wallet and the chain say, to be held against the ledger.
public struct WalletReading: Equatable, Sendable {
  public var spendable: AtomicUnits
  /// Coinbases that are in the chain and cannot be spent yet.
  public var immature: AtomicUnits
  /// Of every batch that has a transaction.
  public var payments: [Payment]

  public struct Payment: Equatable, Sendable {
    public var batch: String
    public var txid: Hash256
    /// What leaves the wallet by it: outputs to others and the network's fee.
    public var amount: AtomicUnits
    public var status: TransactionStatus

    public init(batch: String, txid: Hash256, amount: AtomicUnits, status: TransactionStatus) {
      self.batch = batch
      self.txid = txid
      self.amount = amount
      self.status = status
    }
  }

  public init(spendable: AtomicUnits, immature: AtomicUnits, payments: [Payment]) {
    self.spendable = spendable
    self.immature = immature
    self.payments = payments
  }
}

/// The ledger beside wallet and chain: what the wallet should hold, what it holds, and every difference.
public struct Reconciliation: Equatable, Sendable {
  /// What the ledger says that the wallet holds: minus the balance of its account.
  public var booked: AtomicUnits
  /// Blocks that are in the chain and not booked yet.
  public var pending: AtomicUnits
  /// Payments that have left the wallet and are not settled in the ledger yet.
  public var underway: AtomicUnits
  /// Spendable and immature.
  public var held: AtomicUnits
  /// What is owed to miners: their balances, and what batches hold.
  public var owed: AtomicUnits
  /// Bonuses that were credited and whose coins nobody has brought yet.
  public var unfundedBonus: AtomicUnits
  public var differences: [Difference]

  public enum Difference: Hashable, Sendable {
    /// The balances of the ledger do not sum up to zero.
    case imbalance(AtomicUnits)
    /// The wallet holds more or less than it should.
    case wallet(expected: AtomicUnits, held: AtomicUnits)
    /// Settled in the ledger, and the chain does not have it.
    case settledWithoutPayment(batch: String, settled: AtomicUnits, txid: Hash256)
    /// The chain has another amount than the ledger.
    case amount(batch: String, settled: AtomicUnits, paid: AtomicUnits, txid: Hash256)
    /// Settled in the ledger, and nobody names its transaction.
    case settledWithoutTransaction(batch: String, settled: AtomicUnits)
  }

  /// What the wallet should hold.
  public var expected: AtomicUnits {
    AtomicUnits(booked.value.clampedSum(pending.value).clampedSum(-underway.value))
  }

  /// What is owed beyond what was booked into the wallet: payments will have to wait for it.
  public var uncovered: AtomicUnits { max(.zero, AtomicUnits(owed.value.clampedSum(-booked.value))) }

  public var isInOrder: Bool { differences.isEmpty }

  /// - Parameter wallet: read after every write of this process to the ledger; what moves meanwhile shows as a
  ///   difference that is gone at the next look.
  public init(with wallet: WalletReading, _ sql: any SQL) throws {
    booked = AtomicUnits(-(try Balances.balance(of: .wallet, sql)).value)
    pending = try Self.sum(
      """
      SELECT CAST(coalesce(sum(reward), 0) AS BIGINT) FROM blocks
        WHERE bookings % 2 = 0 AND scheme <> 'solo' AND window_last IS NOT NULL AND status IN ('immature', 'mature')
      """, sql)
    held = try wallet.spendable.adding(wallet.immature)
    owed = try Self.sum(
      """
      SELECT CAST(coalesce(sum(balance), 0) AS BIGINT) FROM accounts
        WHERE balance > 0 AND (name LIKE 'miner:%' OR name LIKE 'payout:%')
      """, sql)
    let fund = try Balances.balance(of: .bonusFund, sql).adding(Balances.balance(of: .bonusSource, sql))
    unfundedBonus = max(.zero, AtomicUnits(-fund.value))
    underway = .zero
    differences = []
    let imbalance = try Balances.imbalance(sql)
    if imbalance != .zero { differences.append(.imbalance(imbalance)) }
    try compare(wallet.payments, settled: Self.settled(sql))
    if expected != held { differences.append(.wallet(expected: expected, held: held)) }
  }

  /// Every batch that settled, with what it took out of the wallet.
  private mutating func compare(_ payments: [WalletReading.Payment], settled: [String: AtomicUnits]) throws {
    var rest = settled
    for payment in payments {
      let settled = rest.removeValue(forKey: payment.batch)
      let hasLeft =
        switch payment.status {
        case .mempool, .confirmed: true
        case .unknown, .conflicted: false
        }
      switch (settled, hasLeft) {
      case (nil, true): underway = try underway.adding(payment.amount)
      case (nil, false): break
      case (let settled?, true):
        guard settled != payment.amount else { continue }
        differences.append(
          .amount(batch: payment.batch, settled: settled, paid: payment.amount, txid: payment.txid))
      case (let settled?, false):
        differences.append(.settledWithoutPayment(batch: payment.batch, settled: settled, txid: payment.txid))
      }
    }
    for (batch, amount) in rest.sorted(by: { $0.key < $1.key }) {
      differences.append(.settledWithoutTransaction(batch: batch, settled: amount))
    }
  }

  private static func settled(_ sql: any SQL) throws -> [String: AtomicUnits] {
    var settled: [String: AtomicUnits] = [:]
    let rows = try sql.run(
      """
      SELECT reference, CAST(sum(amount) AS BIGINT) FROM transfers
        WHERE credit = 'wallet' AND kind IN ('settlement', 'network_fee') GROUP BY reference
      """
    ).rows
    for row in rows { settled[try row.text(0)] = try row.amount(1) }
    return settled
  }

  private static func sum(_ statement: String, _ sql: any SQL) throws -> AtomicUnits {
    try sql.first(statement)?.amount(0) ?? .zero
  }
}

extension Reconciliation.Difference: CustomStringConvertible {
  public var description: String {
    switch self {
    case .imbalance(let sum): "the ledger's balances sum up to \(sum.value), not to zero: run `zion audit verify`"
    case .wallet(let expected, let held):
      "the wallet should hold \(expected.value) and holds \(held.value): look for payments that nobody booked, such as "
        + "deposits, withdrawals and fees by hand"
    case .settledWithoutPayment(let batch, let settled, let txid):
      "batch \(batch) is paid in the ledger (\(settled.value)), and the chain does not have its transaction "
        + "\(txid.displayHex): ask another node before anything is sent again"
    case .amount(let batch, let settled, let paid, let txid):
      "batch \(batch) took \(settled.value) in the ledger, and its transaction \(txid.displayHex) took \(paid.value)"
    case .settledWithoutTransaction(let batch, let settled):
      "batch \(batch) is paid in the ledger (\(settled.value)), and no transaction is known for it"
    }
  }
}

extension Int64 {
  fileprivate func clampedSum(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }
}
