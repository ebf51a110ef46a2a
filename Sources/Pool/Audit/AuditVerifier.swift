import Stratum

/// Recomputes the chain, holds every transfer against its record and every record against its transfer, and every
/// balance against the transfers: what one person with access to the database can change is found by anybody who runs
/// this, but for the end of the chain, which only `expecting` protects.
public struct AuditVerifier: Sendable {
  private let database: any Database
  private let pageSize: Int64

  public init(database: any Database, pageSize: Int64 = 2_000) {
    self.database = database
    self.pageSize = max(1, pageSize)
  }

  /// - Parameters:
  ///   - expecting: a head that was written down earlier: the record must be there, with this hash.
  ///   - progress: records that were looked at, and how many there are.
  public func verify(
    expecting: AuditHead? = nil, progress: @escaping @Sendable (Int64, Int64) -> Void = { _, _ in }
  ) async throws -> AuditReport {
    let pageSize = pageSize
    return try await database.read { sql in
      var check = AuditCheck(sql: sql, expected: expecting)
      return try check.run(pageSize: pageSize, progress: progress)
    }
  }
}

/// What a verification found.
public struct AuditReport: Equatable, Sendable {
  /// The last record that was looked at; worth writing down elsewhere.
  public var head: AuditHead
  public var transfers: Int64
  /// The first thing that is wrong; `nil` when everything is right.
  public var fault: AuditFault?
}

/// Something that was changed behind the ledger's back.
public struct AuditFault: Error, Equatable, Sendable, CustomStringConvertible {
  public enum What: Equatable, Sendable {
    case recordMissing, recordChanged, recordUnreadable
    case transferMissing, transferChanged, transferWithoutRecord
    case splitMissing, splitChanged
    case balance(account: String)
    case sum
    case chainCutOff
  }

  public var what: What
  /// The record's number; `nil` for what belongs to none.
  public var sequence: Int64?
  public var expected: String
  public var found: String

  public var description: String {
    let place = sequence.map { "audit record \($0): " } ?? ""
    return "\(place)\(sentence); expected \(expected), found \(found)"
  }

  private var sentence: String {
    switch what {
    case .recordMissing: "the record is missing"
    case .recordChanged: "its hash does not follow from its content and the hash before it"
    case .recordUnreadable: "it cannot be read"
    case .transferMissing: "the transfer that it stands for is missing"
    case .transferChanged: "the transfer that it stands for is another one now"
    case .transferWithoutRecord: "a transfer is here without a record of its own"
    case .splitMissing: "no block has the split that it stands for"
    case .splitChanged: "the split of a block that it stands for is another one now"
    case .balance(let account): "the balance of \(account) is not what its transfers sum up to"
    case .sum: "the balances do not sum up to zero"
    case .chainCutOff: "the chain does not hold the record that was written down"
    }
  }
}

/// One run over one state of the database.
private struct AuditCheck {
  let sql: any SQL
  let expected: AuditHead?
  private var head = AuditHead(sequence: 0, hash: AuditLog.genesis)
  private var transfers: Int64 = 0

  init(sql: any SQL, expected: AuditHead?) {
    self.sql = sql
    self.expected = expected
  }

  mutating func run(pageSize: Int64, progress: (Int64, Int64) -> Void) throws -> AuditReport {
    let last = try AuditLog.head(sql).sequence
    do {
      while head.sequence < last {
        try checkPage(upTo: min(last, head.sequence + pageSize))
        progress(head.sequence, last)
      }
      try checkEnd()
      try checkBalances()
    } catch let fault as AuditFault {
      return AuditReport(head: head, transfers: transfers, fault: fault)
    }
    return AuditReport(head: head, transfers: transfers, fault: nil)
  }

  private mutating func checkPage(upTo last: Int64) throws {
    let first = head.sequence + 1
    let stored = try sql.run(
      "SELECT \(Transfer.columns) FROM transfers WHERE sequence >= ? AND sequence <= ? ORDER BY sequence",
      .integer(first), .integer(last)
    ).rows
    var moved = stored[...]
    let records = try sql.run(
      "SELECT \(AuditRecord.columns) FROM audit WHERE sequence >= ? AND sequence <= ? ORDER BY sequence",
      .integer(first), .integer(last)
    ).rows
    for row in records {
      let record = try check(row)
      var transfer: SQLRow?
      if let next = moved.first, try next.integer(0) == record.sequence { transfer = moved.removeFirst() }
      try check(transfer, of: record)
      if record.kind == StoredSplit.auditKind { try checkSplit(of: record) }
      head = AuditHead(sequence: record.sequence, hash: record.hash)
    }
    if head.sequence < last { throw fault(.recordMissing, head.sequence + 1, "a record", "none") }
    if let extra = moved.first { throw fault(.transferWithoutRecord, try extra.integer(0), "none", Self.text(extra)) }
  }

  private func check(_ row: SQLRow) throws -> AuditRecord {
    let next = head.sequence + 1
    let record: AuditRecord
    do throws(StoreError) {
      record = try AuditRecord(row)
    } catch {
      throw fault(.recordUnreadable, next, "a record", "\(error)")
    }
    guard record.sequence == next else {
      throw fault(.recordMissing, next, "a record", "the next one is \(record.sequence)")
    }
    let hash = record.hash(after: head.hash)
    guard hash == record.hash else {
      throw fault(.recordChanged, next, Hex.encode(hash), "\(Hex.encode(record.hash)) for \(record.body)")
    }
    if let expected, expected.sequence == next, expected.hash != hash {
      throw fault(.chainCutOff, next, Hex.encode(expected.hash), Hex.encode(hash))
    }
    return record
  }

  private mutating func check(_ transfer: SQLRow?, of record: AuditRecord) throws {
    guard record.kind == AuditEntry.transferKind else {
      if let transfer { throw fault(.transferWithoutRecord, record.sequence, "none", Self.text(transfer)) }
      return
    }
    guard let transfer else { throw fault(.transferMissing, record.sequence, record.body, "none") }
    let found = Self.text(transfer)
    guard found == record.body else { throw fault(.transferChanged, record.sequence, record.body, found) }
    let at = transfer.values.last ?? .null
    guard at == .integer(record.at) else { throw fault(.transferChanged, record.sequence, "at \(record.at)", "\(at)") }
    transfers += 1
  }

  private func checkSplit(of record: AuditRecord) throws {
    let row = try sql.first("SELECT hash, pool FROM blocks WHERE split_record = ?", .integer(record.sequence))
    let split = try row.flatMap { try StoredSplit.read($0.hash(0), pool: $0.text(1), sql) }
    guard let split else { throw fault(.splitMissing, record.sequence, record.body, "none") }
    let found = split.body.text
    guard found == record.body else { throw fault(.splitChanged, record.sequence, record.body, found) }
  }

  private func checkEnd() throws {
    let extra = try sql.first(
      "SELECT \(Transfer.columns) FROM transfers WHERE sequence < 1 OR sequence > ? ORDER BY sequence LIMIT 1",
      .integer(head.sequence))
    if let extra { throw fault(.transferWithoutRecord, try extra.integer(0), "none", Self.text(extra)) }
    if let expected, expected.sequence > head.sequence {
      throw fault(.chainCutOff, expected.sequence, Hex.encode(expected.hash), "the end after \(head.sequence)")
    }
  }

  private func checkBalances() throws {
    if let wrong = try Balances.mismatches(sql).first {
      throw fault(.balance(account: wrong.name), nil, "\(wrong.transferred.value)", "\(wrong.stored.value)")
    }
    let sum = try Balances.imbalance(sql)
    guard sum == .zero else { throw fault(.sum, nil, "0", "\(sum.value)") }
  }

  private func fault(_ what: AuditFault.What, _ sequence: Int64?, _ expected: String, _ found: String) -> AuditFault {
    AuditFault(what: what, sequence: sequence, expected: expected, found: found)
  }

  /// What the record of a stored transfer has to say.
  private static func text(_ row: SQLRow) -> String {
    do throws(StoreError) {
      return Transfer.auditBody(
        id: try row.text(1), debit: try row.text(2), credit: try row.text(3), amount: try row.integer(4),
        kind: try row.text(5), reference: try row.text(6)
      ).text
    } catch {
      return "\(error)"
    }
  }
}
