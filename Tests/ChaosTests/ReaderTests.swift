import Chaos
import Foundation
import GRDB
import Logging
import Pool
import Stratum
import Synchronization
import TestSupport
import Testing

/// The reader beside what the pool really writes.
@Suite struct ReaderTests {
  private static let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
  private static let now = UnixTime(seconds: 1_800_000_000)

  private static func share(_ number: UInt32) -> ShareRecord {
    ShareRecord(
      time: UInt64(now.seconds) * 1000 + UInt64(number), hash: Hash256(number: UInt256(7, 0, 0, UInt64(number))),
      work: ShareWork(hashes: 1 << 70 + UInt128(number)), algorithm: .sha256d, height: 100, nBits: 0x1d00_ffff,
      miner: MinerIdentity(account: "ZION_Ä", worker: "rig\(number)"), isBlock: number % 10 == 0, sourceJobID: "1.0")
  }

  private static func isSame(_ read: StoredShare, as share: ShareRecord) -> Bool {
    read.hash == share.hash.displayHex && read.work == share.work.hashes && read.isBlock == share.isBlock
      && read.user == share.miner.user
  }

  /// A folder with a journal of so many shares, all of which were acknowledged.
  private static func journal(_ count: UInt32, in folder: TemporaryFolder) async throws -> URL {
    let place = folder.url.appendingPathComponent("journal")
    let journal = try ShareJournal(directory: place.path, now: now, log: quiet)
    let accepted = Mutex(0)
    let outlet = journal.attach { tickets, outcome in
      if outcome == .accepted { accepted.withLock { $0 += tickets.count } }
    }
    for number in 0..<count {
      let admission = journal.append(
        share(number), ticket: ShareTicket(session: 1, sequence: number), outlet: outlet)
      #expect(admission == .queued)
    }
    await journal.close()
    #expect(accepted.withLock { $0 } == Int(count))
    return place
  }

  private static func segment(_ folder: URL) throws -> URL {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    return folder.appendingPathComponent(try #require(names.filter { $0.hasSuffix(".shares") }.max()))
  }

  @Test func `a journal is read as it was written, without the pool's own code`() async throws {
    let folder = try TemporaryFolder("reader")
    let reading = try JournalReading(directory: try await Self.journal(50, in: folder))
    #expect(reading.tails == [])
    #expect(reading.shares.count == 50)
    for (number, read) in reading.shares.enumerated() {
      #expect(Self.isSame(read, as: Self.share(UInt32(number))), "\(read)")
    }
  }

  @Test func `a record that was changed or cut is not read as one`() async throws {
    let folder = try TemporaryFolder("reader")
    let place = try await Self.journal(5, in: folder)
    let file = try Self.segment(place)
    let whole = try Data(contentsOf: file)
    try whole.dropLast().write(to: file)
    let cut = try JournalReading(directory: place)
    #expect(cut.shares.count == 4)
    #expect(cut.tails.count == 1)
    var changed = whole
    changed[32 + 8 + 20] ^= 1
    try changed.write(to: file)
    let damaged = try JournalReading(directory: place)
    #expect(damaged.shares.isEmpty)
    #expect(damaged.tails.count == 1)
  }

  @Test(arguments: ChaosWorld.Database.allCases)
  func `a database is read as it was written, and money that was made up in it is found`(
    kind: ChaosWorld.Database
  ) async throws {
    let folder = try TemporaryFolder("reader")
    let file = folder.url.appendingPathComponent("pool.sqlite").path
    let url = kind == .sqlite ? "sqlite:\(file)" : try PostgresServer.makeDatabase()
    let database: any Pool.Database =
      kind == .sqlite ? try SQLiteDatabase(path: file) : PostgresDatabase(try PostgresURL(url))
    _ = try await database.migrate()
    let shares = (0..<20).map { NumberedShare(sequence: UInt64($0), share: Self.share($0)) }
    let stored = try await PoolStore(pool: "zion", database: database).insert(
      shares, of: "journal", from: JournalPosition(segment: 0, offset: 0), upTo: JournalPosition(segment: 1, offset: 9))
    #expect(stored == 20)
    _ = try await database.write { sql in
      try Ledger.post(
        [.deposit(AtomicUnits(100), to: .miner("a"), id: "one", at: Self.now)], sql)
    }
    let sound = try DatabaseReading(url: url)
    #expect(sound.totalShares == 20)
    for share in shares {
      #expect(sound.shares.contains { Self.isSame($0, as: share.share) }, "\(share)")
    }
    #expect(sound.balances["miner:a"] == 100)
    #expect(sound.transfers.map(\.amount) == [100])
    #expect(Self.money(sound) == [])

    _ = try await database.write { sql in
      try sql.run("UPDATE accounts SET balance = balance + 1 WHERE name = 'miner:a'")
    }
    #expect(Self.money(try DatabaseReading(url: url)) == [.moneyConserved, .moneyConserved])
  }

  private static func money(_ database: DatabaseReading) -> [Chaos.Violation.Invariant] {
    let evidence = Chaos.Evidence(
      client: ClientTruth(shares: []), journal: database.shares, database: database, chain: ChainReading())
    return evidence.violations.map(\.invariant).filter { $0 == .moneyConserved }
  }
}
