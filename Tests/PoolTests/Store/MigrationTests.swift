import Foundation
import GRDB
import Stratum
import TestSupport
import Testing

@testable import Pool

/// A file of the first released version, as that version filled it.
private struct FirstVersion {
  let queue: DatabaseQueue

  init(_ path: String) throws {
    queue = try DatabaseQueue(path: path)
    try queue.write { database in
      try database.execute(
        sql: """
          CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
          INSERT INTO grdb_migrations VALUES ('1 shares and blocks');
          CREATE TABLE miners (
            id INTEGER PRIMARY KEY, account TEXT NOT NULL, worker TEXT NOT NULL, algorithm TEXT NOT NULL,
            shares INTEGER NOT NULL DEFAULT 0, work BLOB NOT NULL DEFAULT (zeroblob(16)),
            first_share INTEGER NOT NULL, last_share INTEGER NOT NULL, UNIQUE (account, worker, algorithm));
          CREATE TABLE shares (
            id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, sequence INTEGER NOT NULL, time INTEGER NOT NULL,
            miner INTEGER NOT NULL REFERENCES miners (id), height INTEGER NOT NULL, n_bits INTEGER NOT NULL,
            work BLOB NOT NULL, is_block INTEGER NOT NULL, source_job TEXT NOT NULL);
          CREATE TABLE miner_minutes (
            minute INTEGER NOT NULL, miner INTEGER NOT NULL REFERENCES miners (id), work BLOB NOT NULL,
            PRIMARY KEY (minute, miner)) WITHOUT ROWID;
          CREATE TABLE pool_totals (
            algorithm TEXT PRIMARY KEY, shares INTEGER NOT NULL, work BLOB NOT NULL, first_share INTEGER NOT NULL,
            last_share INTEGER NOT NULL) WITHOUT ROWID;
          CREATE TABLE pool_minutes (
            minute INTEGER NOT NULL, algorithm TEXT NOT NULL, work BLOB NOT NULL, PRIMARY KEY (minute, algorithm)
          ) WITHOUT ROWID;
          CREATE TABLE blocks (
            hash BLOB PRIMARY KEY, height INTEGER NOT NULL, account TEXT NOT NULL, worker TEXT NOT NULL,
            algorithm TEXT NOT NULL, network_work BLOB NOT NULL, reward INTEGER NOT NULL, status TEXT NOT NULL,
            reason TEXT NOT NULL, confirmations INTEGER NOT NULL, found_at INTEGER NOT NULL,
            updated_at INTEGER NOT NULL) WITHOUT ROWID;
          CREATE INDEX blocks_by_time ON blocks (found_at);
          CREATE INDEX blocks_by_account ON blocks (account);
          CREATE TABLE journal_position (
            id INTEGER PRIMARY KEY CHECK (id = 1), segment INTEGER NOT NULL, offset INTEGER NOT NULL);
          """)
    }
  }

  private func bytes(_ work: ShareWork) -> Data { Data(work.bigEndianBytes) }

  func fill(_ shares: [NumberedShare]) throws {
    let byMiner = Dictionary(grouping: shares.map(\.share)) {
      [$0.miner.account, $0.miner.worker, $0.algorithm.rawValue]
    }
    let miners = byMiner.keys.sorted { $0.lexicographicallyPrecedes($1) }
    try queue.write { database in
      for (index, miner) in miners.enumerated() {
        let own = byMiner[miner] ?? []
        try database.execute(
          sql: "INSERT INTO miners VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            index + 1, miner[0], miner[1], miner[2], own.count, bytes(own.reduce(.zero) { $0 + $1.work }),
            Int64(own.map(\.time).min() ?? 0), Int64(own.map(\.time).max() ?? 0),
          ])
        for (minute, part) in Dictionary(grouping: own, by: { $0.time / 60_000 }) {
          try database.execute(
            sql: "INSERT INTO miner_minutes VALUES (?, ?, ?)",
            arguments: [Int64(minute), index + 1, bytes(part.reduce(.zero) { $0 + $1.work })])
        }
      }
      for (algorithm, own) in Dictionary(grouping: shares.map(\.share), by: \.algorithm) {
        try database.execute(
          sql: "INSERT INTO pool_totals VALUES (?, ?, ?, ?, ?)",
          arguments: [
            algorithm.rawValue, own.count, bytes(own.reduce(.zero) { $0 + $1.work }),
            Int64(own.map(\.time).min() ?? 0), Int64(own.map(\.time).max() ?? 0),
          ])
      }
      for (index, numbered) in shares.enumerated() {
        let share = numbered.share
        let miner = [share.miner.account, share.miner.worker, share.algorithm.rawValue]
        try database.execute(
          sql: "INSERT INTO shares VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          arguments: [
            // With gaps, as a rolled back insert leaves them.
            index * 3 + 2, Data(share.hash.bytes), Int64(numbered.sequence), Int64(share.time),
            (miners.firstIndex(of: miner) ?? -1) + 1, Int64(share.height), Int64(share.nBits), bytes(share.work),
            share.isBlock ? 1 : 0, share.sourceJobID,
          ])
      }
      try database.execute(sql: "INSERT INTO journal_position VALUES (1, 5, 777)")
      try database.execute(
        sql: "INSERT INTO blocks VALUES (?, 9, 'ZION_1', 'a', 'scrypt', ?, 50, 'mature', '', 0, 100, 200)",
        arguments: [Data(repeating: 7, count: 32), bytes(ShareWork(hashes: 1 << 90))])
    }
  }
}

@Suite struct MigrationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("migration") }

  @Test func `a file of the first version becomes what taking over its shares anew would give`() async throws {
    let path = folder.url.appendingPathComponent("pool.sqlite").path
    let shares = variedShares(3_000, seed: 3)
    do {
      let old = try FirstVersion(path)
      try old.fill(shares)
      try old.queue.close()
    }
    let database = try SQLiteDatabase(path: path, unnamedPool: "gold")
    #expect(
      try await database.migrations().open == [
        "2 ledger, payouts, roll-ups, several pools", "3 bans", "4 blocks that stand",
      ])
    #expect(try await database.migrate().count == 3)
    #expect(try await database.migrate().isEmpty)

    let anew = try await Backend.sqlite.store(in: folder, pool: "gold")
    try await anew.insert(shares, upTo: JournalPosition(segment: 5, offset: 777))
    let migrated = try await Contents(of: database)
    let expected = try await Contents(of: anew.database)
    #expect(migrated.differences(from: expected) == [])
    #expect(migrated.ordinals == ["gold 3000"] && migrated.gaps(in: "gold").isEmpty)
    let store = PoolStore(pool: "gold", database: database)
    #expect(try await store.position(of: "whatever the journal is called") == JournalPosition(segment: 5, offset: 777))
    let block = try #require(try await store.blocks(limit: 9).first)
    #expect(block.networkWork.hashes == 1 << 90 && block.state == .mature && block.finder.account == "ZION_1")
    let now = UnixTime(seconds: UInt32((shares.map(\.share.time).max() ?? 0) / 1000))
    #expect(try await store.poolTotals(now: now) == anew.poolTotals(now: now))
    let (account, again) = try await (
      store.minerSummary(account: "ZION_2", now: now), anew.minerSummary(account: "ZION_2", now: now)
    )
    #expect(account != nil && account == again)

    // It goes on from there: the journal's next shares are new, those before are known.
    let more = variedShares(100, seed: 4, firstNumber: 5_000)
    for (target, from) in [(store, JournalPosition(segment: 5, offset: 777)), (anew, ShareJournal.beginning)] {
      let end = JournalPosition(segment: 6, offset: 1)
      let some = shares.suffix(10) + more
      #expect(try await target.insert(some, of: "j", from: .init(segment: 1, offset: 0), upTo: end) == 100)
      #expect(try await target.insert(more, of: "j", from: from, upTo: end) == 0)
    }
    #expect(try await Contents(of: database).differences(from: Contents(of: anew.database)) == [])
    // The same file in the other database, by way of a copy.
    let copy = try await Backend.postgres.database(in: folder, migrated: false)
    _ = try await DatabaseCopy(from: database, to: copy).run()
    #expect(try await Contents(of: copy).differences(from: Contents(of: database)) == [])
  }
}
