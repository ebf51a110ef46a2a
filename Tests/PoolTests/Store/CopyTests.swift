import Foundation
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

@Suite struct CopyTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("copy") }

  /// Both directions, and between two of a kind.
  private static let ways = Backend.allCases.flatMap { from in Backend.allCases.map { (from, $0) } }

  private func filled(_ backend: Backend) async throws -> any Pool.Database {
    let store = try await backend.store(in: folder)
    try await store.insert(variedShares(25_000, seed: 7), upTo: JournalPosition(segment: 3, offset: 12))
    let database = store.database
    _ = try await PoolStore(pool: "other", database: database).insert(
      variedShares(50, seed: 8, firstNumber: 50_000), of: "second", from: ShareJournal.beginning,
      upTo: JournalPosition(segment: .max, offset: 1))
    try await store.save(
      BlockRecord(
        hash: Hash256(number: UInt256(UInt64(1))), height: 1, finder: MinerIdentity(account: "ZION_A", worker: "rig"),
        algorithm: .scrypt, networkWork: ShareWork(hashes: .max - 1), reward: AtomicUnits(50_000_000), state: .found,
        foundAt: testTime, updatedAt: testTime))
    try await database.write { sql in
      for name in ["wallet", "miner:ä", "fee:x"] {
        try sql.run("INSERT INTO accounts (name, balance, minimum) VALUES (?, 0, ?)", .text(name), .null)
      }
      for index in 0..<5 {
        try sql.run(
          "INSERT INTO audit (sequence, at, kind, body, hash) VALUES (?, 2, 'k', ?, ?)", .number(index),
          .text("{\"a\": \"\n\"}"), .bytes([]))
        try sql.run(
          """
          INSERT INTO transfers (sequence, id, debit, credit, amount, kind, reference, at)
            VALUES (?, ?, ?, ?, ?, 'test', 'r', 1)
          """, .number(index), .text("t\(index)"), "wallet", .text(index % 2 == 0 ? "miner:ä" : "fee:x"),
          .number(1000 + index))
      }
    }
    return database
  }

  private func balances(_ database: any Pool.Database) async throws -> [SQLRow] {
    try await database.read { sql in
      try sql.run("SELECT name, balance, minimum FROM accounts ORDER BY balance").rows
        + sql.run("SELECT sequence, id, debit, credit, amount FROM transfers ORDER BY sequence").rows
        + sql.run("SELECT sequence, body, hash FROM audit").rows
    }
  }

  @Test(arguments: ways)
  func `a copy has everything, and goes on as the original would`(from: Backend, to: Backend) async throws {
    let source = try await filled(from)
    let target = try await to.database(in: folder, migrated: false)
    let steps = Mutex<[DatabaseCopy.Progress]>([])
    let copied = try await DatabaseCopy(from: source, to: target) { step in steps.withLock { $0.append(step) } }.run()
    #expect(copied.first { $0.name == "shares" }?.rows == 25_050)
    #expect(steps.withLock { $0 }.filter { $0.table == "shares" }.map(\.done) == [10_000, 20_000, 25_050])
    #expect(try await Contents(of: target).differences(from: Contents(of: source)) == [])
    #expect(try await balances(target) == balances(source))
    let (before, after) = try await (source.status(), target.status())
    #expect(before.journals == after.journals && before.tables == after.tables && before.made.last == after.made.last)
    // New rows get new numbers, and money moves once again.
    for database in [source, target] {
      let store = PoolStore(pool: "zion", database: database)
      let more = variedShares(40, seed: 9, firstNumber: 90_000)
      #expect(try await store.insert(more, upTo: JournalPosition(segment: 3, offset: 99)) == 40)
      try await database.write { sql in
        try sql.run("INSERT INTO audit (sequence, at, kind, body, hash) VALUES (5, 3, 'k', '', ?)", .bytes([1]))
        _ = try sql.run(
          """
          INSERT INTO transfers (sequence, id, debit, credit, amount, kind, reference, at)
            VALUES (5, 'n', 'fee:x', 'wallet', 7, 'k', '', 1)
          """)
      }
      await #expect(throws: StoreError.self) {
        _ = try await database.write { sql in try sql.run("UPDATE transfers SET amount = 1") }
      }
    }
    #expect(try await Contents(of: target).differences(from: Contents(of: source)) == [])
    #expect(try await balances(target) == balances(source))
  }

  @Test(arguments: Backend.allCases)
  func `a target that is not empty, or a source of an older version, is refused`(backend: Backend) async throws {
    let source = try await filled(.sqlite)
    let target = try await backend.store(in: folder)
    try await target.insert(variedShares(1, seed: 1), upTo: JournalPosition(segment: 1, offset: 1))
    let before = try await Contents(of: target.database)
    let refused = await #expect(throws: StoreError.self) {
      try await DatabaseCopy(from: source, to: target.database).run()
    }
    #expect(refused?.description.contains("the target is not empty") == true)
    #expect(try await Contents(of: target.database) == before)
    let old = await #expect(throws: StoreError.self) {
      try await DatabaseCopy(
        from: backend.database(in: folder, migrated: false), to: backend.database(in: folder)
      ).run()
    }
    #expect(old?.description.contains("is of an older version") == true)
  }

  @Test(arguments: Backend.allCases)
  func `what cannot be stored in the target leaves it empty`(backend: Backend) async throws {
    let source = try await backend.database(in: folder)
    try await source.write { sql in
      try sql.run("INSERT INTO ordinals (pool, last) VALUES ('p', 1)")
      _ = try sql.run("INSERT INTO owners (pool, level, algorithm, account, worker) VALUES ('a b', 0, 'x', '', '')")
    }
    let target = try await Backend.postgres.database(in: folder)
    // A row of a table that comes late does not fit: the trigger stands for a full disk.
    try await target.write { sql in
      try sql.run(
        "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'disk full'; END $$")
      _ = try sql.run("CREATE TRIGGER no BEFORE INSERT ON ordinals FOR EACH ROW EXECUTE FUNCTION no()")
    }
    let failed = await #expect(throws: StoreError.self) { try await DatabaseCopy(from: source, to: target).run() }
    #expect(failed?.description.contains("disk full") == true)
    #expect(try await target.status().tables.allSatisfy { $0.rows == 0 })
  }
}
