import Stratum

/// A pool's partition of `shares`, and its days: `"shares_zion"`, and `"shares_zion:20781"` for a day since 1970.
struct PostgresPartitions {
  let pool: String

  /// The name becomes a part of statements: only what configurations allow is taken.
  init(pool: String) throws(StoreError) {
    let isGood = pool.utf8.allSatisfy {
      (48...57).contains($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 95
    }
    guard isGood, (1...32).contains(pool.utf8.count) else {
      throw .refused("“\(pool)” is not a pool's name: letters, digits, _ and -, at most 32")
    }
    self.pool = pool
  }

  private var table: String { "shares_\(pool)" }

  // No name of a pool has a colon: a pool called zion_20781 has another table.
  private func name(of day: Int64) -> String { "\(table):\(day)" }

  /// Days since 1970 that have a partition.
  func days(_ sql: any SQL) throws(StoreError) -> [Int64] {
    var days: [Int64] = []
    let rows = try sql.run(
      """
      SELECT child.relname::text FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        JOIN pg_class parent ON parent.oid = inhparent WHERE parent.relname = ?
          AND parent.relnamespace = current_schema()::regnamespace
      """, .text(table)
    ).rows
    for row in rows {
      if let day = Int64(try row.text(0).dropFirst(table.utf8.count + 1)) { days.append(day) }
    }
    return days.sorted()
  }

  func makeDays(_ wanted: [Int64], _ sql: any SQL) throws(StoreError) {
    try sql.run(
      "CREATE TABLE IF NOT EXISTS \"\(table)\" PARTITION OF shares FOR VALUES IN ('\(pool)') PARTITION BY RANGE (time)")
    for day in wanted {
      let range = "FROM (\(day * 86_400_000)) TO (\((day + 1) * 86_400_000))"
      try sql.run("CREATE TABLE IF NOT EXISTS \"\(name(of: day))\" PARTITION OF \"\(table)\" FOR VALUES \(range)")
    }
  }

  /// Waits 5 s at most for readers of the table: whoever takes shares would wait behind this.
  func drop(_ day: Int64, _ sql: any SQL) throws(StoreError) {
    try sql.run("SET LOCAL lock_timeout = '5s'")
    try sql.run("DROP TABLE \"\(name(of: day))\"")
  }
}
