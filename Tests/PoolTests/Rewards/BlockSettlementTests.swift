import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct BlockSettlementTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("settlement") }

  @Test(arguments: Backend.allCases)
  func `a block's split is stored line by line, and is never computed again`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.fund(100_000)
    pool.levels.multipliers.withLock { $0 = ["b": 20_000] }
    try await pool.mine(("z", 90), ("a", 60), ("b", 30), ("a", 30), ("b", 50), ("c", 20), isBlock: true)
    let block = try await pool.find(5)
    #expect(try await pool.split(block) == .frozen)
    let report = try await pool.report(block)
    let split = try #require(report.split)
    #expect(split.windowFirst == 1)
    #expect(split.windowLast == 6)
    #expect(split.fill.map { $0.measured == $0.length } == true)
    #expect(split.networks == [.sha256d: TestPool.networkWork])
    #expect(split.lines.map(\.account) == ["a", "b", "c", "z"])
    #expect(split.lines.map(\.multiplierBasisPoints) == [10_000, 20_000, 10_000, 10_000])
    // z's share crosses the end of the window of 2.00 blocks: a ninth of it is left.
    #expect(split.lines.map { $0.base.value / 1_000 } == [450, 400, 100, 50])
    #expect(split.lines.reduce(0) { $0 + $1.base.value } + split.remainder.value == 1_000_000)
    #expect(split.lines.allSatisfy { $0.works.count == 1 && $0.works[0].algorithm == .sha256d })
    #expect(split.bonusPot == AtomicUnits(1_000))
    #expect(report.block.fees == block.fees)
    #expect(!split.isBooked)

    pool.levels.multipliers.withLock { $0 = ["a": 100_000] }
    try await pool.mine(("d", 200))
    #expect(try await pool.split(block) == .already)
    #expect(try await pool.report(block) == report)
    #expect(try await pool.database.read { sql in try BlockStatement.at(height: 5, pool: "zion", sql) } == [report])
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `a block waits for its share, and one whose share does not count for the journal`(
    backend: Backend
  ) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.mine(("a", 50), ("b", 50))
    let share = TestPool.share(3, "c", hundredths: 50, isBlock: true)
    let block = TestPool.block(1, share: share, state: .submitted)
    try await pool.store.save(block)
    let uncounted = try await pool.find(2, counts: false)
    #expect(try await pool.split(block, journalIsDrained: false) == .waiting)
    #expect(try await pool.split(uncounted, journalIsDrained: false) == .waiting)
    try await pool.insert([share])
    try await pool.mine(("d", 50))
    #expect(try await pool.split(block, journalIsDrained: false) == .frozen)
    #expect(try await pool.report(block).split?.windowLast == 3)
    #expect(try await pool.split(uncounted) == .frozen)
    #expect(try await pool.report(uncounted).split?.windowLast == 4)
  }

  @Test(arguments: Backend.allCases)
  func `a block that no node took has no money`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.mine(("a", 50), isBlock: true)
    let block = try await pool.find(1, state: .rejected(reason: "bad"))
    #expect(try await pool.split(block) == .rejected)
    #expect(try await pool.settlement.book(block.hash, at: testTime) == .nothing)
    let unknown = Hash256(number: UInt256(1))
    await #expect(throws: SettlementError.unknownBlock(unknown)) {
      try await pool.settlement.freeze(unknown, journalIsDrained: true, at: testTime)
    }
  }

  @Test(arguments: Backend.allCases)
  func `money is booked when the block is mature, taken back exactly when it is not, and booked again`(
    backend: Backend
  ) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.fund(100_000)
    try await pool.mine(("a", 100), ("b", 34), ("c", 66), isBlock: true)
    let block = try await pool.find(7)
    try await pool.split(block)
    #expect(try await pool.chain(says: .immature(confirmations: 99), of: block) == .nothing)
    let before = try await pool.database.read { sql in try Balances.all(sql) }
    let immature = try await pool.miner("a")
    #expect(immature.confirmed == .zero)
    #expect(immature.immature == AtomicUnits(500_500))

    #expect(try await pool.chain(says: .mature, of: block) == .booked(generation: 1))
    for _ in 0..<2 { #expect(try await pool.chain(says: .mature, of: block) == .nothing) }
    #expect(
      try await pool.miner("a")
        == MinerBalance(confirmed: AtomicUnits(500_500), immature: .zero, paid: .zero, underway: .zero))
    #expect(try await pool.database.balance(.wallet) == -1_000_000)
    #expect(try await pool.database.balance(.reward(block.hash)) == 0)
    #expect(try await pool.database.balance(.fee("pool")) == 777)
    #expect(try await pool.database.balance(.coinbase) == -777)
    #expect(try await pool.database.balance(.bonusFund) == 99_000)
    let booked = try await pool.database.read { sql in try Balances.all(sql) }

    #expect(try await pool.chain(says: .orphaned, of: block) == .reversed(generation: 2))
    #expect(try await pool.chain(says: .orphaned, of: block) == .nothing)
    let reversed = try await pool.database.read { sql in try Balances.all(sql) }
    #expect(reversed.filter { $0.balance != .zero } == before.filter { $0.balance != .zero })
    #expect(try await pool.miner("a").immature == .zero)

    #expect(try await pool.chain(says: .immature(confirmations: 3), of: block) == .nothing)
    #expect(try await pool.miner("a").immature == AtomicUnits(500_500))
    #expect(try await pool.chain(says: .mature, of: block) == .booked(generation: 3))
    #expect(try await pool.database.read { sql in try Balances.all(sql) } == booked)
    let transfers = try #require(try await pool.report(block).split).transfers
    #expect(transfers.count == 3 * 8)
    #expect(Set(transfers.map(\.id)).count == transfers.count)
    #expect(pool.levels.told.withLock { $0 } == ["booked 7", "reversed 7", "booked 7"])
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `a miner who was paid for a block that left the chain owes it`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.mine(("a", 200), isBlock: true)
    let block = try await pool.find(1)
    try await pool.split(block)
    try await pool.chain(says: .mature, of: block)
    _ = try await pool.database.post(
      .numbered(1, from: .miner("a"), to: .payout("x"), 900_000, kind: .payout),
      .numbered(2, from: .payout("x"), to: .wallet, 900_000, kind: .settlement))
    #expect(try await pool.chain(says: .immature(confirmations: 0), of: block) == .reversed(generation: 2))
    #expect(try await pool.miner("a").confirmed == AtomicUnits(-900_000))
    #expect(try await pool.chain(says: .mature, of: block) == .booked(generation: 3))
    #expect(try await pool.miner("a").confirmed == AtomicUnits(100_000))
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `two processes at once credit a block once`(backend: Backend) async throws {
    let databases: [any Pool.Database]
    switch backend {
    case .sqlite:
      let path = folder.url.appendingPathComponent("two.sqlite").path
      databases = [try SQLiteDatabase(path: path), try SQLiteDatabase(path: path)]
    case .postgres:
      let url = try PostgresServer.makeDatabase()
      databases = [PostgresDatabase(url: url), PostgresDatabase(url: url)]
    }
    _ = try await databases[0].migrate()
    var pool = try TestPool(database: databases[0])
    let other = try TestPool(database: databases[1])
    try await pool.mine(("a", 100), ("b", 100), isBlock: true)
    let block = try await pool.find(1, state: .mature)
    let pools = [pool, other]
    for (state, expected) in [(BlockState.mature, 1), (.orphaned, 0), (.mature, 1)] {
      var saved = block
      saved.state = state
      try await pool.store.save(saved)
      let outcomes = try await withThrowingTaskGroup(of: SettlementProgress.self) { group in
        for index in 0..<8 {
          group.addTask {
            try await pools[index % 2].settlement.advance(journalIsDrained: true, at: testTime)
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(outcomes.flatMap(\.failed) == [])
      #expect(outcomes.flatMap(\.booked).count == expected)
      #expect(outcomes.flatMap(\.reversed).count == 1 - expected)
    }
    #expect(try await pool.database.balance(.wallet) == -1_000_000)
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `a split that was changed after it was recorded is not booked, and the audit names it`(
    backend: Backend
  ) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.mine(("a", 150), ("b", 50), isBlock: true)
    let block = try await pool.find(1)
    try await pool.split(block)
    try await pool.database.write { sql in
      try sql.run("UPDATE block_lines SET base = base - 1 WHERE account = 'a'")
      try sql.run("UPDATE block_lines SET base = base + 1 WHERE account = 'b'")
    }
    var mature = block
    mature.state = .mature
    try await pool.store.save(mature)
    await #expect(throws: SettlementError.splitChanged(block.hash, record: 1)) {
      try await pool.settlement.book(block.hash, at: testTime)
    }
    let progress = try await pool.settlement.advance(journalIsDrained: true, at: testTime)
    #expect(progress.failed.map(\.block) == [block.hash])
    #expect(try await pool.database.balance(.wallet) == 0)
    let fault = try await AuditVerifier(database: pool.database).verify().fault
    #expect(fault?.what == .splitChanged)
    #expect(fault?.sequence == 1)
  }

  @Test(arguments: Backend.allCases)
  func `what the fund cannot give is not promised, and what was promised is kept`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.fund(2_500)
    var blocks: [BlockRecord] = []
    for height in UInt32(1)...4 {
      try await pool.mine(("a", 100), ("b", 100), isBlock: true)
      let block = try await pool.find(height)
      try await pool.split(block)
      if height == 1 { try await pool.chain(says: .orphaned, of: block) }
      blocks.append(block)
    }
    var pots: [Int64] = []
    for block in blocks { pots.append(try await pool.report(block).split?.bonusPot.value ?? -1) }
    #expect(pots == [1_000, 1_000, 500, 0])
    for block in blocks.reversed() {
      #expect(try await pool.chain(says: .mature, of: block) == .booked(generation: 1))
    }
    #expect(try await pool.database.balance(.bonusFund) == 0)
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `everything due is done in one round, and again nothing`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder)
    try await pool.mine(("a", 100), isBlock: true)
    let first = try await pool.find(1, state: .mature)
    try await pool.mine(("b", 100), isBlock: true)
    let second = try await pool.find(2)
    let third = try await pool.find(3, counts: false)
    var progress = try await pool.settlement.advance(journalIsDrained: false, at: testTime)
    #expect(progress.frozen == [first.hash, second.hash])
    #expect(progress.booked == [first.hash])
    #expect(progress.waiting == [third.hash])
    try await pool.chain(says: .mature, of: second)
    var orphaned = first
    orphaned.state = .orphaned
    try await pool.store.save(orphaned)
    progress = try await pool.settlement.advance(journalIsDrained: true, at: testTime)
    #expect(progress.frozen == [third.hash])
    #expect(progress.reversed == [first.hash])
    #expect(progress.booked == [])
    #expect(try await pool.settlement.advance(journalIsDrained: true, at: testTime) == SettlementProgress())
    #expect(try await pool.isSound())
  }
}
