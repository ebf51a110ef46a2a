import Glibc

/// What SQLite says of itself and its tables.
enum SQLiteStatus {
  static func read(
    _ sql: any SQL, name: String, path: String, made: [String], open: [String]
  ) throws -> DatabaseStatus {
    let version = try sql.first("SELECT sqlite_version()")?.text(0) ?? ""
    var status = DatabaseStatus(
      name: name, version: "SQLite \(version)", made: made, open: open,
      byteCount: ["", "-wal", "-shm"].reduce(0) { $0 + byteCount(of: path + $1) })
    try status.count(try tables(sql).map(\.name), sql) { _ in [] }
    return status
  }

  private static func byteCount(of path: String) -> Int64 {
    var status = stat()
    return stat(path, &status) == 0 ? Int64(status.st_size) : 0
  }

  static func tables(_ sql: any SQL) throws(StoreError) -> [TableLayout] {
    var tables: [TableLayout] = []
    let names = try sql.run(
      """
      SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations'
        ORDER BY name
      """
    ).rows
    for row in names {
      let name = try row.text(0)
      var table = TableLayout(name: name, columns: [], identity: nil, references: [])
      for column in try sql.run("SELECT name FROM pragma_table_info(?) ORDER BY cid", .text(name)).rows {
        // Work is bytes here: only the other database can tell.
        table.columns.append(.init(name: try column.text(0), isWork: false))
      }
      for reference in try sql.run("SELECT \"table\" FROM pragma_foreign_key_list(?)", .text(name)).rows {
        table.references.insert(try reference.text(0))
      }
      tables.append(table)
    }
    return tables
  }
}
