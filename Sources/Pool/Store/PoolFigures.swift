import Stratum

/// Sums of a pool's shares, blocks and payments for people to look at: all from roll-ups and indexed rows.
public struct PoolFigures: Sendable {
  let pool: String

  public init(pool: String) { self.pool = pool }

  public struct Piece: Sendable, Equatable {
    /// Seconds since 1970.
    public var start: Int64
    public var algorithm: Algorithm
    /// Empty for the pool.
    public var worker: String
    public var shares: Int
    public var work: ShareWork
    /// Seconds since 1970.
    public var lastShare: Int64
  }

  /// The pool's work by algorithm, oldest first.
  /// - Parameter seconds: 60, 600, 3600 or 86400.
  public func pieces(from: Int64, seconds: Int64, _ sql: any SQL) throws -> [Piece] {
    try pieces(level: 0, account: "", from: from, seconds: seconds, sql)
  }

  /// The same of one account's workers.
  public func pieces(of account: String, from: Int64, seconds: Int64, _ sql: any SQL) throws -> [Piece] {
    try pieces(level: 2, account: account, from: from, seconds: seconds, sql)
  }

  /// The same of the account as a whole; `worker` is empty.
  public func sums(of account: String, from: Int64, seconds: Int64, _ sql: any SQL) throws -> [Piece] {
    try pieces(level: 1, account: account, from: from, seconds: seconds, sql)
  }

  private func pieces(
    level: Int64, account: String, from: Int64, seconds: Int64, _ sql: any SQL
  ) throws -> [Piece] {
    try sql.run(
      """
      SELECT start, algorithm, worker, shares, work, last_share FROM \(RollUp.byOwner)
        AND pool = ? AND level = ? AND account = ? AND period = ? AND start >= ? ORDER BY start, algorithm, worker
        LIMIT 50000
      """, .text(pool), .integer(level), .text(account), .integer(seconds), .integer(from)
    ).rows.map { row in
      Piece(
        start: try row.integer(0), algorithm: try row.algorithm(1), worker: try row.text(2), shares: try row.number(3),
        work: try row.work(4), lastShare: try row.integer(5) / 1000)
    }
  }

  /// Accepted shares of one account, in pieces whose starts are in a range.
  public func shares(of account: String, in range: Range<Int64>, seconds: Int64, _ sql: any SQL) throws -> Int {
    let row = try sql.first(
      """
      SELECT CAST(coalesce(sum(shares), 0) AS BIGINT) FROM \(RollUp.byOwner)
        AND pool = ? AND level = 1 AND account = ? AND worker = '' AND period = ? AND start >= ? AND start < ?
      """, .text(pool), .text(account), .integer(seconds), .integer(range.lowerBound), .integer(range.upperBound))
    return try row?.number(0) ?? 0
  }

  /// One account's workers since ever, by algorithm and name.
  public func workers(of account: String, _ sql: any SQL) throws -> [Piece] {
    try pieces(level: 2, account: account, from: 0, seconds: 0, sql)
  }

  /// Blocks that an account found, newest first.
  public func blocks(foundBy account: String, limit: Int, _ sql: any SQL) throws -> [BlockRecord] {
    try BlockTable(pool: pool).newest(limit, of: account, sql)
  }

  /// How many accounts had an accepted share, by start and algorithm.
  public func minerCounts(
    from: Int64, seconds: Int64, _ sql: any SQL
  ) throws -> [(start: Int64, algorithm: Algorithm, count: Int)] {
    try sql.run(
      """
      SELECT start, algorithm, count(*) FROM \(RollUp.byOwner)
        AND pool = ? AND level = 1 AND period = ? AND start >= ?
        GROUP BY start, algorithm
      """, .text(pool), .integer(seconds), .integer(from)
    ).rows.map { (try $0.integer(0), try $0.algorithm(1), try $0.number(2)) }
  }

  /// Accepted work from a time on, by algorithm: of the pool, or of one account. To the minute for two days, then to
  /// ten minutes for a month, then to the hour.
  public func work(
    of account: String? = nil, since: [Algorithm: Int64], now: Int64, _ sql: any SQL
  ) throws -> [Algorithm: ShareWork] {
    var works: [Algorithm: ShareWork] = [:]
    for (algorithm, start) in since {
      works[algorithm] = try work(of: account, algorithm, from: start, to: now + 3_600, now: now, sql)
    }
    return works
  }

  /// Accepted work of the pool between two times, as closely as roll-ups still tell.
  public func work(
    of account: String? = nil, _ algorithm: Algorithm, from: Int64, to: Int64, now: Int64, _ sql: any SQL
  ) throws -> ShareWork {
    let age = now - from
    // Since ever is a row of its own.
    let period: Int64 =
      from <= 0 && to > now ? 0 : age < 2 * 86_400 ? 60 : age < 31 * 86_400 ? 600 : age < 400 * 86_400 ? 3_600 : 86_400
    let row = try sql.first(
      """
      SELECT work_sum(work), count(*) FROM \(RollUp.byOwner)
        AND pool = ? AND level = ? AND account = ? AND algorithm = ? AND worker = '' AND period = ?
          AND start >= ? AND start < ?
      """, .text(pool), .integer(account == nil ? 0 : 1), .text(account ?? ""), .text(algorithm.rawValue),
      .integer(period), .integer(period == 0 ? 0 : from / period * period), .integer(to))
    guard let row, try row.integer(1) > 0 else { return .zero }
    return try row.work(0)
  }

  /// Since ever, by algorithm.
  public func shareCounts(_ sql: any SQL) throws -> [Algorithm: Int] {
    let rows = try sql.run(
      """
      SELECT algorithm, shares FROM \(RollUp.byOwner)
        AND pool = ? AND level = 0 AND account = '' AND worker = '' AND period = 0
      """, .text(pool)
    ).rows
    return try rows.reduce(into: [:]) { $0[try $1.algorithm(0)] = try $1.number(1) }
  }

  /// An account's accepted shares since ever, and when it was first seen (seconds since 1970).
  public func sharesAndFirst(of account: String, _ sql: any SQL) throws -> (shares: Int, first: Int64)? {
    let row = try sql.first(
      """
      SELECT CAST(coalesce(sum(shares), 0) AS BIGINT), min(first_share) FROM \(RollUp.byOwner)
        AND pool = ? AND level = 1 AND account = ? AND worker = '' AND period = 0
      """, .text(pool), .text(account))
    guard let row, !row.isNull(1) else { return nil }
    return (try row.number(0), try row.integer(1) / 1000)
  }
}
