import Stratum

/// What accounts hold.
public enum Balances {
  /// Zero for an account that nothing was ever booked to.
  public static func balance(of account: Account, _ sql: any SQL) throws -> AtomicUnits {
    try sql.first("SELECT balance FROM accounts WHERE name = ?", .text(account.name))?.amount(0) ?? .zero
  }

  /// Whether anything was ever booked to it.
  public static func exists(_ account: Account, _ sql: any SQL) throws -> Bool {
    try sql.first("SELECT 1 FROM accounts WHERE name = ?", .text(account.name)) != nil
  }

  /// In the order of their names, from behind `after`.
  public static func all(after: String = "", limit: Int = 1_000, _ sql: any SQL) throws -> [AccountBalance] {
    try sql.run(
      "SELECT name, balance FROM accounts WHERE name > ? ORDER BY name LIMIT ?", .text(after), .number(max(0, limit))
    ).rows.map { AccountBalance(name: try $0.text(0), balance: try $0.amount(1)) }
  }

  /// The sum of all balances, which is zero.
  public static func imbalance(_ sql: any SQL) throws -> AtomicUnits {
    try sql.first("SELECT CAST(coalesce(sum(balance), 0) AS BIGINT) FROM accounts")?.amount(0) ?? .zero
  }

  /// What miners have earned and were not paid yet: the sum of their accounts.
  public static func pending(_ sql: any SQL) throws -> AtomicUnits {
    try sql.first(
      "SELECT CAST(coalesce(sum(balance), 0) AS BIGINT) FROM accounts WHERE name LIKE ? AND balance > 0",
      .text(Account.miner("%").name)
    )?.amount(0) ?? .zero
  }

  /// Accounts whose stored balance is not what their transfers sum up to. Reads every transfer.
  public static func mismatches(_ sql: any SQL) throws -> [BalanceMismatch] {
    try sql.run(
      """
      SELECT name, balance, CAST(coalesce(moved, 0) AS BIGINT) FROM accounts LEFT JOIN (
          SELECT account, sum(amount) AS moved FROM (
            SELECT credit AS account, amount FROM transfers UNION ALL SELECT debit, -amount FROM transfers
          ) parts GROUP BY account
        ) sums ON sums.account = accounts.name
        WHERE balance <> coalesce(moved, 0) ORDER BY name
      """
    ).rows.map { row in
      BalanceMismatch(name: try row.text(0), stored: try row.amount(1), transferred: try row.amount(2))
    }
  }

  public static func miner(_ address: String, _ sql: any SQL) throws -> MinerBalance {
    let account = Account.miner(address)
    let immature = try sql.first(
      """
      SELECT CAST(coalesce(sum(CASE WHEN blocks.scheme = 'solo' THEN bonus ELSE base + bonus END), 0) AS BIGINT)
        FROM block_lines JOIN blocks ON blocks.hash = block_lines.block
        WHERE block_lines.account = ? AND bookings % 2 = 0
          AND blocks.status IN ('found', 'submitted', 'immature', 'mature')
      """, .text(address))
    // A batch that holds nothing any more has settled.
    let payouts = try sql.first(
      """
      SELECT CAST(coalesce(sum(CASE WHEN batch.balance = 0 THEN moved ELSE 0 END), 0) AS BIGINT),
          CAST(coalesce(sum(CASE WHEN batch.balance = 0 THEN 0 ELSE moved END), 0) AS BIGINT)
        FROM (
          SELECT credit AS name, amount AS moved FROM transfers WHERE debit = ? AND kind = 'payout'
          UNION ALL SELECT debit, -amount FROM transfers WHERE credit = ? AND kind = 'release'
        ) moves JOIN accounts batch ON batch.name = moves.name
      """, .text(account.name), .text(account.name))
    return MinerBalance(
      confirmed: try balance(of: account, sql), immature: try immature?.amount(0) ?? .zero,
      paid: try payouts?.amount(0) ?? .zero, underway: try payouts?.amount(1) ?? .zero)
  }
}

public struct AccountBalance: Equatable, Sendable {
  public var name: String
  public var balance: AtomicUnits
}

public struct BalanceMismatch: Equatable, Sendable {
  public var name: String
  public var stored: AtomicUnits
  public var transferred: AtomicUnits
}

/// What an address has here.
public struct MinerBalance: Equatable, Sendable {
  /// Can be paid. Below zero when a block was reversed after its money had been paid out.
  public var confirmed: AtomicUnits
  /// Of blocks that are not booked and may be.
  public var immature: AtomicUnits
  public var paid: AtomicUnits
  /// In batches that have not settled.
  public var underway: AtomicUnits

  public init(confirmed: AtomicUnits, immature: AtomicUnits, paid: AtomicUnits, underway: AtomicUnits) {
    self.confirmed = confirmed
    self.immature = immature
    self.paid = paid
    self.underway = underway
  }
}
