import Foundation
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

@Suite struct ShareStoreTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("store") }

  private func shares(_ count: UInt32, using random: inout SeededRandom) -> [NumberedShare] {
    (0..<count).map { number in
      var share = ShareRecord.numbered(
        number, account: "ZION_\(Int.random(in: 0..<3, using: &random))",
        worker: ["", "a", "b"].randomElement(using: &random) ?? "")
      share.algorithm = Algorithm.allCases.randomElement(using: &random) ?? .scrypt
      share.work = ShareWork(hashes: UInt128(random.next()) << UInt128(random.next() % 40))
      share.time += UInt64(number) * 1_000
      return NumberedShare(sequence: UInt64(number) + 1, share: share)
    }
  }

  @Test(arguments: 0..<8, Backend.allCases)
  func `the same shares in any pieces and any number of times give the same exact totals`(
    seed: UInt64, backend: Backend
  ) async throws {
    let store = try await backend.store(in: folder)
    var random = SeededRandom(seed: seed)
    let all = shares(300, using: &random)
    var inserted = 0
    for round in 0..<3 {
      var rest = all[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Int.random(in: 1...120, using: &random))
        rest = rest.dropFirst(piece.count)
        inserted += try await store.insert(
          Array(piece), upTo: JournalPosition(segment: UInt64(round) + 1, offset: rest.count))
      }
    }
    #expect(inserted == all.count)
    #expect(try await store.position(of: "test") == JournalPosition(segment: 3, offset: 0))
    try await expectTotals(of: all, in: store)
  }

  private func expectTotals(of all: [NumberedShare], in store: PoolStore) async throws {
    let now = UnixTime(seconds: testTime.seconds + 300)
    for account in Set(all.map(\.share.miner.account)) {
      let summary = try #require(await store.minerSummary(account: account, now: now))
      let own = all.map(\.share).filter { $0.miner.account == account }
      #expect(summary.workers.map(\.totals.shares).reduce(0, +) == own.count)
      for worker in summary.workers {
        let part = own.filter { $0.miner.worker == worker.worker && $0.algorithm == worker.totals.algorithm }
        #expect(worker.totals.shares == part.count)
        #expect(worker.totals.work == part.reduce(.zero) { $0 + $1.work })
        #expect(worker.totals.lastShare == part.map(\.time).max())
      }
      for total in summary.totals {
        #expect(total.work == own.filter { $0.algorithm == total.algorithm }.reduce(.zero) { $0 + $1.work })
      }
    }
    for total in try await store.poolTotals(now: now) {
      let part = all.map(\.share).filter { $0.algorithm == total.algorithm }
      #expect(total.shares == part.count)
      #expect(total.work == part.reduce(.zero) { $0 + $1.work })
    }
  }

  @Test(arguments: Backend.allCases)
  func `an account without shares is not known`(backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    #expect(try await store.minerSummary(account: "ZION_X", now: testTime) == nil)
    #expect(try await store.poolTotals(now: testTime).isEmpty)
    #expect(try await store.position(of: "test") == nil)
  }

  @Test(arguments: Backend.allCases)
  func `hashrate is the work of the last ten minutes over their length`(backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let second = UInt64(testTime.seconds)
    // One share a second, each worth 1,000 hashes, for an hour.
    let shares = (0..<UInt32(3_600)).map { number in
      var share = ShareRecord.numbered(number)
      share.time = (second + UInt64(number)) * 1_000
      share.work = ShareWork(hashes: 1_000)
      return NumberedShare(sequence: UInt64(number), share: share)
    }
    _ = try await store.insert(shares, upTo: JournalPosition(segment: 1, offset: 99))
    let rate = { (age: UInt32) async throws -> Double in
      let summary = try await store.minerSummary(
        account: "ZION_A", now: UnixTime(seconds: testTime.seconds + age))
      return try #require(summary?.workers.first).totals.hashrate.hashesPerSecond
    }
    #expect(abs(try await rate(3_600) - 1_000) < 20)
    // An hour later nothing of it is left, and totals are.
    #expect(try await rate(7_200) == 0)
    let pool = try #require(try await store.poolTotals(now: UnixTime(seconds: testTime.seconds + 3_600)).first)
    #expect(abs(pool.hashrate.hashesPerSecond - 1_000) < 20)
    #expect(pool.work == ShareWork(hashes: 3_600_000))
  }

  @Test(arguments: Backend.allCases)
  func `a miner who began a minute ago is measured over that minute`(backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    let shares = (0..<UInt32(60)).map { number in
      var share = ShareRecord.numbered(number)
      share.time = (UInt64(testTime.seconds) + UInt64(number)) * 1_000
      share.work = ShareWork(hashes: 500)
      return NumberedShare(sequence: UInt64(number), share: share)
    }
    _ = try await store.insert(shares, upTo: JournalPosition(segment: 1, offset: 99))
    let summary = try await store.minerSummary(
      account: "ZION_A", now: UnixTime(seconds: testTime.seconds + 60))
    #expect(summary?.totals.first?.hashrate == Hashrate(500))
  }

  @Test(arguments: Backend.allCases)
  func `blocks keep their newest state and come newest first`(backend: Backend) async throws {
    let store = try await backend.store(in: folder)
    var first = block(1)
    try await store.save(first)
    try await store.save(block(2))
    let states: [BlockState] = [
      .submitted, .rejected(reason: "bad-cb-amount"), .immature(confirmations: 7), .mature, .orphaned,
    ]
    for state in states {
      first.state = state
      try await store.save(first)
      #expect(try await store.blocks(limit: 10) == [block(2), first])
    }
    #expect(try await store.blocks(limit: 1) == [block(2)])
    var other = block(3)
    other.finder = MinerIdentity(account: "ZION_B", worker: "rig")
    try await store.save(other)
    #expect(try await store.blocks(of: "ZION_A", limit: 10) == [block(2), first])
    #expect(try await store.blocks(of: "ZION_A", limit: 1) == [block(2)])
    #expect(try await store.blocks(of: "ZION_B", limit: 10) == [other])
    #expect(try await store.blocks(of: "ZION_C", limit: 10) == [])
    _ = try await store.insert(
      [NumberedShare(sequence: 1, share: .numbered(1))], upTo: JournalPosition(segment: 1, offset: 50))
    #expect(try await store.minerSummary(account: "ZION_A", now: testTime)?.blocksFound == 2)
  }

  @Test func `SQLite finds somebody's sums by whose they are, not among everybody's of a time`() async throws {
    let database = try await Backend.sqlite.database(in: folder)
    let plan = try await database.read { sql in
      try sql.run(
        """
        EXPLAIN QUERY PLAN SELECT start FROM \(RollUp.byOwner) AND pool = 'p' AND level = 2 AND account = 'a'
          AND period = 60 AND start >= 5
        """
      ).rows.map { try $0.text(3) }
    }
    #expect(plan.count == 2 && plan[0].contains("owners") && plan[1].contains("rollups"), "\(plan)")
    #expect(plan[1].contains("owner=? AND period=? AND start>?"), "\(plan)")
  }

  private func block(_ number: UInt32) -> BlockRecord {
    BlockRecord(
      hash: Hash256(number: UInt256(UInt64(number))), height: number,
      finder: MinerIdentity(account: "ZION_A", worker: "rig"), algorithm: .scrypt,
      networkWork: ShareWork(hashes: .max - 1), reward: AtomicUnits(50_000_000), state: .found,
      foundAt: testTime.advanced(by: Int64(number)), updatedAt: testTime)
  }

  @Test(arguments: [0, 1, 0xffff, 9_999, 10_000, UInt128(UInt64.max) + 1, .max], Backend.allCases)
  func `work is kept exactly`(hashes: UInt128, backend: Backend) async throws {
    let database = try await backend.database(in: folder)
    let work = ShareWork(hashes: hashes)
    let half = ShareWork(hashes: hashes / 2)
    let rest = ShareWork(hashes: hashes - hashes / 2)
    try await database.write { sql in
      try sql.run("INSERT INTO owners (pool, level, algorithm, account, worker) VALUES ('p', 0, 'x', '', '')")
      let owner = try #require(try sql.first("SELECT id FROM owners")).integer(0)
      // As a statement's value, and as a row of many.
      try sql.run(
        "INSERT INTO window_pages (pool, page, owner, work) VALUES ('p', 1, ?, ?)", .integer(owner), .work(half))
      try sql.insert(into: "window_pages", ["pool", "page", "owner", "work"], [rest], conflict: nil) { work, writer in
        writer.text("p")
        writer.integer(2)
        writer.integer(owner)
        writer.work(work)
      }
    }
    let read = try await database.read { sql in
      let sum = try #require(try sql.first("SELECT work_sum(work) FROM window_pages")).work(0)
      let added = try #require(
        try sql.first(
          """
          SELECT work_add(a.work, b.work) FROM window_pages a, window_pages b WHERE a.page = 1 AND b.page = 2
          """)
      ).work(0)
      return [sum, added]
    }
    #expect(read == [work, work])
  }

  @Test func `a path that cannot be opened is an error`() {
    #expect(throws: StoreError.self) { try SQLiteDatabase(path: "/proc/zion/pool.sqlite") }
  }
}
