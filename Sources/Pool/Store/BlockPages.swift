import Stratum

/// Found blocks, a page at a time.
extension PoolFigures {
  /// Blocks that stand, by algorithm, and when the last of each was found (seconds since 1970).
  public func blockCounts(
    _ sql: any SQL
  ) throws -> [(algorithm: Algorithm, count: Int, lastFoundAt: Int64)] {
    try sql.run(
      """
      SELECT algorithm, count(*), max(found_at) FROM blocks
        WHERE pool = ? AND status NOT IN ('rejected', 'orphaned') GROUP BY algorithm
      """, .text(pool)
    ).rows.map { (try $0.algorithm(0), try $0.number(1), try $0.integer(2)) }
  }

  /// When the last block of an algorithm was found that stands, seconds since 1970; `nil` before the first.
  public func lastBlock(of algorithm: Algorithm, _ sql: any SQL) throws -> Int64? {
    let row = try sql.first(
      """
      SELECT max(found_at) FROM blocks WHERE pool = ? AND algorithm = ? AND status NOT IN ('rejected', 'orphaned')
      """, .text(pool), .text(algorithm.rawValue))
    guard let row, !row.isNull(0) else { return nil }
    return try row.integer(0)
  }

  /// Newest first, and how many there are in all.
  /// - Parameter states: labels of `BlockState`; none means all.
  public func blocks(
    of algorithm: Algorithm?, states: Set<String>, limit: Int, offset: Int, _ sql: any SQL
  ) throws -> (records: [BlockRecord], total: Int) {
    var condition = "WHERE pool = ?"
    var values: [SQLValue] = [.text(pool)]
    if let algorithm {
      condition += " AND algorithm = ?"
      values.append(.text(algorithm.rawValue))
    }
    if !states.isEmpty {
      condition += " AND status IN (\(states.map { _ in "?" }.joined(separator: ", ")))"
      values += states.sorted().map(SQLValue.text)
    }
    let total: Int = try sql.run("SELECT count(*) FROM blocks \(condition)", values).rows.first?.number(0) ?? 0
    let records = try BlockTable(pool: pool).records(
      condition + " ORDER BY found_at DESC, height DESC LIMIT ? OFFSET ?",
      values + [.number(limit), .number(offset)], sql)
    return (records, total)
  }

  /// When the block before this one was found, of the same algorithm; `nil` for the first.
  public func foundBefore(_ block: BlockRecord, _ sql: any SQL) throws -> Int64? {
    let row = try sql.first(
      """
      SELECT max(found_at) FROM blocks WHERE pool = ? AND algorithm = ? AND found_at < ?
        AND status NOT IN ('rejected', 'orphaned')
      """, .text(pool), .text(block.algorithm.rawValue), .time(block.foundAt))
    guard let row, !row.isNull(0) else { return nil }
    return try row.integer(0)
  }

  /// Accepted work since the block before; `nil` for the first, of which nobody knows when its round began.
  public func roundWork(of block: BlockRecord, now: Int64, _ sql: any SQL) throws -> ShareWork? {
    guard let before = try foundBefore(block, sql) else { return nil }
    return try work(block.algorithm, from: before, to: Int64(block.foundAt.seconds) + 60, now: now, sql)
  }
}
