/// What PostgreSQL says of itself and its tables.
enum PostgresStatus {
  static func read(_ sql: any SQL, name: String) throws -> DatabaseStatus {
    let row = try sql.first(
      "SELECT current_setting('server_version'), pg_database_size(current_database())")
    let (made, open) = try PostgresSchema.state(sql)
    var status = DatabaseStatus(
      name: name, version: "PostgreSQL \(try row?.text(0) ?? "")", made: made, open: open,
      byteCount: try row?.integer(1) ?? 0)
    try status.count(try tables(sql).map(\.name), sql) { pool in try PostgresPartitions(pool: pool).days(sql) }
    return status
  }

  /// All tables but those that keep account of migrations; partitions are parts of their table.
  static func tables(_ sql: any SQL) throws(StoreError) -> [TableLayout] {
    var tables: [TableLayout] = []
    let names = try sql.run(
      """
      SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
        AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'migrations' ORDER BY relname
      """
    ).rows
    for row in names {
      let name = try row.text(0)
      var table = TableLayout(name: name, columns: [], identity: nil, references: [])
      let columns = try sql.run(
        """
        SELECT attname::text, atttypid = 'numeric'::regtype, attidentity <> '' FROM pg_attribute
          WHERE attrelid = ?::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum
        """, .text(name)
      ).rows
      for column in columns {
        table.columns.append(.init(name: try column.text(0), isWork: try column.integer(1) == 1))
        if try column.integer(2) == 1 { table.identity = try column.text(0) }
      }
      let references = try sql.run(
        "SELECT confrelid::regclass::text FROM pg_constraint WHERE conrelid = ?::regclass AND contype = 'f'",
        .text(name)
      ).rows
      for reference in references { table.references.insert(try reference.text(0)) }
      tables.append(table)
    }
    return tables
  }
}
