import Stratum
import Synchronization

/// A pool's shares and blocks in a database.
public final class PoolStore: ShareStore {
  public let pool: String
  public let database: any Database
  private let pageBits: Int64
  private let memory = Mutex(Memory())

  /// What is known of the database; only what was committed.
  private struct Memory {
    var owners: [OwnerKey: Int64] = [:]
    var days: Set<Int64> = []
  }

  /// More owners than this are not remembered: they are looked up again.
  private static let rememberedOwners = 200_000

  public convenience init(pool: String, database: any Database) {
    self.init(pool: pool, database: database, pageBits: ShareTake.pageBits)
  }

  /// - Parameter pageBits: for tests, which have few shares; for good in one database.
  init(pool: String, database: any Database, pageBits: Int64) {
    self.pool = pool
    self.database = database
    self.pageBits = pageBits
  }

  public func position(of journal: String) async throws(StoreError) -> JournalPosition? {
    try await read { sql in try JournalPositions.read(journal, sql) }
  }

  public func insert(
    _ shares: [NumberedShare], of journal: String, from: JournalPosition, upTo: JournalPosition
  ) async throws(StoreError) -> Int {
    do throws(StoreError) {
      return try await take(shares, of: journal, from: from, upTo: upTo)
    } catch {
      // A share is there although the position says that it cannot be: somebody has set the position back.
      guard case .refused = error else { throw error }
      return try await take(shares, of: journal, from: nil, upTo: upTo)
    }
  }

  private func take(
    _ shares: [NumberedShare], of journal: String, from: JournalPosition?, upTo: JournalPosition
  ) async throws(StoreError) -> Int {
    let (owners, days) = memory.withLock { memory in
      if memory.owners.count > Self.rememberedOwners { memory.owners = [:] }
      return (memory.owners, memory.days)
    }
    let take = ShareTake(
      pool: pool, journal: journal, shares: shares, from: from, upTo: upTo, known: owners, days: days,
      pageBits: pageBits)
    do {
      let result = try await database.take { sql in try take.run(sql) }
      memory.withLock { memory in
        memory.owners.merge(result.owners) { $1 }
        memory.days.formUnion(result.days)
      }
      return result.inserted
    } catch {
      // Whatever was remembered may have been made in a transaction that is gone.
      memory.withLock { $0 = Memory() }
      throw StoreError(error)
    }
  }

  public func maintain(now: UnixTime, retentionDays: Int) async throws(StoreError) {
    let oldest = (Int64(now.seconds) / 86_400 - Int64(max(0, retentionDays))) * 86_400_000
    let pool = pool
    do {
      // Said first: a share that is gone must not be taken for one that never came.
      try await database.take { sql in try Ordinals(pool: pool).keep(since: oldest, sql) }
      memory.withLock { $0.days = [] }
      try await database.maintain(pool: pool, now: now, retentionDays: retentionDays)
      try await database.take { sql in try ShareTake.discardPages(pool: pool, sql) }
      for (period, seconds) in RollUp.retention {
        let end = Int64(now.seconds) - seconds
        while try await database.take({ sql in try RollUp.discardPiece(period, before: end, sql) }) > 0 {}
      }
    } catch {
      throw StoreError(error)
    }
  }

  public func save(_ block: BlockRecord) async throws(StoreError) {
    let pool = pool
    try await write { sql in try BlockTable(pool: pool).save(block, sql) }
  }

  public func blocks(limit: Int) async throws(StoreError) -> [BlockRecord] {
    let pool = pool
    return try await read { sql in try BlockTable(pool: pool).newest(limit, sql) }
  }

  /// Those that an account found, newest first.
  public func blocks(of account: String, limit: Int) async throws(StoreError) -> [BlockRecord] {
    let pool = pool
    return try await read { sql in try BlockTable(pool: pool).newest(limit, of: account, sql) }
  }

  public func minerSummary(account: String, now: UnixTime) async throws(StoreError) -> MinerSummary? {
    let pool = pool
    return try await read { sql in
      let workers = try Totals(pool: pool, level: 2, account: account).read(sql, now: now).map {
        WorkerSummary(worker: $0.worker, totals: $0.totals)
      }
      guard !workers.isEmpty else { return nil }
      let found = try sql.first(
        "SELECT count(*) FROM blocks WHERE pool = ? AND account = ?", .text(pool), .text(account))
      return MinerSummary(account: account, workers: workers, blocksFound: try found?.number(0) ?? 0)
    }
  }

  public func poolTotals(now: UnixTime) async throws(StoreError) -> [AlgorithmTotals] {
    let pool = pool
    return try await read { sql in
      try Totals(pool: pool, level: 0, account: "").read(sql, now: now).map(\.totals)
    }
  }

  private func read<Value: Sendable>(
    _ body: @escaping @Sendable (any SQL) throws -> Value
  ) async throws(StoreError) -> Value {
    do {
      return try await database.read(body)
    } catch {
      throw StoreError(error)
    }
  }

  private func write<Value: Sendable>(
    _ body: @escaping @Sendable (any SQL) throws -> Value
  ) async throws(StoreError) -> Value {
    do {
      return try await database.write(body)
    } catch {
      throw StoreError(error)
    }
  }
}

/// Since ever and of the last ten minutes, by worker and algorithm.
private struct Totals {
  let pool: String
  let level: Int64
  let account: String

  func read(_ sql: any SQL, now: UnixTime) throws -> [(worker: String, totals: AlgorithmTotals)] {
    let window = HashrateWindow(now: now)
    let recent = try sql.run(
      """
      SELECT owners.id, work_sum(rollups.work) FROM \(RollUp.byOwner)
        AND pool = ? AND level = ? AND account = ? AND period = 60 AND start >= ? AND start <= ? GROUP BY owners.id
      """, .text(pool), .integer(level), .text(account), .integer(window.minutes.lowerBound * 60),
      .integer(window.minutes.upperBound * 60)
    ).rows
    var works: [Int64: ShareWork] = [:]
    for row in recent { works[try row.integer(0)] = try row.work(1) }
    let rows = try sql.run(
      """
      SELECT owners.id, worker, algorithm, shares, work, first_share, last_share
        FROM \(RollUp.byOwner)
        AND pool = ? AND level = ? AND account = ? AND period = 0 ORDER BY worker, algorithm
      """, .text(pool), .integer(level), .text(account)
    ).rows
    return try rows.map { row in
      let first = UInt64(clamping: try row.integer(5))
      let totals = AlgorithmTotals(
        algorithm: try row.algorithm(2), shares: try row.number(3), work: try row.work(4),
        lastShare: UInt64(clamping: try row.integer(6)),
        hashrate: window.rate(of: works[try row.integer(0)] ?? .zero, since: first))
      return (try row.text(1), totals)
    }
  }
}
