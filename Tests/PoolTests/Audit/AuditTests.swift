import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

/// What somebody with access to the database might do to it.
enum Tampering: String, CaseIterable {
  case body, hash, time, kind, recordDeleted, recordsSwapped
  case amount, transferTime, transferDeleted, transferInserted, transferAppended, balance, balancesMoved

  /// Triggers do not stop those who own the tables.
  static func unlock(_ backend: Backend, _ sql: any SQL) throws {
    let triggers = [
      ("transfers", "transfers_move"), ("transfers", "transfers_stay"), ("transfers", "transfers_remain"),
      ("audit", "audit_stays"), ("audit", "audit_remains"),
    ]
    for (table, trigger) in triggers {
      try sql.run("DROP TRIGGER \(trigger)" + (backend == .postgres ? " ON \(table)" : ""))
    }
    try sql.run("CREATE TABLE kept (body TEXT, hash \(backend == .postgres ? "BYTEA" : "BLOB"))")
    if backend == .postgres { try sql.run("ALTER TABLE transfers DROP CONSTRAINT transfers_sequence_fkey") }
  }

  var statements: [String] {
    let insert = { (sequence: Int) in
      """
      INSERT INTO transfers (sequence, id, debit, credit, amount, kind, reference, at)
        VALUES (\(sequence), 'mine', 'wallet', 'miner:a', 5, 'base', '', 0)
      """
    }
    return switch self {
    case .body: ["UPDATE audit SET body = replace(body, '100', '101') WHERE sequence = 3"]
    case .hash:
      [
        "UPDATE audit SET hash = (SELECT hash FROM audit WHERE sequence = 4) WHERE sequence = 3"
      ]
    case .time: ["UPDATE audit SET at = at + 1 WHERE sequence = 3"]
    case .kind: ["UPDATE audit SET kind = 'step' WHERE sequence = 3"]
    // Both backends let go of a record that no transfer stands by.
    case .recordDeleted: ["DELETE FROM audit WHERE sequence = 5"]
    case .recordsSwapped:
      [
        "INSERT INTO kept SELECT body, hash FROM audit WHERE sequence = 3",
        """
        UPDATE audit SET body = (SELECT body FROM audit WHERE sequence = 4),
          hash = (SELECT hash FROM audit WHERE sequence = 4) WHERE sequence = 3
        """,
        "UPDATE audit SET body = (SELECT body FROM kept), hash = (SELECT hash FROM kept) WHERE sequence = 4",
      ]
    case .amount: ["UPDATE transfers SET amount = amount + 1 WHERE sequence = 3"]
    case .transferTime: ["UPDATE transfers SET at = at + 1 WHERE sequence = 3"]
    case .transferDeleted: ["DELETE FROM transfers WHERE sequence = 3"]
    case .transferInserted: [insert(5)]
    case .transferAppended: [insert(99)]
    case .balance: ["UPDATE accounts SET balance = balance + 1 WHERE name = 'miner:a'"]
    case .balancesMoved:
      [
        "UPDATE accounts SET balance = balance + 1 WHERE name = 'miner:a'",
        "UPDATE accounts SET balance = balance - 1 WHERE name = 'wallet'",
      ]
    }
  }

  var expected: (what: AuditFault.What, sequence: Int64?) {
    switch self {
    case .body, .hash, .time, .kind, .recordsSwapped: (.recordChanged, 3)
    case .recordDeleted: (.recordMissing, 5)
    case .amount, .transferTime: (.transferChanged, 3)
    case .transferDeleted: (.transferMissing, 3)
    case .transferInserted: (.transferWithoutRecord, 5)
    case .transferAppended: (.transferWithoutRecord, 99)
    case .balance, .balancesMoved: (.balance(account: "miner:a"), nil)
    }
  }
}

@Suite struct AuditTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("audit") }

  /// Records 1 to 8: transfers, but for a step of a payment as record 5.
  private func database(_ backend: Backend) async throws -> any Pool.Database {
    let database = try await backend.database(in: folder)
    try await database.write { sql in
      try Ledger.post((1...4).map { .numbered($0) }, sql)
      var body = AuditBody()
      body.add("batch", "b-1")
      try AuditLog.append([AuditEntry(kind: "step", body: body, at: testTime)], sql)
      try Ledger.post((5...7).map { .numbered($0, to: .miner("b")) }, sql)
    }
    return database
  }

  @Test(arguments: Backend.allCases)
  func `an untouched audit is right, whatever the size of pages`(backend: Backend) async throws {
    let database = try await database(backend)
    let seen = Mutex<[Int64]>([])
    let report = try await AuditVerifier(database: database, pageSize: 3).verify { done, total in
      seen.withLock { $0.append(done * 100 + total) }
    }
    #expect(seen.withLock { $0 } == [308, 608, 808])
    #expect(report.fault == nil)
    #expect(report.transfers == 7)
    #expect(report.head == (try await database.read { sql in try AuditLog.head(sql) }))
    for size: Int64 in [1, 2, 8, 100] {
      #expect(try await AuditVerifier(database: database, pageSize: size).verify() == report)
    }
  }

  @Test(arguments: Backend.allCases)
  func `nothing recorded is right too`(backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    let report = try await AuditVerifier(database: database).verify()
    #expect(report == AuditReport(head: AuditHead(sequence: 0, hash: AuditLog.genesis), transfers: 0, fault: nil))
  }

  @Test(arguments: Tampering.allCases, Backend.allCases)
  func `whatever is changed behind its back is named`(tampering: Tampering, backend: Backend) async throws {
    // SQLite checks that a transfer has a record; PostgreSQL's rule was dropped.
    if tampering == .transferAppended, backend == .sqlite { return }
    let database = try await database(backend)
    try await database.write { sql in
      try Tampering.unlock(backend, sql)
      for statement in tampering.statements { #expect(try sql.run(statement).changed > 0) }
    }
    for size: Int64 in [1, 3, 100] {
      let fault = try #require(try await AuditVerifier(database: database, pageSize: size).verify().fault)
      #expect(fault.what == tampering.expected.what)
      #expect(fault.sequence == tampering.expected.sequence)
      #expect(fault.expected != fault.found)
    }
  }

  @Test(arguments: Backend.allCases)
  func `one flipped bit in a hash or a body is enough`(backend: Backend) async throws {
    let database = try await database(backend)
    try await database.write { sql in try Tampering.unlock(backend, sql) }
    for column in ["hash", "body"] {
      let original = try await database.read { sql in
        try #require(try sql.first("SELECT \(column) FROM audit WHERE sequence = 6")).values[0]
      }
      let flipped: SQLValue
      switch original {
      case .bytes(var bytes):
        bytes[31] ^= 1
        flipped = .bytes(bytes)
      case .text(let text): flipped = .text(text.replacing("wallet", with: "wallds"))
      default: throw StoreError.malformed("\(original)")
      }
      let put = { (value: SQLValue) async throws in
        _ = try await database.write { sql in try sql.run("UPDATE audit SET \(column) = ? WHERE sequence = 6", value) }
      }
      try await put(flipped)
      let fault = try await AuditVerifier(database: database).verify().fault
      #expect(fault?.what == .recordChanged)
      #expect(fault?.sequence == 6)
      try await put(original)
      #expect(try await AuditVerifier(database: database).verify().fault == nil)
    }
  }

  @Test(arguments: Backend.allCases)
  func `a chain that was cut off or written anew does not hold the head that was written down`(
    backend: Backend
  ) async throws {
    let database = try await database(backend)
    let head = try await database.read { sql in try AuditLog.head(sql) }
    #expect(try await AuditVerifier(database: database).verify(expecting: head).fault == nil)
    _ = try await database.post(.numbered(8))
    #expect(try await AuditVerifier(database: database).verify(expecting: head).fault == nil)
    let other = AuditHead(sequence: head.sequence, hash: AuditLog.genesis)
    let changed = try await AuditVerifier(database: database).verify(expecting: other).fault
    #expect(changed?.what == .chainCutOff)
    #expect(changed?.sequence == 8)
    let further = AuditHead(sequence: 20, hash: head.hash)
    #expect(try await AuditVerifier(database: database).verify(expecting: further).fault?.what == .chainCutOff)
  }

  @Test(arguments: Backend.allCases)
  func `the export has a line for each record`(backend: Backend) async throws {
    let database = try await database(backend)
    _ = try await database.post(.numbered(8, to: .miner("=1+2,\"x\""), reference: "+r"))
    let text = Mutex("")
    try await AuditExport(database: database, pageSize: 2).run { part in text.withLock { $0 += part } }
    let lines = text.withLock { $0 }.split(separator: "\r\n").map(String.init)
    #expect(lines.count == 10)
    #expect(lines[0] == "sequence,time,record,transfer,debit,credit,amount,kind,reference,body,hash")
    #expect(lines[1].hasPrefix("1,1800000000,transfer,t1,wallet,miner:a,100,base,r,\"{\"\"id\"\":\"\"t1\"\","))
    #expect(lines[5].hasPrefix("5,1800000000,step,,,,,,,\"{\"\"batch\"\":\"\"b-1\"\"}\","))
    #expect(lines[9].hasPrefix("9,1800000000,transfer,t8,wallet,\"miner:=1+2,\"\"x\"\"\",100,base,'+r,"))
  }

  @Test func `a cell is no formula and stays one cell`() {
    #expect(CSVText.cell("plain") == "plain")
    #expect(CSVText.cell("=1+1") == "'=1+1")
    #expect(CSVText.cell("@SUM(A1)") == "'@SUM(A1)")
    #expect(CSVText.cell("\tx") == "'\tx")
    #expect(CSVText.cell("-5") == "-5")
    #expect(CSVText.cell("-5+1") == "'-5+1")
    #expect(CSVText.cell("a,b") == "\"a,b\"")
    #expect(CSVText.cell("a\r\nb\"c") == "\"a\r\nb\"\"c\"")
    #expect(CSVText.cell("") == "")
  }

  @Test func `a body is one line with its fields in order`() {
    var body = AuditBody()
    #expect(body.text == "{}")
    body.add("name", "a\"b\\c\n\u{7f}é")
    body.add("number", -7)
    #expect(body.text == #"{"name":"a\"b\\c\u000a\u007fé","number":-7}"#)
  }
}
