import Stratum

/// Everything of one database into another that is empty: one state of the source, all of it or nothing.
public struct DatabaseCopy: Sendable {
  /// After each piece.
  public struct Progress: Equatable, Sendable {
    public var table: String
    public var done: Int64
    public var total: Int64
  }

  private let source: any Database
  private let target: any Database
  private let progress: @Sendable (Progress) -> Void

  public init(
    from source: any Database, to target: any Database, progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) {
    self.source = source
    self.target = target
    self.progress = progress
  }

  /// What was copied, after every row of it was read again and found equal.
  public func run() async throws -> [DatabaseStatus.Table] {
    let open = try await source.migrations().open
    guard open.isEmpty else {
      throw StoreError.refused("\(source.name) is of an older version: run zion db migrate --config FILE for it first")
    }
    _ = try await target.migrate()
    let layouts = try await target.read { sql in try Self.described(sql).tables() }
    let (pipe, target, progress) = (RowPipe(), target, progress)
    async let read: Void = source.read { sql in
      do {
        try CopySource(sql: Self.described(sql), targets: layouts).send(into: pipe)
        _ = pipe.put(.end)
      } catch {
        _ = pipe.put(.failed(StoreError(error)))
        throw error
      }
    }
    do {
      let copied = try await target.write { sql in
        try CopyTarget(sql: Self.described(sql), layouts: layouts, progress: progress).fill(from: pipe)
      }
      pipe.close()
      try await read
      return copied
    } catch {
      pipe.close()
      throw error
    }
  }

  private static func described(_ sql: any SQL) throws(StoreError) -> any DescribedSQL {
    guard let described = sql as? any DescribedSQL else { throw .refused("this database cannot be copied") }
    return described
  }
}

/// A connection that knows the tables, and can be filled as they are.
protocol DescribedSQL: SQL {
  func tables() throws(StoreError) -> [TableLayout]
  /// Reads all rows, in pieces.
  func pieces(of table: String, _ columns: [String], _ body: ([SQLRow]) throws(StoreError) -> Void) throws(StoreError)
  /// From here on rows are only stored: nothing follows from them.
  func beginFilling() throws(StoreError)
  /// The opposite; and the numbers that the database gives go on behind those that are there.
  func endFilling(_ tables: [TableLayout]) throws(StoreError)
}

private struct CopySource {
  let sql: any DescribedSQL
  let targets: [TableLayout]

  func send(into pipe: RowPipe) throws(StoreError) {
    let tables = try sql.tables()
    guard Set(tables.map(\.name)) == Set(targets.map(\.name)) else {
      throw .refused("the two databases do not have the same tables")
    }
    for target in TableLayout.inOrder(targets) {
      guard let table = tables.first(where: { $0.name == target.name }) else { continue }
      let columns = table.columns.map(\.name).filter { target.column($0) != nil }
      // SQLite numbers the rows of shares for itself.
      let left = Set(table.columns.map(\.name)).symmetricDifference(target.columns.map(\.name))
      guard left.isSubset(of: table.name == "shares" ? ["id"] : []) else {
        throw .refused("\(table.name) has other columns in the two databases: \(left.sorted().joined(separator: ", "))")
      }
      let count = try sql.first("SELECT count(*) FROM \(table.name)")?.integer(0) ?? 0
      let isWork = table.columns.filter { target.column($0.name)?.isWork ?? false || $0.isWork }.map(\.name)
      guard pipe.put(.table(table.name, columns: columns, rows: count)) else { return }
      var isWanted = true
      try sql.pieces(of: table.name, columns) { rows throws(StoreError) in
        guard isWanted else { return }
        isWanted = pipe.put(.rows(try rows.map { row throws(StoreError) in try row.exact(columns, work: isWork) }))
      }
      guard isWanted else { return }
    }
  }
}

private struct CopyTarget {
  let sql: any DescribedSQL
  let layouts: [TableLayout]
  let progress: @Sendable (DatabaseCopy.Progress) -> Void

  private struct Expected {
    var columns: [String]
    var rows: Int64 = 0
    var sum: UInt64 = 0
  }

  func fill(from pipe: RowPipe) throws(StoreError) -> [DatabaseStatus.Table] {
    for table in layouts {
      guard try sql.run("SELECT 1 FROM \(table.name) LIMIT 1").rows.isEmpty else {
        throw .refused("the target is not empty: there are rows in \(table.name)")
      }
    }
    try sql.beginFilling()
    var expected: [String: Expected] = [:]
    var (table, total) = ("", Int64(0))
    reading: while true {
      switch pipe.take() {
      case .end: break reading
      case .failed(let error): throw error
      case .table(let name, let columns, let rows):
        (table, total) = (name, rows)
        expected[name] = Expected(columns: columns)
      case .rows(let rows):
        guard var whole = expected[table] else { throw .malformed("rows of no table") }
        try insert(rows, into: table, whole.columns)
        whole.rows += Int64(rows.count)
        whole.sum = rows.reduce(whole.sum) { $0 &+ $1.checksum }
        expected[table] = whole
        progress(.init(table: table, done: whole.rows, total: total))
      }
    }
    try sql.endFilling(layouts)
    guard expected.count == layouts.count else { throw .unavailable("the source ended before its last table") }
    for (name, whole) in expected { try verify(name, whole) }
    return expected.map { .init(name: $0.key, rows: $0.value.rows) }.sorted { $0.name < $1.name }
  }

  private func insert(_ rows: [SQLRow], into table: String, _ columns: [String]) throws(StoreError) {
    if table == "shares", let pool = columns.firstIndex(of: "pool"), let time = columns.firstIndex(of: "time") {
      var days: [String: Set<Int64>] = [:]
      for row in rows { days[try row.text(pool), default: []].insert(try row.integer(time) / 86_400_000) }
      for (pool, days) in days { try sql.makeRoom(pool: pool, days: days.sorted()) }
    }
    try sql.insert(into: table, columns, rows, conflict: nil) { row, writer in
      for value in row.values { writer.value(value) }
    }
  }

  /// Every value, whatever the order of the rows.
  private func verify(_ table: String, _ expected: Expected) throws(StoreError) {
    let layout = layouts.first { $0.name == table }
    // Where this database does not tell work from other bytes, what was sent was bytes too, and equal ones.
    let work = expected.columns.filter { layout?.column($0)?.isWork ?? false }
    var found = Expected(columns: expected.columns)
    try sql.pieces(of: table, expected.columns) { rows throws(StoreError) in
      found.rows += Int64(rows.count)
      for row in rows { found.sum &+= try row.exact(expected.columns, work: work).checksum }
    }
    guard found.rows == expected.rows, found.sum == expected.sum else {
      throw .malformed("\(table) is not equal after copying: \(found.rows) rows of \(expected.rows)")
    }
  }
}

extension SQLRow {
  /// With work as work, in whatever form it was read.
  fileprivate func exact(_ columns: [String], work: [String]) throws(StoreError) -> SQLRow {
    guard !work.isEmpty else { return self }
    var values = values
    for (index, name) in columns.enumerated() where work.contains(name) && !isNull(index) {
      values[index] = .work(try self.work(index))
    }
    return SQLRow(values)
  }

  /// FNV-1a over all values; work counts as its bytes.
  fileprivate var checksum: UInt64 {
    var sum: UInt64 = 0xcbf2_9ce4_8422_2325
    func add(_ byte: UInt8) { sum = (sum ^ UInt64(byte)) &* 0x100_0000_01b3 }
    for value in values {
      switch value {
      case .null: add(0)
      case .integer(let number):
        add(1)
        for shift in stride(from: 0, to: 64, by: 8) { add(UInt8(truncatingIfNeeded: number >> Int64(shift))) }
      case .text(let text):
        add(2)
        for byte in text.utf8 { add(byte) }
      case .bytes(let bytes):
        add(3)
        for byte in bytes { add(byte) }
      case .work(let work):
        add(3)
        for byte in work.bigEndianBytes { add(byte) }
      }
      add(255)
    }
    // Sums of many must not be even where a simple product is.
    return (sum ^ sum >> 29) &* 0xbf58_476d_1ce4_e5b9
  }
}
