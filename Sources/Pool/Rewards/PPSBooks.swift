import Stratum

/// Pays shares from the reserve, range by range in the order of shares, each range once.
public struct PPSBooks: Sendable {
  public let pool: String
  private let database: any Database
  private let sharesAtOnce: Int64

  /// - Parameter sharesAtOnce: the most that one transaction settles.
  public init(pool: String, database: any Database, sharesAtOnce: Int64 = 50_000) {
    self.pool = pool
    self.database = database
    self.sharesAtOnce = max(1, sharesAtOnce)
  }

  public enum Outcome: Equatable, Sendable {
    /// Ordinals, both included, and what was paid for them.
    case settled(first: Int64, last: Int64, total: AtomicUnits)
    case upToDate
    /// The reserve lacks this much for the next range, which waits until it is funded.
    case short(by: AtomicUnits)
  }

  /// Shares that are in the database now are not paid; those that come from now on are. Once it was called, calling it
  /// again changes nothing. To be called when a pool starts with PPS, before it takes shares.
  public func begin() async throws {
    let pool = pool
    _ = try await database.write { sql in
      try sql.run(
        "INSERT INTO pps_progress (pool, settled) VALUES (?, ?) ON CONFLICT (pool) DO NOTHING", .text(pool),
        .integer(try Self.lastOrdinal(pool, sql)))
    }
  }

  /// Ends what `begin` began: for a pool that starts with another scheme.
  public func end() async throws {
    let pool = pool
    _ = try await database.write { sql in try sql.run("DELETE FROM pps_progress WHERE pool = ?", .text(pool)) }
  }

  /// The next range.
  public func settle(_ terms: PPSSettlement.Terms, at now: UnixTime) async throws -> Outcome {
    let (pool, limit) = (pool, sharesAtOnce)
    return try await database.write { sql in
      guard let row = try sql.first("SELECT settled FROM pps_progress WHERE pool = ?", .text(pool)) else {
        return .upToDate
      }
      let settled = try row.integer(0)
      let last = min(try Self.lastOrdinal(pool, sql), settled + limit)
      guard last > settled else { return .upToDate }
      let groups = try Self.groups(pool, from: settled + 1, to: last, sql)
      let result = PPSSettlement(
        of: groups, terms: terms, reserve: try Balances.balance(of: .reserve, sql),
        carries: try Self.carries(of: Set(groups.map(\.account)), sql))
      switch result.outcome {
      case .short(let lack): return .short(by: lack)
      case .settled(let credits, let total):
        try Self.book(credits, pool: pool, upTo: last, at: now, sql)
        try sql.run("UPDATE pps_progress SET settled = ? WHERE pool = ?", .integer(last), .text(pool))
        return .settled(first: settled + 1, last: last, total: total)
      }
    }
  }

  private static func lastOrdinal(_ pool: String, _ sql: any SQL) throws -> Int64 {
    try sql.first("SELECT last FROM ordinals WHERE pool = ?", .text(pool))?.integer(0) ?? 0
  }

  private static func groups(
    _ pool: String, from first: Int64, to last: Int64, _ sql: any SQL
  ) throws -> [PPSSettlement.Group] {
    let rows = try sql.run(
      """
      SELECT account, algorithm, n_bits, work_sum(work), count(*) FROM shares JOIN owners ON owners.id = shares.owner
        WHERE shares.pool = ? AND ordinal >= ? AND ordinal <= ? GROUP BY account, algorithm, n_bits
      """, .text(pool), .integer(first), .integer(last)
    ).rows
    guard try rows.reduce(0, { try $0 + $1.integer(4) }) == last - first + 1 else {
      throw SettlementError.sharesMissing(from: first, to: last)
    }
    return try rows.map { row in
      // What encodes no target is worth next to nothing.
      PPSSettlement.Group(
        account: try row.text(0), algorithm: try row.algorithm(1),
        networkWork: NetworkReader.work(nBits: try row.number(2)) ?? ShareWork(hashes: .max), work: try row.work(3))
    }
  }

  private static func carries(of accounts: Set<String>, _ sql: any SQL) throws -> [String: UInt32] {
    var carries: [String: UInt32] = [:]
    let rows = try sql.rows(of: accounts.sorted()) { marks in
      "SELECT account, fraction FROM pps_carries WHERE account IN (\(marks))"
    }
    for row in rows { carries[try row.text(0)] = try row.number(1) }
    return carries
  }

  private static func book(
    _ credits: [PPSSettlement.Credit], pool: String, upTo last: Int64, at now: UnixTime, _ sql: any SQL
  ) throws {
    let reference = "pps:\(pool):\(last)"
    let transfers = credits.filter { $0.amount > .zero }.map { credit in
      Transfer(
        id: "\(reference):\(credit.account)", debit: .reserve, credit: .miner(credit.account), amount: credit.amount,
        kind: .share, reference: reference, at: now)
    }
    try Ledger.post(transfers, sql)
    try sql.insert(
      into: "pps_carries", ["account", "fraction"], credits,
      conflict: "ON CONFLICT (account) DO UPDATE SET fraction = excluded.fraction"
    ) { credit, writer in
      writer.text(credit.account)
      writer.integer(Int64(credit.carry))
    }
  }
}
