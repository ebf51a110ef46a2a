import Foundation
import TestSupport

@testable import Pool

/// The databases that every test of stored things runs against: one behaviour, two of them.
enum Backend: String, CaseIterable, Sendable {
  case sqlite, postgres

  /// A new database with all tables. `folder` is where a file of it may be.
  func database(in folder: TemporaryFolder, migrated: Bool = true) async throws -> any Pool.Database {
    let database: any Pool.Database
    switch self {
    case .sqlite:
      database = try SQLiteDatabase(path: folder.url.appendingPathComponent("\(UUID().uuidString).sqlite").path)
    case .postgres: database = PostgresDatabase(url: try PostgresServer.makeDatabase())
    }
    if migrated { _ = try await database.migrate() }
    return database
  }

  /// The same database again, as another process has it.
  func another(_ database: any Pool.Database) async throws -> any Pool.Database {
    switch self {
    case .sqlite: try SQLiteDatabase(path: String(database.name.dropFirst("sqlite:".count)))
    // Its name is its URL: there is no secret in it.
    case .postgres: PostgresDatabase(url: database.name)
    }
  }

  func store(in folder: TemporaryFolder, pool: String = "zion") async throws -> PoolStore {
    PoolStore(pool: pool, database: try await database(in: folder))
  }
}

extension PoolStore {
  /// As a consumer that knows nothing of what was stored before.
  @discardableResult
  func insert(_ shares: [NumberedShare], upTo position: JournalPosition) async throws -> Int {
    try await insert(shares, of: "test", from: JournalPosition(segment: .max, offset: 0), upTo: position)
  }
}
