import FoundationEssentials
import Stratum

/// What was done about a subject, in the order in which it was: bans hold after a restart, and on every node that
/// shares the database.
public enum BanTable {
  /// One order or decision. The number is one above that of the record before.
  public struct Record: Sendable, Equatable {
    public var number: Int64
    public var at: UnixTime
    public var change: Change
  }

  public enum Change: Sendable, Equatable {
    case banned(Ban)
    /// Who lifted it.
    case lifted(BanSubject, by: String)

    public var subject: BanSubject {
      switch self {
      case .banned(let ban): ban.subject
      case .lifted(let subject, _): subject
      }
    }
  }

  /// Evidence of one ban that is stored; the rest weighs less.
  static let evidenceLimit = 16

  static let statements = [
    """
    CREATE TABLE ban_records (
      number BIGINT PRIMARY KEY,
      at BIGINT NOT NULL,
      subject TEXT NOT NULL,
      action TEXT NOT NULL,
      since BIGINT NOT NULL,
      until BIGINT,
      reason TEXT NOT NULL,
      evidence TEXT NOT NULL,
      made_by TEXT NOT NULL,
      earlier BIGINT NOT NULL
    )
    """,
    "CREATE INDEX ban_records_by_subject ON ban_records (subject, number)",
    "CREATE INDEX ban_records_by_time ON ban_records (at)",
  ]

  private static let columns = "number, at, subject, action, since, until, reason, evidence, made_by, earlier"

  /// Within a transaction of `Database.write`.
  @discardableResult
  public static func append(_ changes: [Change], at now: UnixTime, _ sql: any SQL) throws -> Int64 {
    var number = try last(sql)
    for change in changes {
      number += 1
      try sql.run(
        "INSERT INTO ban_records (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row(change, number, now))
    }
    return number
  }

  /// The number of the newest record; 0 for none.
  public static func last(_ sql: any SQL) throws -> Int64 {
    try sql.first("SELECT coalesce(max(number), 0) FROM ban_records")?.integer(0) ?? 0
  }

  /// The number of the newest record before a moment; 0 for none.
  static func last(before moment: UnixTime, _ sql: any SQL) throws -> Int64 {
    try sql.first("SELECT coalesce(max(number), 0) FROM ban_records WHERE at < ?", .time(moment))?.integer(0) ?? 0
  }

  /// Records above `number`, oldest first, so many at most.
  public static func records(after number: Int64, limit: Int, _ sql: any SQL) throws -> [Record] {
    try sql.run(
      "SELECT \(columns) FROM ban_records WHERE number > ? ORDER BY number LIMIT ?", .integer(number), .number(limit)
    ).rows.map(record)
  }

  /// All of one subject, newest first.
  public static func history(of subject: BanSubject, limit: Int, _ sql: any SQL) throws -> [Record] {
    try sql.run(
      "SELECT \(columns) FROM ban_records WHERE subject = ? ORDER BY number DESC LIMIT ?",
      .text(subject.description), .number(limit)
    ).rows.map(record)
  }

  /// What a book needs to go on: of each subject the latest record, where it can still matter.
  public static func standing(at now: UnixTime, memory: Int64, _ sql: any SQL) throws -> [Ban] {
    try sql.run(
      """
      SELECT \(columns) FROM ban_records WHERE action = 'banned' AND (until IS NULL OR until > ?)
        AND number IN (SELECT max(number) FROM ban_records GROUP BY subject) ORDER BY number
      """, .time(now.advanced(by: -memory))
    ).rows.compactMap { row in
      guard case .banned(let ban) = try record(row).change else { return nil }
      return ban
    }
  }

  private static func row(_ change: Change, _ number: Int64, _ now: UnixTime) throws -> [SQLValue] {
    switch change {
    case .banned(let ban):
      let evidence = try JSONEncoder().encode(Array(ban.evidence.prefix(evidenceLimit)))
      return [
        .integer(number), .time(now), .text(ban.subject.description), "banned", .time(ban.since),
        ban.until.map(SQLValue.time) ?? .null, .text(ban.reason), .text(String(decoding: evidence, as: UTF8.self)),
        .text(ban.by), .number(ban.earlier),
      ]
    case .lifted(let subject, let whom):
      return [
        .integer(number), .time(now), .text(subject.description), "lifted", .time(now), .null, "", "[]", .text(whom), 0,
      ]
    }
  }

  private static func record(_ row: SQLRow) throws -> Record {
    guard let subject = BanSubject(try row.text(2)) else {
      throw StoreError.malformed("“\(try row.text(2))” is nobody who can be banned")
    }
    let change: Change
    switch try row.text(3) {
    case "banned":
      change = .banned(
        Ban(
          subject: subject, since: try row.time(4), until: row.isNull(5) ? nil : try row.time(5),
          reason: try row.text(6), evidence: try evidence(row.text(7)), by: try row.text(8), earlier: try row.number(9))
      )
    case "lifted": change = .lifted(subject, by: try row.text(8))
    case let other: throw StoreError.malformed("a ban record says “\(other)”")
    }
    return Record(number: try row.integer(0), at: try row.time(1), change: change)
  }

  private static func evidence(_ text: String) throws -> [ViolationTally] {
    do {
      return try JSONDecoder().decode([ViolationTally].self, from: Data(text.utf8))
    } catch {
      throw StoreError.malformed("the evidence of a ban cannot be read")
    }
  }
}
