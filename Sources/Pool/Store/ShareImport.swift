import Foundation
import GRDB
import Stratum

/// Inserts shares within one transaction, and grows totals by those that were not there yet.
struct ShareImport {
  private(set) var insertedCount = 0
  private let insert: Statement
  private var miners: [MinerKey: Int64] = [:]
  private var minerSums: [Int64: Sum] = [:]
  private var poolSums: [Algorithm: Sum] = [:]
  private var minerMinutes: [MinuteKey<Int64>: ShareWork] = [:]
  private var poolMinutes: [MinuteKey<Algorithm>: ShareWork] = [:]

  private struct MinerKey: Hashable {
    var miner: MinerIdentity
    var algorithm: Algorithm
  }

  private struct MinuteKey<Owner: Hashable>: Hashable {
    var minute: Int64
    var owner: Owner
  }

  private struct Sum {
    var shares = 0
    var work = ShareWork.zero
    var first = Int64.max
    var last = Int64.min

    mutating func add(_ share: ShareRecord) {
      shares += 1
      work += share.work
      first = min(first, Int64(clamping: share.time))
      last = max(last, Int64(clamping: share.time))
    }
  }

  init(_ database: Database) throws {
    insert = try database.cachedStatement(
      sql: """
        INSERT INTO shares (hash, sequence, time, miner, height, n_bits, work, is_block, source_job)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING
        """)
  }

  /// Minutes are kept for a day.
  private static let keptMinutes: Int64 = 24 * 60

  mutating func add(_ numbered: NumberedShare, to database: Database) throws {
    let share = numbered.share
    let miner = try id(of: share, in: database)
    try insert.execute(arguments: [
      Data(share.hash.bytes), Int64(bitPattern: numbered.sequence), Int64(clamping: share.time), miner, share.height,
      share.nBits, share.work.data, share.isBlock, share.sourceJobID,
    ])
    guard database.changesCount == 1 else { return }
    insertedCount += 1
    minerSums[miner, default: Sum()].add(share)
    poolSums[share.algorithm, default: Sum()].add(share)
    let minute = Int64(clamping: share.time / 60_000)
    minerMinutes[MinuteKey(minute: minute, owner: miner), default: .zero] += share.work
    poolMinutes[MinuteKey(minute: minute, owner: share.algorithm), default: .zero] += share.work
  }

  private mutating func id(of share: ShareRecord, in database: Database) throws -> Int64 {
    let key = MinerKey(miner: share.miner, algorithm: share.algorithm)
    if let id = miners[key] { return id }
    let names: StatementArguments = [key.miner.account, key.miner.worker, key.algorithm.rawValue]
    let select = try database.cachedStatement(
      sql: "SELECT id FROM miners WHERE account = ? AND worker = ? AND algorithm = ?")
    if let id = try Int64.fetchOne(select, arguments: names) {
      miners[key] = id
      return id
    }
    let time = Int64(clamping: share.time)
    try database.cachedStatement(
      sql: "INSERT INTO miners (account, worker, algorithm, first_share, last_share) VALUES (?, ?, ?, ?, ?)"
    ).execute(arguments: names + [time, time])
    miners[key] = database.lastInsertedRowID
    return database.lastInsertedRowID
  }

  /// Writes what `add` summed up.
  func finish(in database: Database) throws {
    for (miner, sum) in minerSums { try grow(miner: miner, by: sum, in: database) }
    for (algorithm, sum) in poolSums { try grow(pool: algorithm, by: sum, in: database) }
    for (key, work) in minerMinutes {
      try grow("miner_minutes", "miner", key.minute, key.owner, by: work, in: database)
    }
    for (key, work) in poolMinutes {
      try grow("pool_minutes", "algorithm", key.minute, key.owner.rawValue, by: work, in: database)
    }
    guard let newest = poolMinutes.keys.map(\.minute).max() else { return }
    for table in ["miner_minutes", "pool_minutes"] {
      try database.cachedStatement(sql: "DELETE FROM \(table) WHERE minute < ?")
        .execute(arguments: [newest - Self.keptMinutes])
    }
  }

  private func grow(miner: Int64, by sum: Sum, in database: Database) throws {
    let select = try database.cachedStatement(sql: "SELECT work FROM miners WHERE id = ?")
    let work = ShareWork(data: try Data.fetchOne(select, arguments: [miner]) ?? Data()) + sum.work
    try database.cachedStatement(
      sql: """
        UPDATE miners SET shares = shares + ?, work = ?, first_share = min(first_share, ?),
          last_share = max(last_share, ?) WHERE id = ?
        """
    ).execute(arguments: [sum.shares, work.data, sum.first, sum.last, miner])
  }

  private func grow(pool algorithm: Algorithm, by sum: Sum, in database: Database) throws {
    let select = try database.cachedStatement(sql: "SELECT work FROM pool_totals WHERE algorithm = ?")
    let work = ShareWork(data: try Data.fetchOne(select, arguments: [algorithm.rawValue]) ?? Data()) + sum.work
    try database.cachedStatement(
      sql: """
        INSERT INTO pool_totals (algorithm, shares, work, first_share, last_share) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (algorithm) DO UPDATE SET shares = shares + excluded.shares, work = excluded.work,
          first_share = min(first_share, excluded.first_share), last_share = max(last_share, excluded.last_share)
        """
    ).execute(arguments: [algorithm.rawValue, sum.shares, work.data, sum.first, sum.last])
  }

  private func grow(
    _ table: String, _ column: String, _ minute: Int64, _ owner: any DatabaseValueConvertible, by work: ShareWork,
    in database: Database
  ) throws {
    let select = try database.cachedStatement(sql: "SELECT work FROM \(table) WHERE minute = ? AND \(column) = ?")
    let sum = ShareWork(data: try Data.fetchOne(select, arguments: [minute, owner]) ?? Data()) + work
    try database.cachedStatement(sql: "INSERT OR REPLACE INTO \(table) (minute, \(column), work) VALUES (?, ?, ?)")
      .execute(arguments: [minute, owner, sum.data])
  }
}
