import Stratum

/// Reads what luck is computed from: the work of whole pages, what the network asked for in them, and found blocks.
struct LuckTable {
  let pool: String
  let pageBits: Int64
  let sql: any SQL

  /// Blocks are rare events only where a share is a small part of one: other work proves nothing and is left out.
  static let leastSharesToABlock = 16.0

  /// The pages whose sums are known and whole, and the newest of them, which still grows.
  /// The oldest page may have lost shares to retention; the very first page of a pool has not.
  func pages() throws -> ClosedRange<Int64>? {
    let row = try sql.first("SELECT min(page), max(page) FROM window_pages WHERE pool = ?", .text(pool))
    guard let row, !row.isNull(0) else { return nil }
    let (oldest, newest) = (try row.integer(0), try row.integer(1))
    let first = oldest == 0 ? 0 : oldest + 1
    return first <= newest ? first...newest : nil
  }

  /// Expected blocks by account, of the pages from `low` to `high`.
  func expected(from low: Int64, to high: Int64) throws -> [String: Double] {
    let largest = try shareWorks()
    let rows = try sql.run(
      """
      SELECT owners.account, owners.algorithm, network_bits.n_bits, work_sum(window_pages.work) FROM window_pages
        JOIN owners ON owners.id = window_pages.owner
        JOIN network_bits ON network_bits.pool = window_pages.pool AND network_bits.page = window_pages.page
          AND network_bits.algorithm = owners.algorithm
        WHERE window_pages.pool = ? AND window_pages.page >= ? AND window_pages.page <= ?
        GROUP BY owners.account, owners.algorithm, network_bits.n_bits
      """, .text(pool), .integer(low), .integer(high)
    ).rows
    var expected: [String: Double] = [:]
    for row in rows {
      guard let asked = NetworkReader.work(nBits: try row.number(2))?.approximate,
        let share = largest[try row.algorithm(1)], asked >= share * Self.leastSharesToABlock
      else { continue }
      expected[try row.text(0), default: 0] += try row.work(3).approximate / asked
    }
    return expected
  }

  /// The mean work of a share of each algorithm.
  private func shareWorks() throws -> [Algorithm: Double] {
    let rows = try sql.run(
      """
      SELECT algorithm, shares, work FROM \(RollUp.byOwner) AND pool = ? AND level = 0 AND account = '' AND period = 0
      """, .text(pool)
    ).rows
    var works: [Algorithm: Double] = [:]
    for row in rows where try row.integer(1) > 0 {
      works[try row.algorithm(0)] = try row.work(2).approximate / Double(try row.integer(1))
    }
    return works
  }

  /// Seconds since 1970, of the first share that is kept of a page or after it.
  func start(of page: Int64) throws -> Int64? {
    let row = try sql.first(
      "SELECT time FROM shares WHERE pool = ? AND ordinal >= ? ORDER BY ordinal LIMIT 1", .text(pool),
      .integer(page << pageBits))
    return try row.map { try $0.integer(0) / 1000 }
  }

  /// Blocks by finder, whatever became of them: who handed one in withheld nothing.
  func found(since seconds: Int64) throws -> [String: Int] {
    let rows = try sql.run(
      "SELECT account, count(*) FROM blocks WHERE pool = ? AND found_at >= ? GROUP BY account", .text(pool),
      .integer(seconds)
    ).rows
    return Dictionary(try rows.map { (try $0.text(0), Int(try $0.integer(1))) }) { $0 + $1 }
  }
}
