import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct SchemeSettlementTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("schemes") }

  @Test(arguments: Backend.allCases)
  func `PROP pays the round since the block before, orphans apart`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder, rules: TestPool.rules(.prop))
    try await pool.mine(("a", 300), ("b", 100), isBlock: true)
    let first = try await pool.find(1)
    try await pool.split(first)
    try await pool.mine(("b", 30), ("c", 10), isBlock: true)
    let second = try await pool.find(2)
    try await pool.split(second)
    try await pool.chain(says: .orphaned, of: second)
    try await pool.mine(("c", 60), isBlock: true)
    let third = try await pool.find(3)
    try await pool.split(third)
    let splits = try await [pool.report(first), pool.report(second), pool.report(third)].compactMap(\.split)
    #expect(splits.map(\.windowFirst) == [1, 3, 3])
    #expect(splits.map(\.windowLast) == [2, 4, 5])
    #expect(splits.map { $0.lines.map(\.account) } == [["a", "b"], ["b", "c"], ["b", "c"]])
    #expect(splits.map { $0.lines.map { $0.base.value / 1_000 } } == [[750, 250], [750, 250], [300, 700]])
    #expect(splits.allSatisfy { $0.fill == nil })
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `SOLO books the bonus alone, for the coinbase has paid the finder`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder, rules: TestPool.rules(.solo))
    try await pool.fund(100_000)
    try await pool.mine(("a", 300), ("b", 100), isBlock: true)
    let block = try await pool.find(1, finder: "b")
    try await pool.split(block)
    #expect(try await pool.miner("b").immature == AtomicUnits(1_000))
    #expect(try await pool.chain(says: .mature, of: block) == .booked(generation: 1))
    let split = try #require(try await pool.report(block).split)
    #expect(split.lines.map(\.account) == ["b"])
    #expect(split.lines[0].base == AtomicUnits(1_000_000))
    #expect(try await pool.miner("b").confirmed == AtomicUnits(1_000))
    #expect(try await pool.database.balance(.wallet) == 0)
    #expect(try await pool.database.balance(.fee("pool")) == 777)
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `whom a block's coinbase paid decides, whatever the scheme is by now`(backend: Backend) async throws {
    var solo = try await TestPool(backend, in: folder, rules: TestPool.rules(.solo))
    try await solo.mine(("a", 100), ("b", 100), isBlock: true)
    let shared = try await solo.find(1, finder: "b", paysFinder: false)
    try await solo.split(shared)
    #expect(try await solo.chain(says: .mature, of: shared) == .booked(generation: 1))
    let lines = try #require(try await solo.report(shared).split).lines
    #expect(lines.map(\.account) == ["a", "b"])
    #expect(try await solo.database.balance(.wallet) == -1_000_000)
    var pplns = try await TestPool(backend, in: folder, rules: TestPool.rules(.pplns))
    try await pplns.mine(("a", 100), ("b", 100), isBlock: true)
    let own = try await pplns.find(1, finder: "b", paysFinder: true)
    try await pplns.split(own)
    #expect(try await pplns.chain(says: .mature, of: own) == .booked(generation: 1))
    #expect(try #require(try await pplns.report(own).split).lines.map(\.account) == ["b"])
    #expect(try await pplns.database.balance(.wallet) == 0)
    #expect(try await (solo.isSound(), pplns.isSound()) == (true, true))
  }

  @Test(arguments: Backend.allCases)
  func `PPS pays shares from the reserve and blocks into it`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder, rules: TestPool.rules(.pps))
    let books = PPSBooks(pool: "zion", database: pool.database, sharesAtOnce: 2)
    let terms = PPSSettlement.Terms(reward: AtomicUnits(1_000_000), feeBasisPoints: 200)
    try await pool.mine(("early", 100))
    #expect(try await books.settle(terms, at: testTime) == .upToDate)
    try await books.begin()
    try await pool.mine(("a", 25), ("b", 50), ("a", 1), isBlock: true)
    #expect(try await books.settle(terms, at: testTime) == .short(by: AtomicUnits(734_995)))
    #expect(try await pool.miner("a").confirmed == .zero)
    _ = try await pool.database.post(.deposit(AtomicUnits(750_000), to: .reserve, id: "d", at: testTime))
    try await books.begin()
    #expect(
      try await books.settle(terms, at: testTime) == .settled(first: 2, last: 3, total: AtomicUnits(734_995)))
    guard case .settled(4, 4, _) = try await books.settle(terms, at: testTime) else {
      Issue.record("the last share was not settled alone")
      return
    }
    #expect(try await books.settle(terms, at: testTime) == .upToDate)
    #expect(try await pool.miner("early").confirmed == .zero)
    let a = try await pool.miner("a").confirmed.value
    // Fractions are carried: 26 hundredths, as if they had come at once.
    #expect(a == 254798)
    let block = try await pool.find(1)
    try await pool.split(block)
    let reserve = try await pool.database.balance(.reserve)
    try await pool.chain(says: .mature, of: block)
    #expect(try await pool.database.balance(.reserve) == reserve + 1_000_000)
    // What was paid from it meanwhile stays paid: the reserve owes it.
    try await pool.mine(("b", 90))
    _ = try await books.settle(terms, at: testTime)
    #expect(try await pool.chain(says: .orphaned, of: block) == .reversed(generation: 2))
    #expect(try await pool.database.balance(.reserve) < 0)
    try await pool.mine(("b", 1))
    guard case .short = try await books.settle(terms, at: testTime) else {
      Issue.record("shares were paid from an empty reserve")
      return
    }
    try await books.end()
    #expect(try await books.settle(terms, at: testTime) == .upToDate)
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `a block of a pool without shares belongs to its finder`(backend: Backend) async throws {
    for (height, scheme) in [(UInt32(1), RewardScheme.pplns), (2, .prop)] {
      let pool = try await TestPool(backend, in: folder, rules: TestPool.rules(scheme))
      let block = try await pool.find(height, counts: false, finder: "f")
      #expect(try await pool.split(block) == .frozen)
      #expect(try await pool.chain(says: .mature, of: block) == .booked(generation: 1))
      #expect(try await pool.miner("f").confirmed == AtomicUnits(1_000_000))
      #expect(try await pool.report(block).split?.windowFirst == 1)
      #expect(try await pool.report(block).split?.windowLast == 0)
    }
  }

  /// Shares 1 to 16, of a and b in turn, each 30 hundredths of a block; the last finds one.
  private func sixteen(_ backend: Backend, rules: RewardRules) async throws -> (TestPool, BlockRecord) {
    var pool = try await TestPool(backend, in: folder, rules: rules)
    for _ in 0..<5 { try await pool.mine(("a", 30), ("b", 30), ("a", 30)) }
    try await pool.mine(("b", 10), isBlock: true)
    return (pool, try await pool.find(1))
  }

  private func forget(_ pool: TestPool, _ condition: String) async throws {
    let deleted = try await pool.database.write { sql in
      try sql.run("DELETE FROM shares WHERE \(condition)").changed
    }
    #expect(deleted > 0)
  }

  @Test(arguments: Backend.allCases)
  func `where the last shares of a window are gone, the page is cut for all alike`(backend: Backend) async throws {
    // Shares 12 to 16 are 1.3 blocks; the window ends inside of the page of shares 8 to 11, which is 1.2 blocks.
    let (pool, block) = try await sixteen(backend, rules: TestPool.rules())
    try await forget(pool, "ordinal < 11")
    #expect(try await pool.split(block) == .frozen)
    let split = try #require(try await pool.report(block).split)
    #expect(split.windowFirst == 8)
    // a: 0.9 of the newest five and 0.35 of the page, b: 0.4 and 0.35, but for what flooring leaves.
    #expect(split.lines.map { ($0.base.value + 5) / 10 } == [62_500, 37_500])
    #expect(try await pool.isSound())
  }

  @Test(arguments: Backend.allCases)
  func `a window does not reach behind the oldest page, and a round is cut like a window`(
    backend: Backend
  ) async throws {
    let (short, block) = try await sixteen(backend, rules: TestPool.rules())
    try await forget(short, "ordinal < 12")
    _ = try await short.database.write { sql in try sql.run("DELETE FROM window_pages WHERE page < 3") }
    #expect(try await short.split(block) == .frozen)
    let window = try #require(try await short.report(block).split)
    #expect(window.windowFirst == 12)
    #expect(window.fill.map { $0.measured < $0.length } == true)

    let (round, second) = try await sixteen(backend, rules: TestPool.rules(.prop))
    let first = TestPool.block(0, share: round.shares[9], state: .mature)
    try await round.store.save(first)
    _ = try await round.database.write { sql in
      try sql.run("UPDATE shares SET is_block = 1 WHERE ordinal = 10")
    }
    try await round.split(first)
    try await forget(round, "ordinal < 12")
    try await round.split(second)
    let split = try #require(try await round.report(second).split)
    #expect(split.windowFirst == 11)
    // One share of four is cut out of the page of shares 8 to 11, half of it a's: a 0.15 + 0.9, b 0.15 + 0.4.
    #expect(split.lines.map { ($0.base.value + 5) / 10 } == [65_625, 34_375])
  }

  @Test(arguments: Backend.allCases)
  func `a window whose newest shares are gone is not guessed`(backend: Backend) async throws {
    let (pool, block) = try await sixteen(backend, rules: TestPool.rules())
    var uncounted = try await TestPool(backend, in: folder)
    for number in 0..<2 { try await uncounted.mine(("a", 30), ("b", UInt64(30 + number)), ("a", 30)) }
    let other = try await uncounted.find(2, counts: false)
    try await forget(uncounted, "ordinal = 5")
    await #expect(throws: SettlementError.sharesMissing(from: 4, to: 6)) { try await uncounted.split(other) }
    #expect(try await uncounted.report(other).split == nil)
    _ = try await pool.database.write { sql in try sql.run("DELETE FROM window_pages WHERE page = 3") }
    await #expect(throws: SettlementError.sharesMissing(from: 12, to: 15)) { try await pool.split(block) }
  }

  @Test(arguments: Backend.allCases)
  func `algorithms are compared by what the network asked for at the block`(backend: Backend) async throws {
    var pool = try await TestPool(backend, in: folder)
    // yespower's network was easy, then eight times as hard, then behind the block easy again.
    let shares = [
      TestPool.share(1, "y", hundredths: 100, algorithm: .yespower, nBits: 0x1f00_ffff),
      TestPool.share(2, "y", hundredths: 50, algorithm: .yespower, nBits: 0x1f00_1fff),
      TestPool.share(3, "s", hundredths: 50, isBlock: true),
      TestPool.share(4, "y", hundredths: 50, algorithm: .yespower, nBits: 0x1f00_ffff),
    ]
    try await pool.insert(shares)
    let block = TestPool.block(1, share: shares[2], state: .mature)
    try await pool.store.save(block)
    try await pool.split(block)
    let split = try #require(try await pool.report(block).split)
    #expect(
      split.networks == [.sha256d: TestPool.networkWork, .yespower: NetworkReader.work(nBits: 0x1f00_1fff) ?? .zero])
    let (s, y) = (Double(split.lines[0].weight), Double(split.lines[1].weight))
    #expect(abs(y / s - 1.15 * (0.5 + 0.125) / 0.5) < 0.001)
  }

  @Test(arguments: Backend.allCases)
  func `attack 24, clock manipulation: the journal's order decides who is in a window, whatever the clock says`(
    backend: Backend
  ) async throws {
    var pool = try await TestPool(backend, in: folder)
    let journal = try ShareJournal(FakeStorage())
    let outlet = journal.attach { _, _ in }
    // "a" came first, while our clock was a day ahead; it was set back before "b" came, and jumps while "b" mines.
    let clock: [Int64] = [86_400, 86_401, 0, -3_600, 7_200, 0]
    for (index, seconds) in clock.enumerated() {
      var share = TestPool.share(index + 1, index < 2 ? "a" : "b", hundredths: 50).share
      share.time = UInt64(Int64(share.time) + seconds * 1_000)
      #expect(journal.append(share, ticket: ShareTicket(session: 1, sequence: 1), outlet: outlet) == .queued)
    }
    await journal.flush()
    try await pool.insert(try journal.readAll().shares)
    let block = try await pool.find(1, finder: "b")
    try await pool.split(block)
    // Two blocks' worth of work: four shares, all of them b's.
    let split = try #require(try await pool.report(block).split)
    #expect(split.lines.map(\.account) == ["b"] && split.windowFirst == 3 && split.windowLast == 6)
    #expect(split.fill?.missing == 0)
  }
}
