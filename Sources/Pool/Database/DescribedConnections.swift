import GRDB

extension PostgresSQL: DescribedSQL {
  func tables() throws(StoreError) -> [TableLayout] { try PostgresStatus.tables(self) }

  func pieces(of table: String, _ columns: [String], _ body: ([SQLRow]) throws(StoreError) -> Void) throws(StoreError) {
    let cursor = "every_\(table)"
    try script("DECLARE \(cursor) NO SCROLL CURSOR FOR SELECT \(columns.joined(separator: ", ")) FROM \(table)")
    while true {
      let rows = try run("FETCH 10000 FROM \(cursor)", []).rows
      guard !rows.isEmpty else { break }
      try body(rows)
    }
    try script("CLOSE \(cursor)")
  }

  // Balances come as they are: a trigger would move the money again.
  func beginFilling() throws(StoreError) { try script("ALTER TABLE transfers DISABLE TRIGGER USER") }

  func endFilling(_ tables: [TableLayout]) throws(StoreError) {
    try script("ALTER TABLE transfers ENABLE TRIGGER USER")
    for table in tables {
      guard let column = table.identity else { continue }
      try run(
        """
        SELECT setval(pg_get_serial_sequence(?, ?), (SELECT max(\(column)) FROM \(table.name)))
        """, [.text(table.name), .text(column)])
    }
  }
}

extension SQLiteSQL: DescribedSQL {
  func tables() throws(StoreError) -> [TableLayout] { try SQLiteStatus.tables(self) }

  func pieces(of table: String, _ columns: [String], _ body: ([SQLRow]) throws(StoreError) -> Void) throws(StoreError) {
    do {
      let statement = try database.makeStatement(sql: "SELECT \(columns.joined(separator: ", ")) FROM \(table)")
      let cursor = try Row.fetchCursor(statement)
      var rows: [SQLRow] = []
      while try cursor.next() != nil {
        rows.append(SQLRow(at: statement))
        guard rows.count == 10_000 else { continue }
        try body(rows)
        rows = []
      }
      if !rows.isEmpty { try body(rows) }
    } catch {
      throw StoreError(SQLiteDatabase.explain(error))
    }
  }

  private static let kept = "kept_triggers"

  // SQLite cannot switch triggers off: they are taken away, within the same transaction.
  func beginFilling() throws(StoreError) {
    try run("CREATE TEMP TABLE \(Self.kept) AS SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger'", [])
    for row in try run("SELECT name FROM \(Self.kept)", []).rows { try run("DROP TRIGGER \(row.text(0))", []) }
  }

  // Numbers follow from the largest that is there.
  func endFilling(_ tables: [TableLayout]) throws(StoreError) {
    for row in try run("SELECT sql FROM \(Self.kept)", []).rows { try run(row.text(0), []) }
    try run("DROP TABLE \(Self.kept)", [])
  }
}
