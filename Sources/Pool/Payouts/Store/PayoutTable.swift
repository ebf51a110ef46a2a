import Stratum

/// The rows of payout batches, and the money that they hold. All within a transaction of `Database.write`.
public struct PayoutTable: Sendable {
  public let pool: String

  public init(pool: String) { self.pool = pool }

  /// Reserves new batches: the accounts are debited, and each batch holds its sum.
  public func reserve(_ orders: [PayoutOrder], at now: UnixTime, _ sql: any SQL) throws {
    for order in orders {
      let batch = PayoutBatch(order: order, since: now)
      try sql.run(
        """
        INSERT INTO batches (id, pool, state, version, body, total, txid, created_at, updated_at)
          VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?)
        """, .text(order.id.text), .text(pool), .text(batch.state.label), .integer(batch.version),
        .text(try PayoutForm(batch).json), .amount(order.total), .time(now), .time(now))
      try sql.insert(
        into: "batch_items", ["batch", "line", "account", "address", "gross", "net"], Array(order.outputs.enumerated()),
        conflict: nil
      ) { row, writer in
        writer.text(order.id.text)
        writer.integer(Int64(row.offset))
        writer.text(row.element.address)
        writer.text(row.element.address)
        writer.integer(row.element.amount.value)
        writer.integer(row.element.amount.value)
      }
      try Ledger.post(
        order.outputs.enumerated().map { line, output in
          Transfer(
            id: "payout:\(order.id):\(line)", debit: .miner(output.address), credit: .payout(order.id.text),
            amount: output.amount, kind: .payout, reference: order.id.text, at: now)
        }, sql)
      try record(batch, at: now, sql)
    }
  }

  /// Stores a change over the version that it was made from, and books what goes with it. `false`, and nothing is
  /// changed, when another has changed the batch meanwhile.
  public func store(_ change: PayoutTransition, over old: PayoutBatch, at now: UnixTime, _ sql: any SQL) throws -> Bool
  {
    let batch = change.batch
    let stored = try sql.run(
      "UPDATE batches SET state = ?, version = ?, body = ?, txid = ?, updated_at = ? WHERE id = ? AND version = ?",
      .text(batch.state.label), .integer(batch.version), .text(try PayoutForm(batch).json),
      batch.transaction.map { .text($0.txid.displayHex) } ?? .null, .time(now), .text(batch.order.id.text),
      .integer(old.version))
    guard stored.changed == 1 else { return false }
    if case .signed(let payout) = batch.state {
      for (line, amount) in payout.amounts.enumerated() {
        try sql.run(
          "UPDATE batch_items SET net = ? WHERE batch = ? AND line = ?", .amount(amount), .text(batch.order.id.text),
          .number(line))
      }
    }
    if let booking = change.booking { try Ledger.post(transfers(booking, batch.order, at: now), sql) }
    try record(batch, at: now, sql)
    return true
  }

  private func transfers(_ booking: PayoutBooking, _ order: PayoutOrder, at now: UnixTime) throws -> [Transfer] {
    let id = order.id.text
    let held = Account.payout(id)
    switch booking {
    case .giveBack:
      return order.outputs.enumerated().map { line, output in
        Transfer(
          id: "release:\(id):\(line)", debit: held, credit: .miner(output.address), amount: output.amount,
          kind: .release, reference: id, at: now)
      }
    case .settle(let fee):
      // What the miners bear is part of what they were debited; what the pool bears is its own cost.
      let paid = order.fees == .miners ? try order.total.subtracting(fee) : order.total
      let moves: [(String, Account, Account, AtomicUnits, Transfer.Kind)] =
        [("settlement", held, .wallet, paid, .settlement)]
        + (order.fees == .miners ? [("fee-share", held, .networkFees, fee, .networkFee)] : [])
        + [("fee", .networkFees, .wallet, fee, .networkFee)]
      return moves.filter { $0.3 > .zero }.map { name, debit, credit, amount, kind in
        Transfer(
          id: "\(name):\(id)", debit: debit, credit: credit, amount: amount, kind: kind, reference: id, at: now)
      }
    }
  }

  private func record(_ batch: PayoutBatch, at now: UnixTime, _ sql: any SQL) throws {
    var body = AuditBody()
    body.add("batch", batch.order.id.text)
    body.add("state", batch.state.label)
    body.add("version", batch.version)
    body.add("digest", Hex.encode(batch.order.digest))
    body.add("total", batch.order.total.value)
    if let transaction = batch.transaction {
      body.add("txid", transaction.txid.displayHex)
      body.add("fee", transaction.fee.value)
    }
    if case .review(let reason, _) = batch.state { body.add("reason", reason) }
    if case .cancelled(let reason) = batch.state { body.add("reason", reason) }
    try AuditLog.append([AuditEntry(kind: "payout", body: body, at: now)], sql)
  }

  public func find(_ id: PayoutBatchID, _ sql: any SQL) throws -> PayoutBatch? {
    try batches("WHERE pool = ? AND id = ?", [.text(pool), .text(id.text)], sql).first?.batch
  }

  /// Those that are on their way, oldest first.
  public func open(_ sql: any SQL) throws -> [PayoutBatch] {
    try batches(
      "WHERE pool = ? AND state NOT IN ('final', 'conflicted', 'cancelled') ORDER BY created_at, id", [.text(pool)], sql
    ).map(\.batch)
  }

  /// Newest first.
  public func newest(_ limit: Int, _ sql: any SQL) throws -> [StoredPayout] {
    try batches("WHERE pool = ? ORDER BY created_at DESC, id LIMIT ?", [.text(pool), .number(max(0, limit))], sql)
  }

  /// Every batch that has a transaction, which has taken or may take money out of the wallet.
  public func withTransactions(_ sql: any SQL) throws -> [PayoutBatch] {
    try batches("WHERE pool = ? AND txid IS NOT NULL ORDER BY created_at, id", [.text(pool)], sql).map(\.batch)
  }

  private func batches(_ condition: String, _ values: [SQLValue], _ sql: any SQL) throws -> [StoredPayout] {
    try sql.run("SELECT id, pool, version, body, created_at, updated_at FROM batches \(condition)", values).rows.map {
      StoredPayout(
        batch: try PayoutForm.batch(
          id: try $0.text(0), pool: try $0.text(1), version: try $0.integer(2), body: try $0.text(3)),
        createdAt: try $0.time(4), updatedAt: try $0.time(5))
    }
  }

  /// What addresses have, with the thresholds that they set: who has nothing is left out.
  public func candidates(_ sql: any SQL) throws -> [(address: String, balance: AtomicUnits, threshold: AtomicUnits?)] {
    try sql.run(
      """
      SELECT substr(accounts.name, 7), balance, threshold FROM accounts
        LEFT JOIN payout_settings ON payout_settings.account = substr(accounts.name, 7)
        WHERE name LIKE 'miner:%' AND balance > 0
      """
    ).rows.map { (try $0.text(0), try $0.amount(1), $0.isNull(2) ? nil : try $0.amount(2)) }
  }
}

/// A batch with its times.
public struct StoredPayout: Equatable, Sendable {
  public var batch: PayoutBatch
  public var createdAt: UnixTime
  public var updatedAt: UnixTime
}

/// One miner's part of a batch.
public struct Payment: Equatable, Sendable {
  public var address: String
  /// What the address gets, or was to get.
  public var amount: AtomicUnits
  /// The batch's.
  public var state: String
  public var batch: String
  public var txid: String?
  public var at: UnixTime
}

extension PayoutTable {
  /// Newest first.
  /// - Parameter address: `nil` for everybody.
  public func payments(to address: String?, limit: Int, offset: Int = 0, _ sql: any SQL) throws -> [Payment] {
    let condition = address == nil ? "" : "AND account = ?"
    return try sql.run(
      """
      SELECT address, net, state, batches.id, txid, created_at FROM batch_items JOIN batches ON batches.id = batch
        WHERE pool = ? \(condition) ORDER BY created_at DESC, batches.id, line LIMIT ? OFFSET ?
      """, [.text(pool)] + (address.map { [.text($0)] } ?? []) + [.number(max(0, limit)), .number(max(0, offset))]
    ).rows.map {
      Payment(
        address: try $0.text(0), amount: try $0.amount(1), state: try $0.text(2), batch: try $0.text(3),
        txid: $0.isNull(4) ? nil : try $0.text(4), at: try $0.time(5))
    }
  }
}
