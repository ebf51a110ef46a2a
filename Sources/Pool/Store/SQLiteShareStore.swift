import Foundation
import GRDB
import Stratum

/// Shares and blocks in one SQLite file.
public final class SQLiteShareStore: ShareStore {
  private let database: DatabasePool

  /// Opens or creates the file, and brings its tables up to date. The directory must exist.
  public init(path: String) throws(StoreError) {
    do {
      var configuration = Configuration()
      configuration.busyMode = .timeout(5)
      configuration.maximumReaderCount = 4
      let pool = try DatabasePool(path: path, configuration: configuration)
      // GRDB sets NORMAL after opening, which may lose the last commits with the power.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      try SQLiteSchema.migrator.migrate(pool)
      database = pool
    } catch {
      throw .unavailable("\(error)")
    }
  }

  public func position() async throws(StoreError) -> JournalPosition? {
    try await read { database in
      try Row.fetchOne(database, sql: "SELECT segment, offset FROM journal_position").map {
        JournalPosition(segment: UInt64(bitPattern: $0["segment"] as Int64), offset: $0["offset"])
      }
    }
  }

  public func insert(_ shares: [NumberedShare], upTo position: JournalPosition) async throws(StoreError) -> Int {
    try await write { database in
      var batch = try ShareImport(database)
      for share in shares { try batch.add(share, to: database) }
      try batch.finish(in: database)
      try database.cachedStatement(
        sql: "INSERT OR REPLACE INTO journal_position (id, segment, offset) VALUES (1, ?, ?)"
      ).execute(arguments: [Int64(bitPattern: position.segment), position.offset])
      return batch.insertedCount
    }
  }

  public func save(_ block: BlockRecord) async throws(StoreError) {
    try await write { database in
      try database.cachedStatement(
        sql: """
          INSERT OR REPLACE INTO blocks (hash, height, account, worker, algorithm, network_work, reward, status, reason,
            confirmations, found_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        Data(block.hash.bytes), block.height, block.finder.account, block.finder.worker, block.algorithm.rawValue,
        block.networkWork.data, block.reward.value, block.state.label, block.state.reason, block.state.confirmations,
        block.foundAt.seconds, block.updatedAt.seconds,
      ])
    }
  }

  public func minerSummary(account: String, now: UnixTime) async throws(StoreError) -> MinerSummary? {
    let window = HashrateWindow(now: now)
    return try await read { database in
      let workers = try Row.fetchAll(
        database,
        sql: """
          SELECT id, worker, algorithm, shares, work, first_share, last_share FROM miners
          WHERE account = ? ORDER BY worker, algorithm
          """, arguments: [account]
      ).compactMap { row -> WorkerSummary? in
        let recent = try Self.recentWork(of: row["id"], in: window, database)
        return AlgorithmTotals(row: row, recent: recent, window: window).map {
          WorkerSummary(worker: row["worker"], totals: $0)
        }
      }
      guard !workers.isEmpty else { return nil }
      let blocks = try Int.fetchOne(
        database, sql: "SELECT count(*) FROM blocks WHERE account = ?", arguments: [account])
      return MinerSummary(account: account, workers: workers, blocksFound: blocks ?? 0)
    }
  }

  private static func recentWork(
    of miner: Int64, in window: HashrateWindow, _ database: Database
  ) throws -> ShareWork {
    var sum = ShareWork.zero
    let statement = try database.cachedStatement(sql: "SELECT work FROM miner_minutes WHERE minute = ? AND miner = ?")
    for minute in window.minutes {
      if let data = try Data.fetchOne(statement, arguments: [minute, miner]) { sum += ShareWork(data: data) }
    }
    return sum
  }

  public func blocks(limit: Int) async throws(StoreError) -> [BlockRecord] {
    try await read { database in
      try Row.fetchAll(
        database, sql: "SELECT * FROM blocks ORDER BY found_at DESC, height DESC LIMIT ?",
        arguments: [max(0, limit)]
      ).compactMap(BlockRecord.init(row:))
    }
  }

  public func poolTotals(now: UnixTime) async throws(StoreError) -> [AlgorithmTotals] {
    let window = HashrateWindow(now: now)
    return try await read { database in
      try Row.fetchAll(database, sql: "SELECT * FROM pool_totals ORDER BY algorithm").compactMap { row in
        let recent = try Data.fetchAll(
          database, sql: "SELECT work FROM pool_minutes WHERE algorithm = ? AND minute BETWEEN ? AND ?",
          arguments: [row["algorithm"] as String, window.minutes.lowerBound, window.minutes.upperBound]
        ).reduce(ShareWork.zero) { $0 + ShareWork(data: $1) }
        return AlgorithmTotals(row: row, recent: recent, window: window)
      }
    }
  }

  private func read<T: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> T
  ) async throws(StoreError) -> T {
    do {
      return try await database.read(body)
    } catch {
      throw .unavailable("\(error)")
    }
  }

  private func write<T: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> T
  ) async throws(StoreError) -> T {
    do {
      return try await database.write(body)
    } catch {
      throw .unavailable("\(error)")
    }
  }
}
