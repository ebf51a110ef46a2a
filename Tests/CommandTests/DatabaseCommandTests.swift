import ArgumentParser
import Foundation
import Pool
import Stratum
import TestSupport
import Testing

@testable import zion

@Suite struct DatabaseCommandTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("db-command") }

  private func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  private func fill(_ database: any Database, _ shares: Int) async throws {
    let store = PoolStore(pool: "zion", database: database)
    let new = (0..<UInt64(shares)).map { NumberedShare(sequence: $0 + 1, share: ShareExample.share($0)) }
    let end = JournalPosition(segment: 2, offset: 34)
    _ = try await store.insert(new, of: "journal", from: JournalPosition(segment: 0, offset: 0), upTo: end)
  }

  @Test func `a database is migrated, copied both ways, and says what is in it`() async throws {
    let original = path("a.sqlite")
    try await fill(try await migrated(SQLiteDatabase(path: original)), 300)
    let url = try PostgresServer.makeDatabase()
    try await DatabaseCopyCommand.parse(["--from", "sqlite:\(original)", "--to", url]).run()
    try await DatabaseCopyCommand.parse(["--from", url, "--to", "sqlite:\(path("b.sqlite"))"]).run()

    let first = DatabasePage(try await SQLiteDatabase(path: original).status())
    let second = DatabasePage(try await PostgresDatabase(url: url).status())
    let third = DatabasePage(try await SQLiteDatabase(path: path("b.sqlite")).status())
    #expect(first.rows["shares"] == 300 && first.rows == second.rows && first.rows == third.rows)
    #expect(first.journals == second.journals && first.journals == third.journals)
    #expect(first.journals == [.init(journal: "journal", segment: 2, offset: 34)])
    #expect(
      second.pools == [.init(name: "zion", shares: 300, partitions: 1, oldest: "2025-10-09", newest: "2025-10-09")])
    #expect(second.version.hasPrefix("PostgreSQL ") && third.version.hasPrefix("SQLite 3"))
    #expect(second.migrations.open.isEmpty && second.bytes > 0 && third.bytes > 0)

    let lines = DatabaseStatusCommand.lines(try await PostgresDatabase(url: url).status())
    #expect(lines.contains("zion          300           1  2025-10-09  2025-10-09"))
    #expect(lines.contains { $0.hasPrefix("shares ") && $0.hasSuffix(" 300") })
    #expect(lines.contains { $0.hasPrefix("up to date: ") })
    // A second time there is something in the way.
    let again = try DatabaseCopyCommand.parse(["--from", url, "--to", "sqlite:\(original)"])
    await #expect(throws: ExitCode(1)) { try await again.run() }
  }

  private func migrated(_ database: SQLiteDatabase) async throws -> SQLiteDatabase {
    _ = try await database.migrate()
    return database
  }

  @Test func `the commands find the database of a configuration`() async throws {
    let url = try PostgresServer.makeDatabase()
    let config = try folder.write("local: {database: \"\(url)\"}\n", to: "zion.yaml")
    let before = try await PostgresDatabase(url: url).status()
    #expect(before.made.isEmpty && !before.open.isEmpty && before.tables.isEmpty)
    #expect(DatabaseStatusCommand.lines(before)[1].hasPrefix("to be made by zion db migrate: "))
    try await DatabaseStatusCommand.parse(["--config", config]).run()
    try await DatabaseMigrateCommand.parse(["--config", config]).run()
    try await DatabaseMigrateCommand.parse(["--config", config]).run()
    try await DatabaseStatusCommand.parse(["--config", config, "--json"]).run()
    #expect(try await PostgresDatabase(url: url).status().open.isEmpty)
    // A file that is not there is not made by asking for it.
    let missing = try folder.write("{data: \"\(path("nowhere"))\"}\n", to: "missing.yaml")
    let ask = try DatabaseStatusCommand.parse(["--config", missing])
    await #expect(throws: ExitCode(1)) { try await ask.run() }
    let wrong = try folder.write("local: {database: \"postgres://h\"}\n", to: "wrong.yaml")
    let refused = try DatabaseStatusCommand.parse(["--config", wrong])
    await #expect(throws: ExitCode(78)) { try await refused.run() }
  }

  @Test func `databases to copy are checked before anything is opened`() {
    for (from, to) in [("sqlite:a", "mysql://h/d"), ("a", "sqlite:b"), ("sqlite:a", "sqlite:a")] {
      #expect(throws: (any Error).self) { try DatabaseCopyCommand.parse(["--from", from, "--to", to]) }
    }
  }
}
