import Stratum

/// Double entry in the database. Every movement is a transfer with an id, and each has its record in the audit.
///
/// All of it within a transaction of `Database.write`, in which money is never moved by two at once.
public enum Ledger {
  /// Posts those that were not posted before, in order: checks all, then writes all.
  ///
  /// The same id with the same content is not posted again; `at` is no content.
  /// - Returns: how many were new.
  /// - Throws: having changed nothing. After `.store` the transaction is lost.
  @discardableResult
  public static func post(_ transfers: [Transfer], _ sql: any SQL) throws(LedgerError) -> Int {
    for transfer in transfers {
      guard transfer.debit != transfer.credit else { throw .sameAccount(transfer) }
      guard transfer.amount > .zero, transfer.amount < Transfer.limit else { throw .amountOutOfRange(transfer) }
    }
    do {
      let new = try notPosted(transfers, sql)
      guard !new.isEmpty else { return 0 }
      try checkFunds(new, sql)
      // From here on nothing can fail but the database.
      try open(Set(new.flatMap { [$0.debit, $0.credit] }), sql)
      let first = try AuditLog.append(
        new.map { AuditEntry(kind: AuditEntry.transferKind, body: $0.auditBody, at: $0.at) }, sql)
      try insert(new, from: first, sql)
      return new.count
    } catch let error as LedgerError {
      throw error
    } catch {
      throw .store(StoreError(error))
    }
  }

  /// The posted transfers of a reference (a block's hash, a batch's id), in the order in which they were posted.
  public static func transfers(of reference: String, _ sql: any SQL) throws -> [Transfer] {
    try sql.run(
      "SELECT \(Transfer.columns) FROM transfers WHERE reference = ? ORDER BY sequence", .text(reference)
    ).rows.map(Transfer.init)
  }

  private static func notPosted(_ transfers: [Transfer], _ sql: any SQL) throws -> [Transfer] {
    var known: [String: Transfer] = [:]
    let rows = try sql.rows(of: transfers.map(\.id)) { marks in
      "SELECT \(Transfer.columns) FROM transfers WHERE id IN (\(marks))"
    }
    for row in rows {
      let posted = try Transfer(row)
      known[posted.id] = posted
    }
    var new: [Transfer] = []
    for transfer in transfers {
      if let posted = known[transfer.id] {
        guard posted.moves(as: transfer) else { throw LedgerError.otherContent(posted: posted, given: transfer) }
      } else {
        known[transfer.id] = transfer
        new.append(transfer)
      }
    }
    return new
  }

  /// Transfer by transfer, as the database will see them: the same answer from every database, and a sentence with it.
  private static func checkFunds(_ transfers: [Transfer], _ sql: any SQL) throws {
    func isGuarded(_ transfer: Transfer) -> Bool {
      transfer.debit.minimum != nil || transfer.debit.isOverdrawnByReversalsOnly && transfer.kind != .reversal
    }
    var balances: [Account: AtomicUnits] = [:]
    for account in Set(transfers.filter(isGuarded).map(\.debit)) {
      balances[account] = try Balances.balance(of: account, sql)
    }
    guard !balances.isEmpty else { return }
    for transfer in transfers {
      if let held = balances[transfer.debit] {
        if isGuarded(transfer), held < transfer.amount {
          throw LedgerError.insufficient(transfer, holds: held)
        }
        balances[transfer.debit] = try held.subtracting(transfer.amount)
      }
      if let held = balances[transfer.credit] { balances[transfer.credit] = try held.adding(transfer.amount) }
    }
  }

  private static func open(_ accounts: Set<Account>, _ sql: any SQL) throws {
    try sql.insert(
      into: "accounts", ["name", "balance", "minimum"], Array(accounts), conflict: "ON CONFLICT (name) DO NOTHING"
    ) { account, writer in
      writer.text(account.name)
      writer.integer(0)
      if let minimum = account.minimum { writer.integer(minimum.value) } else { writer.null() }
    }
  }

  private static func insert(_ transfers: [Transfer], from first: Int64, _ sql: any SQL) throws {
    let columns = ["sequence", "id", "debit", "credit", "amount", "kind", "reference", "at"]
    try sql.insert(into: "transfers", columns, Array(transfers.enumerated()), conflict: nil) { row, writer in
      writer.integer(first + Int64(row.offset))
      writer.text(row.element.id)
      writer.text(row.element.debit.name)
      writer.text(row.element.credit.name)
      writer.integer(row.element.amount.value)
      writer.text(row.element.kind.rawValue)
      writer.text(row.element.reference)
      writer.integer(Int64(row.element.at.seconds))
    }
  }
}
