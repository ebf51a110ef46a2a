import Bench
import Foundation
import Pool
import Stratum

/// What a pool of a size has in its database after a year, as far as pages of the HTTP interface read it: sums over
/// time, and found blocks. Every worker mined all the time.
struct APIYear: Sendable {
  static let blockCount: UInt32 = 5_000

  var pool: String
  var accounts: Int
  var workers: Int
  /// Seconds since 1970.
  var now: Int64

  /// Sums of a length that there are for whoever is at most at a level (0 the pool, 1 accounts, 2 workers).
  private struct Sums {
    var period: Int64
    var seconds: Int64
    var level: Int64
  }

  /// Days and the pool's own sums are whole; of what is close-meshed there is what pages look at.
  private static let sums = [
    Sums(period: 86_400, seconds: 365 * 86_400, level: 2),
    Sums(period: 3_600, seconds: 365 * 86_400, level: 1), Sums(period: 3_600, seconds: 3 * 86_400, level: 2),
    Sums(period: 600, seconds: 31 * 86_400, level: 0), Sums(period: 600, seconds: 86_400, level: 1),
    Sums(period: 60, seconds: 2 * 86_400, level: 0), Sums(period: 60, seconds: 7_200, level: 2),
  ]

  func fill(_ database: any Pool.Database) async throws {
    _ = try await database.migrate()
    let (pool, accounts, workers) = (pool, accounts, workers)
    try await database.write { sql in
      let columns = ["pool", "level", "algorithm", "account", "worker"]
      try sql.insert(into: "owners", columns, Self.owners(accounts: accounts, workers: workers), conflict: nil) {
        owner, writer in
        writer.text(pool)
        writer.integer(owner.level)
        writer.text(Algorithm.sha256d.rawValue)
        writer.text(owner.account)
        writer.text(owner.worker)
      }
    }
    for sums in Self.sums { try await fill(sums, database) }
    _ = try await database.write { sql in
      try sql.run(
        """
        INSERT INTO rollups (owner, period, start, shares, work, first_share, last_share)
          SELECT id, 0, 0, 2000000, ?, ?, ? FROM owners WHERE pool = ?
        """, .work(ShareWork(hashes: 1 << 53)), .integer((now - 365 * 86_400) * 1000), .integer(now * 1000),
        .text(pool))
    }
    try await fillBlocks(PoolStore(pool: pool, database: database))
  }

  private struct Owner {
    var level: Int64
    var account = ""
    var worker = ""
  }

  private static func owners(accounts: Int, workers: Int) -> [Owner] {
    let names = (0..<accounts).map(APIBenchmark.account)
    return [Owner(level: 0)] + names.map { Owner(level: 1, account: $0) }
      + (0..<workers).map { Owner(level: 2, account: names[$0 % accounts], worker: "w\($0)") }
  }

  private func fill(_ sums: Sums, _ database: any Pool.Database) async throws {
    let (pool, end) = (pool, now / sums.period * sums.period)
    // What a larger one of the same period has filled is there.
    _ = try await database.write { sql in
      try sql.run(
        """
        INSERT INTO rollups (owner, period, start, shares, work, first_share, last_share)
          WITH RECURSIVE series (start) AS (SELECT ? UNION ALL SELECT start + ? FROM series WHERE start + ? <= ?)
          SELECT id, ?, start, ?, ?, start * 1000, (start + ?) * 1000 - 1 FROM owners CROSS JOIN series
            WHERE pool = ? AND level <= ? ORDER BY id, start
          ON CONFLICT (owner, period, start) DO NOTHING
        """, .integer(end - sums.seconds), .integer(sums.period), .integer(sums.period), .integer(end),
        .integer(sums.period), .integer(max(1, sums.period / 15)),
        .work(ShareWork(hashes: UInt128(sums.period) << 28)), .integer(sums.period), .text(pool),
        .integer(sums.level))
    }
  }

  /// Rejected ones: nothing more is done about them, and pages show them like all others.
  private func fillBlocks(_ store: PoolStore) async throws {
    for number in 0..<Self.blockCount {
      let time = UnixTime(seconds: UInt32(clamping: now - Int64(number) * 6_000))
      try await store.save(
        BlockRecord(
          hash: Hash256(number: UInt256(UInt64(number) + 1)), height: APIBenchmark.height - number,
          finder: MinerIdentity(account: APIBenchmark.account(Int(number) % accounts), worker: "w0"),
          algorithm: .sha256d, networkWork: ShareWork(hashes: 1 << 40), reward: AtomicUnits(50_000_000),
          state: .rejected(reason: "of a benchmark"), foundAt: time, updatedAt: time))
    }
  }
}
