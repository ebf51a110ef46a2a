import Bench
import Foundation
import Logging
import Pool
import Stratum

/// Shares from a journal on disk into PostgreSQL, with their order and every sum, against `psql \copy` of the same rows
/// into the same table.
struct IngestBenchmark {
  /// Any database of the server: each round makes two of its own beside it, and drops them.
  let url: String

  private static let log = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })
  /// When the shares were found.
  private static let time = UnixTime(seconds: 1_760_000_000)

  func run(_ options: BenchOptions) async throws -> [Finding] {
    let rows = max(20_000, Int(options.seconds * 150_000))
    var ours: [Double] = []
    var copied: [Double] = []
    for round in 1...options.rounds {
      options.progress("ingest: round \(round) of \(options.rounds), \(rows) shares")
      let folder = try BenchFolder(in: options.directory)
      let file = "\(folder.path)/shares.copy"
      ours.append(
        try await withDatabase { database, place in
          let seconds = try await ingest(rows, into: database, journal: "\(folder.path)/journal", place)
          try psql(place, "\\copy (SELECT * FROM shares ORDER BY ordinal) TO '\(file)'")
          return Double(rows) / seconds
        })
      copied.append(
        try await withDatabase { _, place in
          try psql(place, "CHECKPOINT")
          let seconds = try await timed { try psql(place, "\\copy shares FROM '\(file)'") }
          return Double(rows) / seconds
        })
    }
    return [
      Finding(
        "ingest: journal to PostgreSQL with all sums, against psql \\copy", unit: "shares per s",
        ours: Median.of(ours), baseline: Median.of(copied), aim: .atLeast(0.6), judged: .ratio),
      Finding(
        "… against 20 times 100,000 a minute", unit: "shares per s", ours: Median.of(ours), aim: .atLeast(33_333)),
    ]
  }

  private func ingest(
    _ rows: Int, into database: PostgresDatabase, journal path: String, _ place: String
  ) async throws -> Double {
    let journal = try ShareJournal(directory: path, now: Self.time, log: Self.log)
    let outlet = journal.attach { _, _ in }
    for number in 0..<UInt64(rows) {
      let ticket = ShareTicket(session: 0, sequence: UInt32(truncatingIfNeeded: number))
      guard journal.append(ShareExample.share(number), ticket: ticket, outlet: outlet) == .queued else {
        throw BenchError.server("the journal refused share \(number)")
      }
      if number % 10_000 == 9_999 { await journal.flush() }
    }
    await journal.close()
    let store = PoolStore(pool: "bench", database: database)
    let consumer = JournalConsumer(journal: journal, store: store, now: { Self.time }, log: Self.log)
    try psql(place, "CHECKPOINT")
    let seconds = try await timed { try await consumer.drain() }
    let stored = try await store.poolTotals(now: Self.time).reduce(0) { $0 + $1.shares }
    guard stored == rows else { throw BenchError.server("\(stored) of \(rows) shares are in the database") }
    return seconds
  }

  private func timed(_ body: () async throws -> Void) async throws -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    try await body()
    return start.duration(to: clock.now) / .seconds(1)
  }

  /// A database of the run's own, with the tables and partitions that shares need.
  private func withDatabase<Value>(_ body: (PostgresDatabase, String) async throws -> Value) async throws -> Value {
    let name = "zion_bench_\(UInt64.random(in: 0 ... .max))"
    guard var parts = URLComponents(string: url) else { throw BenchError.server("--database is not a URL") }
    parts.path = "/\(name)"
    guard let place = parts.string else { throw BenchError.server("--database is not a URL") }
    try psql(url, "CREATE DATABASE \(name)")
    let result: Value
    do {
      let database = PostgresDatabase(try PostgresURL(place))
      _ = try await database.migrate()
      try await PoolStore(pool: "bench", database: database).maintain(now: Self.time, retentionDays: 90)
      result = try await body(database, place)
    } catch {
      try? psql(url, "DROP DATABASE \(name) WITH (FORCE)")
      throw error
    }
    try psql(url, "DROP DATABASE \(name) WITH (FORCE)")
    return result
  }

  private func psql(_ place: String, _ command: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", place, "-c", command]
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      throw BenchError.server("psql failed at “\(command.prefix(60))”")
    }
  }
}
