import Stratum

/// What an operator asks of a database.
public struct DatabaseStatus: Equatable, Sendable {
  public struct Table: Equatable, Sendable {
    public var name: String
    public var rows: Int64
  }

  /// A pool's shares.
  public struct Pool: Equatable, Sendable {
    public var name: String
    /// Shares that were ever taken over.
    public var taken: Int64
    /// Days since 1970 that have a partition of their own; none in SQLite.
    public var days: [Int64]
  }

  public struct Journal: Equatable, Sendable {
    /// Empty for the one of a time when journals had no names.
    public var id: String
    public var position: JournalPosition
  }

  /// Without secrets.
  public var name: String
  /// `PostgreSQL 15.18`
  public var version: String
  public var made: [String]
  public var open: [String]
  /// By name.
  public var tables: [Table] = []
  public var pools: [Pool] = []
  public var journals: [Journal] = []
  public var byteCount: Int64

  /// What both databases say in the same words.
  mutating func count(_ tables: [String], _ sql: any SQL, days: (String) throws -> [Int64]) throws {
    for table in tables.sorted() {
      guard let row = try sql.first("SELECT count(*) FROM \(table)") else { continue }
      self.tables.append(Table(name: table, rows: try row.integer(0)))
    }
    guard tables.contains("ordinals") else { return }
    pools = try sql.run("SELECT pool, last FROM ordinals ORDER BY pool").rows.map { row in
      Pool(name: try row.text(0), taken: try row.integer(1), days: try days(row.text(0)))
    }
    journals = try sql.run("SELECT journal, segment, byte_offset FROM journal_positions ORDER BY journal").rows.map {
      Journal(
        id: try $0.text(0),
        position: JournalPosition(segment: UInt64(bitPattern: try $0.integer(1)), offset: try $0.number(2)))
    }
  }
}
