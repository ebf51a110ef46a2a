import Stratum

/// Payments and movements of money, a page at a time.
extension PoolFigures {
  /// A batch whose transaction was sent, and may still be undone only by a reorganisation.
  private static let paidStates = "('sent', 'seen', 'confirmed', 'final')"

  /// What was sent to miners, newest first, and how many there are.
  /// - Parameter address: `nil` for everybody.
  public func payments(
    to address: String?, limit: Int, offset: Int, _ sql: any SQL
  ) throws -> (payments: [(id: Int64, payment: Payment)], total: Int) {
    let condition =
      "FROM batch_items JOIN batches ON batches.id = batch WHERE pool = ? AND txid IS NOT NULL AND state IN "
      + Self.paidStates + (address == nil ? "" : " AND account = ?")
    let values = [SQLValue.text(pool)] + (address.map { [.text($0)] } ?? [])
    let total: Int = try sql.run("SELECT count(*) \(condition)", values).rows.first?.number(0) ?? 0
    let rows = try sql.run(
      """
      SELECT address, net, state, batches.id, txid, created_at, line \(condition)
        ORDER BY created_at DESC, batches.id, line LIMIT ? OFFSET ?
      """, values + [.number(limit), .number(offset)]
    ).rows
    return (
      try rows.map { row in
        let payment = Payment(
          address: try row.text(0), amount: try row.amount(1), state: try row.text(2), batch: try row.text(3),
          txid: try row.text(4), at: try row.time(5))
        return (Int64(payment.at.seconds) << 20 | (try row.integer(6) & 0xfffff), payment)
      }, total
    )
  }

  /// All that was sent since ever, and since a time (seconds since 1970).
  public func paid(to address: String?, since: Int64, _ sql: any SQL) throws -> (all: Int64, since: Int64) {
    let row = try sql.run(
      """
      SELECT CAST(coalesce(sum(net), 0) AS BIGINT),
          CAST(coalesce(sum(CASE WHEN created_at >= ? THEN net ELSE 0 END), 0) AS BIGINT)
        FROM batch_items JOIN batches ON batches.id = batch WHERE pool = ? AND txid IS NOT NULL
          AND state IN \(Self.paidStates) \(address == nil ? "" : "AND account = ?")
      """, [.integer(since), .text(pool)] + (address.map { [.text($0)] } ?? [])
    ).rows.first
    return (try row?.integer(0) ?? 0, try row?.integer(1) ?? 0)
  }

  /// What was sent to an address on each UTC day (its beginning, seconds since 1970), newest first.
  public func paidByDay(
    to address: String, limit: Int, offset: Int, _ sql: any SQL
  ) throws -> (days: [(day: Int64, amount: Int64)], total: Int) {
    let source =
      """
      FROM (SELECT created_at / 86400 * 86400 AS day, net FROM batch_items JOIN batches ON batches.id = batch
        WHERE pool = ? AND account = ? AND txid IS NOT NULL AND state IN \(Self.paidStates)) AS paid
      """
    let values: [SQLValue] = [.text(pool), .text(address)]
    let total: Int =
      try sql.run("SELECT count(*) FROM (SELECT day \(source) GROUP BY day) AS days", values).rows.first?.number(0) ?? 0
    let rows = try sql.run(
      "SELECT day, CAST(sum(net) AS BIGINT) \(source) GROUP BY day ORDER BY day DESC LIMIT ? OFFSET ?",
      values + [.number(limit), .number(offset)]
    ).rows
    return (try rows.map { (try $0.integer(0), try $0.integer(1)) }, total)
  }

  /// What was booked to an account and from it, newest first, and how often in all.
  public func entries(
    of account: Account, limit: Int, offset: Int, _ sql: any SQL
  ) throws -> (entries: [(sequence: Int64, transfer: Transfer)], total: Int) {
    let name = account.name
    let counted = try sql.first(
      "SELECT (SELECT count(*) FROM transfers WHERE credit = ?) + (SELECT count(*) FROM transfers WHERE debit = ?)",
      .text(name), .text(name))
    let rows = try sql.run(
      """
      SELECT \(Transfer.columns) FROM (
          SELECT \(Transfer.columns) FROM transfers WHERE credit = ?
          UNION ALL SELECT \(Transfer.columns) FROM transfers WHERE debit = ?
        ) AS moves ORDER BY sequence DESC LIMIT ? OFFSET ?
      """, .text(name), .text(name), .number(limit), .number(offset)
    ).rows
    return (try rows.map { (try $0.integer(0), try Transfer($0)) }, try counted?.number(0) ?? 0)
  }

  /// What miners have that was not sent yet: their balances, and what batches hold.
  public func owed(_ sql: any SQL) throws -> Int64 {
    let row = try sql.first(
      """
      SELECT CAST(coalesce(sum(balance), 0) AS BIGINT) FROM accounts
        WHERE balance > 0 AND (name LIKE 'miner:%' OR name LIKE 'payout:%')
      """)
    return try row?.integer(0) ?? 0
  }

  /// Batches, newest first, and how many there are.
  public func batches(
    limit: Int, offset: Int, _ sql: any SQL
  ) throws -> (batches: [StoredPayout], total: Int) {
    let table = PayoutTable(pool: pool)
    let total: Int =
      try sql.first("SELECT count(*) FROM batches WHERE pool = ?", .text(pool))?.number(0) ?? 0
    guard offset < total else { return ([], total) }
    return (Array(try table.newest(offset + limit, sql).dropFirst(offset)), total)
  }

  public func batch(_ id: PayoutBatchID, _ sql: any SQL) throws -> StoredPayout? {
    guard let batch = try PayoutTable(pool: pool).find(id, sql),
      let row = try sql.first(
        "SELECT created_at, updated_at FROM batches WHERE pool = ? AND id = ?", .text(pool), .text(id.text))
    else { return nil }
    return StoredPayout(batch: batch, createdAt: try row.time(0), updatedAt: try row.time(1))
  }
}
