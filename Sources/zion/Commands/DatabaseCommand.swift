import ArgumentParser
import Foundation
import Pool
import Stratum

/// `zion db`: what an operator does with the database itself.
struct DatabaseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "db", abstract: "Look after the database of the pool.",
    discussion: "Exit code 0: done. 1: the database says why not. 78: the configuration has mistakes.",
    subcommands: [DatabaseStatusCommand.self, DatabaseMigrateCommand.self, DatabaseCopyCommand.self])
}

struct DatabaseStatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Which database it is, what is in it, and how far journals were taken over.",
    discussion: "Counts every row.")

  @OptionGroup var arguments: DatabaseArguments
  @Flag(help: "For programs.")
  var json = false

  func run() async throws {
    let configuration = try arguments.configuration()
    try await CommandFailure.explained {
      let status = try await configuration.openDatabase(makesFile: false).status()
      try JSONText.show(DatabasePage(status), asJSON: json, else: Self.lines(status))
    }
  }

  static func lines(_ status: DatabaseStatus) -> [String] {
    let page = DatabasePage(status)
    var lines = [
      "\(page.database), \(page.version), \(size(page.bytes))",
      page.migrations.open.isEmpty
        ? "up to date: \(page.migrations.made.joined(separator: "; "))"
        : "to be made by zion db migrate: \(page.migrations.open.joined(separator: "; "))",
    ]
    if !page.pools.isEmpty {
      let pools = page.pools.map { pool in
        [pool.name, "\(pool.shares)", "\(pool.partitions)", pool.oldest ?? "–", pool.newest ?? "–"]
      }
      lines += [""] + Table(["pool", ">shares ever", ">partitions", "oldest", "newest"], pools).lines
    }
    if !page.journals.isEmpty {
      let journals = page.journals.map { [$0.journal.isEmpty ? "–" : $0.journal, "\($0.segment)", "\($0.offset)"] }
      lines += [""] + Table(["journal", ">segment", ">offset"], journals).lines
    }
    if !page.rows.isEmpty {
      lines +=
        [""] + Table(["table", ">rows"], page.rows.sorted { $0.key < $1.key }.map { [$0.key, "\($0.value)"] }).lines
    }
    return lines
  }

  private static func size(_ bytes: Int64) -> String {
    "\(Stratum.Decimal.fixed(Double(bytes) / 1_048_576, decimals: 1)) MiB"
  }
}

/// What `zion db status --json` prints.
struct DatabasePage: Codable, Equatable {
  struct Migrations: Codable, Equatable {
    var made: [String]
    var open: [String]
  }

  struct Pool: Codable, Equatable {
    var name: String
    /// Taken over since ever.
    var shares: Int64
    var partitions: Int
    /// First and last day with a partition, as 2026-11-24; none in SQLite.
    var oldest: String?
    var newest: String?
  }

  struct Journal: Codable, Equatable {
    var journal: String
    var segment: UInt64
    var offset: Int
  }

  var database: String
  var version: String
  var bytes: Int64
  var migrations: Migrations
  /// By table.
  var rows: [String: Int64]
  var pools: [Pool]
  var journals: [Journal]

  init(_ status: DatabaseStatus) {
    database = status.name
    version = status.version
    bytes = status.byteCount
    migrations = Migrations(made: status.made, open: status.open)
    rows = Dictionary(uniqueKeysWithValues: status.tables.map { ($0.name, $0.rows) })
    pools = status.pools.map { pool in
      Pool(
        name: pool.name, shares: pool.taken, partitions: pool.days.count, oldest: pool.days.first.map(Self.date),
        newest: pool.days.last.map(Self.date))
    }
    journals = status.journals.map {
      Journal(journal: $0.id, segment: $0.position.segment, offset: $0.position.offset)
    }
  }

  private static func date(_ day: Int64) -> String {
    Date(timeIntervalSince1970: Double(day) * 86_400).formatted(.iso8601.year().month().day())
  }
}

struct DatabaseMigrateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "migrate", abstract: "Bring the tables up to date; zion run does the same.")

  @OptionGroup var arguments: DatabaseArguments

  func run() async throws {
    let configuration = try arguments.configuration()
    try await CommandFailure.explained {
      let database = try configuration.openDatabase(makesFile: false)
      let steps = try await database.migrate()
      for step in steps { print("made: \(step)") }
      print(steps.isEmpty ? "\(database.name) was up to date: nothing to do" : "\(database.name) is up to date")
    }
  }
}

struct DatabaseCopyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "copy", abstract: "Copy everything into an empty database, such as from SQLite to PostgreSQL.",
    discussion: """
      Copies one state of the source, which may be in use meanwhile; what comes later is not in it, so stop zion run \
      first. All is copied, or nothing. Every row is read again and compared. A password is better kept in the file that \
      PGPASSFILE names than on the command line.
      """)

  @Option(help: "sqlite:FILE or postgres://USER@HOST:PORT/NAME")
  var from: String
  @Option(help: "The same, of a database that is empty or, with SQLite, not there.")
  var to: String

  func validate() throws {
    _ = try (Self.option("--from", from), Self.option("--to", to))
    guard from != to else { throw ValidationError("--from and --to are the same database") }
  }

  private static func option(_ name: String, _ text: String) throws -> DatabaseOption {
    do throws(Wrong) {
      return try DatabaseSection.option(text)
    } catch {
      throw ValidationError("\(name): \(error.what); write \(error.instead)")
    }
  }

  func run() async throws {
    try await CommandFailure.explained {
      let source = try Self.option("--from", from).open(in: ".", pool: "zion", makesFile: false)
      let target = try Self.option("--to", to).open(in: ".", pool: "zion", makesFile: true)
      let copied = try await DatabaseCopy(from: source, to: target) { progress in
        let line = "\(progress.table): \(progress.done) of \(progress.total)\n"
        FileHandle.standardError.write(Data(line.utf8))
      }.run()
      print(Table(["table", ">rows"], copied.map { [$0.name, "\($0.rows)"] }).lines.joined(separator: "\n"))
      print("\(target.name) has what \(source.name) has: every row was read again and is equal")
    }
  }
}
