import Stratum

/// A database that the pool's records are in: SQLite or PostgreSQL, with the same tables and the same behaviour.
///
/// Statements have `?` for values, in order, and are written in what both understand. Work is added by
/// `work_add(a, b)` and summed by `work_sum(column)`.
public protocol Database: Sendable {
  /// For people: what it is and where, without secrets.
  var name: String { get }

  /// Looks at one state of the database.
  func read<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value
  /// Changes everything that `body` asks for, or nothing when it throws. All writes exclude each other, over all
  /// processes. When the connection is lost at the very end nobody knows whether it was kept: what is written must be
  /// the same when it is written twice.
  func write<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value
  /// As `write`, for shares: excludes other takes of shares, not the writes of money. In PostgreSQL they go on side by
  /// side.
  func take<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value

  /// Brings the tables up to date. Returns the names of the steps that were made.
  func migrate() async throws -> [String]
  /// Steps that were made, and those that this version would make.
  func migrations() async throws -> (made: [String], open: [String])

  /// What it is, what is in it, and how large it is. Counts every row, which takes its time.
  func status() async throws -> DatabaseStatus

  /// Makes room for shares of the coming days, and drops what is older than the retention, in whole days.
  func maintain(pool: String, now: UnixTime, retentionDays: Int) async throws
  /// Asks for a right that one process at a time has, such as paying; `nil` while another has it.
  func lease(_ right: String) async throws -> (any DatabaseLease)?
}

/// A right that ends when the process or its connection does.
public protocol DatabaseLease: Sendable {
  /// Whether it still holds, asked anew.
  func holds() async -> Bool
  func end() async
}

/// A connection within one transaction.
public protocol SQL {
  /// Runs one statement.
  @discardableResult
  func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> SQLResult
  /// Inserts many rows as fast as the database can: `fill` writes each row's columns in order.
  /// - Parameter conflict: `ON CONFLICT …`, for rows that may be there; `nil` where none is.
  func insert<Row>(
    into table: String, _ columns: [String], _ rows: [Row], conflict: String?,
    _ fill: (Row, inout SQLRowWriter) -> Void
  ) throws(StoreError)
  /// Sees to it that shares of these days (since 1970) have a place.
  func makeRoom(pool: String, days: [Int64]) throws(StoreError)
}

extension SQL {
  @discardableResult
  public func run(_ sql: String, _ values: SQLValue...) throws(StoreError) -> SQLResult { try run(sql, values) }

  /// The first row, if there is one.
  public func first(_ sql: String, _ values: SQLValue...) throws(StoreError) -> SQLRow? {
    try run(sql, values).rows.first
  }
}

/// What a statement gave.
public struct SQLResult: Equatable, Sendable {
  public var rows: [SQLRow]
  /// Rows that were inserted, updated or deleted.
  public var changed: Int

  public init(rows: [SQLRow], changed: Int) {
    self.rows = rows
    self.changed = changed
  }
}

public enum StoreError: Error, Equatable, Sendable {
  /// The database cannot be used now; the text is its own.
  case unavailable(String)
  /// The database's own rules do not allow it (a balance below its minimum, a second row of the same name).
  case refused(String)
  /// Something is stored that this version cannot read.
  case malformed(String)
  case journal(JournalError)
}

extension StoreError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unavailable(let why): "database: \(why)"
    case .refused(let why): "the database refuses: \(why)"
    case .malformed(let what): "database: \(what); was it written by a newer version?"
    case .journal(let error): "share journal: \(error)"
    }
  }

  /// Whatever was thrown, in terms of the store.
  init(_ error: any Error) {
    self = error as? StoreError ?? .unavailable("\(error)")
  }
}
