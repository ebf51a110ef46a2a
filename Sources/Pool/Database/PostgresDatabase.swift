import Dispatch
import Stratum
import Synchronization

/// A database in a PostgreSQL server, of version 15 or later. One connection writes money, one takes shares, some read;
/// each has a thread, and is opened anew after it was lost.
public final class PostgresDatabase: Database {
  public let name: String
  private let place: PostgresPlace
  private let writer: PostgresLane
  private let taker: PostgresLane
  private let readers: [PostgresLane]
  private let turn = Atomic<UInt>(0)

  /// Writes of money exclude each other by this, over all processes.
  private static let writeLock: Int64 = 0x5a49_4f4e_0000_0001

  /// Opens nothing yet: the first use does, and says what is wrong.
  public convenience init(_ url: PostgresURL, readerCount: Int = 3) {
    self.init(name: url.description, PostgresPlace(url: url.text, password: url.password), readerCount: readerCount)
  }

  /// - Parameters:
  ///   - url: as `PostgresURL` has it, or libpq's own form.
  ///   - patienceSeconds: a server that sends nothing for so long is left.
  public convenience init(url: String, readerCount: Int = 3, patienceSeconds: Int = 60) {
    var name = "postgres"
    do throws(PostgresURL.Malformed) {
      name = try PostgresURL(url).description
    } catch {
      // The first use says what is wrong with it.
    }
    self.init(name: name, PostgresPlace(url: url, patienceSeconds: patienceSeconds), readerCount: readerCount)
  }

  private init(name: String, _ place: PostgresPlace, readerCount: Int) {
    self.name = name
    self.place = place
    writer = PostgresLane(label: "zion.postgres.write", place)
    taker = PostgresLane(label: "zion.postgres.take", place)
    readers = (0..<max(1, readerCount)).map { PostgresLane(label: "zion.postgres.read\($0)", place) }
  }

  public func read<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value {
    let index = turn.wrappingAdd(1, ordering: .relaxed).newValue % UInt(readers.count)
    return try await readers[Int(index)].transaction(begin: "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", body)
  }

  public func write<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value {
    try await writer.transaction(begin: "BEGIN; SELECT pg_advisory_xact_lock(\(Self.writeLock))", body)
  }

  public func take<Value: Sendable>(_ body: @escaping @Sendable (any SQL) throws -> Value) async throws -> Value {
    try await taker.transaction(begin: "BEGIN", body)
  }

  public func migrate() async throws -> [String] {
    try await write { sql in try PostgresSchema.migrate(sql) }
  }

  public func migrations() async throws -> (made: [String], open: [String]) {
    try await read { sql in try PostgresSchema.state(sql) }
  }

  public func maintain(pool: String, now: UnixTime, retentionDays: Int) async throws {
    let today = Int64(now.seconds) / 86_400
    let old = try await take { sql in
      // Whoever takes shares of this pool waits here: days are made by one at a time.
      try Ordinals(pool: pool).lock(sql)
      let partitions = try PostgresPartitions(pool: pool)
      try partitions.makeDays(Array(today...today + 2), sql)
      return try partitions.days(sql).filter { $0 < today - Int64(retentionDays) }
    }
    for day in old {
      try await take { sql in
        try Ordinals(pool: pool).lock(sql)
        try PostgresPartitions(pool: pool).drop(day, sql)
      }
    }
  }

  public func status() async throws -> DatabaseStatus {
    let name = name
    return try await read { sql in try PostgresStatus.read(sql, name: name) }
  }

  public func lease(_ right: String) async throws -> (any DatabaseLease)? {
    try await PostgresLease(place, right: right)
  }
}

/// One connection and its thread.
final class PostgresLane: Sendable {
  private let place: PostgresPlace
  private let queue: DispatchQueue
  private let connection = Mutex<PostgresConnection?>(nil)
  /// When the server was last found to be away.
  private let outage = Mutex<Outage?>(nil)

  private struct Outage {
    var found: ContinuousClock.Instant
    var error: StoreError
  }

  init(label: String, _ place: PostgresPlace) {
    self.place = place
    queue = DispatchQueue(label: label)
  }

  func transaction<Value: Sendable>(
    begin: String, _ body: @escaping @Sendable (any SQL) throws -> Value
  ) async throws -> Value {
    let asked = ContinuousClock.now
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try self.carryOut(begin, body, asked: asked) }) }
    }
  }

  /// Whoever waited while the server was found to be away is told the same at once: each trying for itself, the last of
  /// hundreds would wait for hours.
  private func carryOut<Value: Sendable>(
    _ begin: String, _ body: (any SQL) throws -> Value, asked: ContinuousClock.Instant
  ) throws -> Value {
    if let outage = outage.withLock({ $0 }), asked < outage.found { throw outage.error }
    return try carryOut(begin, body)
  }

  private func isAway(_ error: StoreError) { outage.withLock { $0 = Outage(found: .now, error: error) } }

  private func open() throws(StoreError) -> PostgresConnection {
    do throws(StoreError) {
      return try PostgresConnection(place)
    } catch {
      isAway(error)
      throw error
    }
  }

  private func carryOut<Value: Sendable>(
    _ begin: String, _ body: (any SQL) throws -> Value
  ) throws -> Value {
    try connection.withLock { held in
      var current = try held ?? open()
      held = current
      do throws(StoreError) {
        try current.script(begin)
      } catch {
        // It was lost while nobody used it: nothing has begun, so that another can be opened.
        held = nil
        if current.isSilent { isAway(error) }
        current = try open()
        held = current
        try current.script(begin)
      }
      do {
        let value = try body(PostgresSQL(connection: current))
        guard !current.hasFailed else { throw StoreError.unavailable("a statement of the transaction failed") }
        try current.script("COMMIT")
        return value
      } catch {
        do throws(StoreError) {
          try current.script("ROLLBACK")
        } catch _ {
          held = nil
        }
        if current.isBroken { held = nil }
        if current.isSilent, let error = error as? StoreError { isAway(error) }
        throw error
      }
    }
  }
}

/// A connection within a transaction.
struct PostgresSQL: SQL {
  let connection: PostgresConnection

  @discardableResult
  func run(_ sql: String, _ values: [SQLValue]) throws(StoreError) -> SQLResult { try connection.run(sql, values) }

  func insert<Row>(
    into table: String, _ columns: [String], _ rows: [Row], conflict: String?,
    _ fill: (Row, inout SQLRowWriter) -> Void
  ) throws(StoreError) {
    guard !rows.isEmpty else { return }
    guard let conflict else { return try connection.copy(into: table, columns, rows, fill) }
    // COPY knows no conflicts: rows come in beside the table first.
    let list = columns.joined(separator: ", ")
    try script("CREATE TEMP TABLE IF NOT EXISTS staged_\(table) AS SELECT \(list) FROM \(table) LIMIT 0")
    try connection.copy(into: "staged_\(table)", columns, rows, fill)
    try script("INSERT INTO \(table) (\(list)) SELECT \(list) FROM staged_\(table) \(conflict)")
    try script("TRUNCATE staged_\(table)")
  }

  func makeRoom(pool: String, days: [Int64]) throws(StoreError) {
    try PostgresPartitions(pool: pool).makeDays(days, self)
  }

  /// Statements without values, separated by semicolons.
  func script(_ sql: String) throws(StoreError) { try connection.script(sql) }
}

/// An advisory lock, which the server takes back when the connection ends.
private final class PostgresLease: DatabaseLease {
  private let lane: PostgresLane
  private let key: Int64

  init?(_ place: PostgresPlace, right: String) async throws {
    // FNV-1a: the same number for the same right in every process.
    key = Int64(bitPattern: right.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 })
    lane = PostgresLane(label: "zion.postgres.lease", place)
    let (lane, key) = (lane, key)
    let isOurs = try await lane.transaction(begin: "BEGIN") { sql in
      // Held by the session, not by the transaction.
      try sql.first("SELECT pg_try_advisory_lock(?::bigint)", .integer(key))?.integer(0) == 1
    }
    guard isOurs else { return nil }
  }

  func holds() async -> Bool {
    let key = key
    do {
      // A connection that was opened anew does not have it.
      return try await lane.transaction(begin: "BEGIN") { sql in
        try sql.first(
          """
          SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND granted
            AND ((classid::bigint << 32) | objid::bigint) = ?::bigint
          """, .integer(key))?.integer(0) ?? 0 > 0
      }
    } catch {
      return false
    }
  }

  func end() async {
    let key = key
    do {
      _ = try await lane.transaction(begin: "BEGIN") { sql in
        try sql.run("SELECT pg_advisory_unlock(?::bigint)", .integer(key))
      }
    } catch {
      // The connection is gone, and the lock with it.
    }
  }
}
