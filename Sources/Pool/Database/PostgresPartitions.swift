import Stratum

/// A pool's partition of `shares`, and its days.
struct PostgresPartitions {
  let pool: String

  /// Names of pools are letters, digits, `_` and `-`, at most 32: they fit an identifier in quotes.
  private var table: String { "shares_\(pool)" }

  private func name(of day: Int64) -> String { "\(table)_\(day)" }

  /// Today, tomorrow and the day after are there when this returns; days before the retention are not.
  func maintain(_ sql: any SQL, now: UnixTime, retentionDays: Int) throws {
    let today = Int64(now.seconds) / 86_400
    try makeDays(Array(today...today + 2), sql)
    for day in try days(sql) where day < today - Int64(retentionDays) {
      try sql.run("DROP TABLE \"\(name(of: day))\"")
    }
  }

  /// Days since 1970 that have a partition.
  func days(_ sql: any SQL) throws -> [Int64] {
    try sql.run(
      """
      SELECT child.relname::text FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
        JOIN pg_class parent ON parent.oid = inhparent WHERE parent.relname = ?
          AND parent.relnamespace = current_schema()::regnamespace
      """, .text(table)
    ).rows.compactMap { try Int64($0.text(0).dropFirst(table.count + 1)) }.sorted()
  }

  func makeDays(_ wanted: [Int64], _ sql: any SQL) throws(StoreError) {
    try sql.run(
      "CREATE TABLE IF NOT EXISTS \"\(table)\" PARTITION OF shares FOR VALUES IN ('\(pool)') PARTITION BY RANGE (time)")
    for day in wanted {
      let range = "FROM (\(day * 86_400_000)) TO (\((day + 1) * 86_400_000))"
      try sql.run("CREATE TABLE IF NOT EXISTS \"\(name(of: day))\" PARTITION OF \"\(table)\" FOR VALUES \(range)")
    }
  }
}
