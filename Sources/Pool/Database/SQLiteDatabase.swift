import Foundation
import GRDB
import GRDBSQLite
import Stratum

/// One SQLite file. Several processes may have it open; its one writer is theirs in turn.
public final class SQLiteDatabase: Database {
  public let name: String
  private let path: String
  private let pool: DatabasePool
  private let migrator: DatabaseMigrator

  /// Opens or creates the file; its directory must exist. Call `migrate` before anything else.
  /// - Parameter unnamedPool: whose the shares are that were stored before pools had names in the database.
  public init(path: String, unnamedPool: String = "zion") throws(StoreError) {
    self.path = path
    migrator = SQLiteSchema.migrator(pool: unnamedPool)
    name = "sqlite:\(path)"
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(10)
      configuration.maximumReaderCount = 4
      configuration.prepareDatabase { database in
        database.add(function: WorkFunctions.add)
        database.add(function: WorkFunctions.sum)
      }
      pool = try DatabasePool(path: path, configuration: configuration)
      // GRDB sets NORMAL after opening, which may lose the last commits with the power.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    } catch {
      throw .unavailable("\(path): \(error)")
    }
  }

  public func read<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value {
    do {
      return try await pool.read { try body(SQLiteSQL(database: $0)) }
    } catch {
      throw Self.explain(error)
    }
  }

  public func write<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value {
    do {
      return try await pool.write { try body(SQLiteSQL(database: $0)) }
    } catch {
      throw Self.explain(error)
    }
  }

  public func take<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value {
    try await write(body)
  }

  public func migrate() async throws -> [String] {
    do {
      let before = try await pool.read { try migrator.appliedMigrations($0) }
      try migrator.migrate(pool)
      return migrator.migrations.filter { !before.contains($0) }
    } catch {
      throw Self.explain(error)
    }
  }

  public func migrations() async throws -> (made: [String], open: [String]) {
    do {
      let made = try await pool.read { try migrator.appliedIdentifiers($0) }
      let known = migrator.migrations
      return (known.filter(made.contains) + made.subtracting(known).sorted(), known.filter { !made.contains($0) })
    } catch {
      throw Self.explain(error)
    }
  }

  public func status() async throws -> DatabaseStatus {
    let (made, open) = try await migrations()
    let (name, path) = (name, path)
    return try await read { sql in try SQLiteStatus.read(sql, name: name, path: path, made: made, open: open) }
  }

  public func maintain(pool name: String, now: UnixTime, retentionDays: Int) async throws {
    let oldest = Int64(now.seconds) / 86_400 - Int64(retentionDays)
    // A piece at a time: one long delete would keep miners' shares waiting.
    while try await write({ sql in
      try sql.run(
        "DELETE FROM shares WHERE id IN (SELECT id FROM shares WHERE pool = ? AND time < ? LIMIT 20000)",
        .text(name), .integer(oldest * 86_400_000)
      ).changed
    }) > 0 {}
  }

  public func lease(_ right: String) async throws -> (any DatabaseLease)? {
    try FileLease(path: "\(path).\(right).lock")
  }

  static func explain(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_CONSTRAINT: return StoreError.refused(error.message ?? "\(error)")
    default: return StoreError.unavailable("\(error)")
    }
  }
}

/// SQLite knows no numbers of 128 bits: work is bytes there, and these add it.
private enum WorkFunctions {
  static let add = DatabaseFunction("work_add", argumentCount: 2, pure: true) { values in
    (work(values[0]) + work(values[1])).bigEndianData
  }

  static let sum = DatabaseFunction("work_sum", argumentCount: 1, pure: true, aggregate: Sum.self)

  struct Sum: DatabaseAggregate {
    private var total = ShareWork.zero
    mutating func step(_ values: [DatabaseValue]) { total += work(values[0]) }
    func finalize() -> (any DatabaseValueConvertible)? { total.bigEndianData }
  }

  private static func work(_ value: DatabaseValue) -> ShareWork {
    ShareWork(hashes: (Data.fromDatabaseValue(value) ?? Data()).reduce(0) { $0 << 8 | UInt128($1) })
  }
}

extension ShareWork {
  fileprivate var bigEndianData: Data { Data(bigEndianBytes) }
}

/// A connection of GRDB within a transaction.
struct SQLiteSQL: SQL {
  let database: GRDB.Database

  @discardableResult
  func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> SQLResult {
    do {
      let statement = try database.cachedStatement(sql: sql)
      try statement.setArguments(StatementArguments(values.map(\.databaseValue)))
      let before = database.totalChangesCount
      let cursor = try Row.fetchCursor(statement)
      var rows: [SQLRow] = []
      while try cursor.next() != nil {
        rows.append(SQLRow(at: statement))
      }
      return SQLResult(rows: rows, changed: database.totalChangesCount - before)
    } catch {
      throw StoreError(SQLiteDatabase.explain(error))
    }
  }

  func insert<Row>(
    into table: String, _ columns: [String], _ rows: [Row], conflict: String?,
    _ fill: (Row, inout SQLRowWriter) -> Void
  ) throws(StoreError) {
    do {
      let marks = columns.map { _ in "?" }.joined(separator: ", ")
      let statement = try database.cachedStatement(
        sql: "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES (\(marks)) \(conflict ?? "")")
      var writer = SQLRowWriter(form: .values)
      for row in rows {
        writer.beginRow()
        fill(row, &writer)
        try statement.execute(arguments: StatementArguments(writer.values.map(\.databaseValue)))
      }
    } catch {
      throw StoreError(SQLiteDatabase.explain(error))
    }
  }

  // One table has all days.
  func makeRoom(pool: String, days: [Int64]) {}
}

extension SQLValue {
  fileprivate var databaseValue: DatabaseValue {
    switch self {
    case .null: .null
    case .integer(let number): number.databaseValue
    case .text(let text): text.databaseValue
    case .bytes(let bytes): Data(bytes).databaseValue
    case .work(let work): work.bigEndianData.databaseValue
    }
  }

  fileprivate init(_ statement: OpaquePointer, column: Int32) {
    switch sqlite3_column_type(statement, column) {
    case SQLITE_INTEGER: self = .integer(sqlite3_column_int64(statement, column))
    case SQLITE_FLOAT: self = .text("\(sqlite3_column_double(statement, column))")
    case SQLITE_TEXT:
      // The length is asked for after the text, which may have to be converted first.
      let text = sqlite3_column_text(statement, column)
      let bytes = UnsafeRawBufferPointer(start: text, count: Int(sqlite3_column_bytes(statement, column)))
      self = .text(String(decoding: bytes, as: UTF8.self))
    case SQLITE_BLOB:
      let bytes = sqlite3_column_blob(statement, column)
      self = .bytes(
        Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column)))))
    default: self = .null
    }
  }
}

extension SQLRow {
  /// The row that a statement is at, read where SQLite has it: a page of a miner is a thousand rows, and GRDB's own rows
  /// cost several times as much.
  init(at statement: Statement) {
    let columns = 0..<sqlite3_column_count(statement.sqliteStatement)
    self.init(columns.map { SQLValue(statement.sqliteStatement, column: $0) })
  }
}
