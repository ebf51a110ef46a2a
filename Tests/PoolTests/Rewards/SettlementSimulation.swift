import Foundation
import Stratum
import TestSupport
import Testing

@testable import Pool

/// A pool whose shares, blocks, chain, levels, payments and restarts are drawn by lot, beside a model of it in memory.
///
/// After each step the database must hold what the model says, to the unit.
struct SettlementSimulation {
  private struct Block {
    var record: BlockRecord
    /// Set once it is split: what the second arithmetic makes of it.
    var naive: NaiveSplit?
    var pot: Int64 = 0
    var isBooked = false

    /// What it has taken from the bonus fund, or may still take.
    var bonus: Int64 {
      if isBooked { return naive?.bonus.values.reduce(0, +) ?? 0 }
      if case .rejected = record.state { return 0 }
      return pot
    }
  }

  private let open: () throws -> any Pool.Database
  private let seed: UInt64
  private var random: SeededRandom
  private var pool: TestPool
  private let rules: RewardRules
  /// All that were found, those in the database first.
  private var shares: [NumberedShare] = []
  private var stored = 0
  private var blocks: [Block] = []
  private var levels: [String: UInt32] = [:]
  private var nBits: [Algorithm: UInt32] = [:]
  private var moves: [Transfer] = []
  private var openBatches: [Transfer] = []
  private let fund: Int64

  private static let accounts = ["ZION_a", "ZION_b", "ZION_c", "ZION_d", "ZION_e"]
  /// Blocks of about 2^20 and 2^24 hashes.
  private static let bits: [UInt32] = [0x1e00_ffff, 0x1e01_8888, 0x1f00_0fff, 0x1f00_1234]

  /// - Parameter open: a connection to one and the same database, which has its tables.
  init(seed: UInt64, open: @escaping () throws -> any Pool.Database) async throws {
    (self.seed, self.open) = (seed, open)
    random = SeededRandom(seed: seed)
    var rules = TestPool.rules(bonus: Int64.random(in: 0...5_000, using: &random))
    rules.windowHundredths = [30, 100, 200].randomElement(using: &random) ?? 200
    rules.shortWindow = Bool.random(using: &random) ? .miners : .pool
    self.rules = rules
    fund = Int64.random(in: 1...20_000, using: &random)
    pool = try TestPool(database: open(), rules: rules)
    for algorithm in Algorithm.allCases.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random)) {
      nBits[algorithm] = Self.bits.randomElement(using: &random)
    }
    try await pool.fund(fund)
  }

  mutating func run(steps: Int) async throws {
    for _ in 0..<steps {
      try await step()
      try await check()
    }
    try await restart()
    try await check()
    #expect(try await pool.isSound(), "seed \(seed)")
  }

  private mutating func step() async throws {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<6: mine(Int.random(in: 1...9, using: &random), finds: false)
    case 6..<9: try await find()
    case 9..<11: try await takeOver()
    case 11..<15: try await chain()
    case 15: levels[account()] = ConsciousnessMultipliers.all.randomElement(using: &random)
    case 16..<19: try await pay()
    default: try await restart()
    }
    try await settle()
  }

  private mutating func account() -> String { Self.accounts.randomElement(using: &random) ?? "" }

  private mutating func mine(_ count: Int, finds: Bool) {
    for index in 0..<count {
      let algorithm = nBits.keys.sorted { $0.number < $1.number }.randomElement(using: &random) ?? .sha256d
      if Int.random(in: 0..<30, using: &random) == 0 { nBits[algorithm] = Self.bits.randomElement(using: &random) }
      var share = TestPool.share(
        shares.count + 1, account(), hundredths: UInt64.random(in: 1...30, using: &random), algorithm: algorithm,
        nBits: nBits[algorithm] ?? TestPool.nBits, isBlock: finds && index == count - 1)
      share.share.work.hashes += UInt128(UInt64.random(in: 0..<1_000, using: &random))
      shares.append(share)
    }
  }

  /// A block, whose share counts three times in four, and is in the database every other time.
  private mutating func find() async throws {
    let counts = Int.random(in: 0..<4, using: &random) > 0
    if counts || shares.isEmpty { mine(1, finds: counts) }
    guard let share = shares.last else { return }
    var record = TestPool.block(
      UInt32(blocks.count + 1), share: counts ? share : nil, finder: share.share.miner.account,
      reward: random.amount(bits: 40).value, state: .found)
    record.algorithm = share.share.algorithm
    record.networkWork = NetworkReader.work(nBits: share.share.nBits) ?? .zero
    blocks.append(Block(record: record))
    try await pool.store.save(record)
    if Bool.random(using: &random) { try await takeOver() }
  }

  private mutating func takeOver() async throws {
    try await pool.store.insert(
      Array(shares[stored...]), upTo: JournalPosition(segment: 1, offset: shares.count))
    stored = shares.count
  }

  private mutating func chain() async throws {
    guard let index = blocks.indices.randomElement(using: &random) else { return }
    let next: [BlockState] =
      switch blocks[index].record.state {
      case .found: [.submitted]
      case .submitted: [.immature(confirmations: 1), .immature(confirmations: 1), .rejected(reason: "no")]
      case .immature: [.mature, .mature, .orphaned, .immature(confirmations: 0)]
      case .mature: [.immature(confirmations: 0), .orphaned, .mature, .mature]
      case .orphaned: [.immature(confirmations: 2), .mature, .orphaned]
      case .rejected: [blocks[index].record.state]
      }
    guard let state = next.randomElement(using: &random) else { return }
    blocks[index].record.state = state
    try await pool.store.save(blocks[index].record)
  }

  /// A payment as the ledger sees it: reserved first, settled or given back later.
  private mutating func pay() async throws {
    if Bool.random(using: &random), let batch = openBatches.popLast() {
      let isPaid = Bool.random(using: &random)
      try await post(
        Transfer(
          id: "\(batch.id):end", debit: batch.credit, credit: isPaid ? .wallet : batch.debit, amount: batch.amount,
          kind: isPaid ? .settlement : .release, reference: batch.reference, at: testTime))
      return
    }
    let miner = Account.miner(account())
    let held = try await pool.database.balance(miner)
    guard held > 0 else { return }
    let batch = Transfer(
      id: "pay:\(moves.count)", debit: miner, credit: .payout("\(moves.count)"),
      amount: AtomicUnits(Int64.random(in: 1...held, using: &random)), kind: .payout, reference: "\(moves.count)",
      at: testTime)
    try await post(batch)
    openBatches.append(batch)
  }

  private mutating func post(_ transfer: Transfer) async throws {
    moves.append(transfer)
    let count = try await pool.database.post(transfer)
    #expect(count == 1)
  }

  /// Nothing is left but the database, and whoever starts again does once more what it is not sure of.
  private mutating func restart() async throws {
    pool = try TestPool(database: open(), rules: rules)
    let before = try await state()
    let first = Int.random(in: 0...max(0, stored), using: &random)
    try await pool.store.insert(
      Array(shares[first..<stored]), upTo: JournalPosition(segment: 1, offset: stored))
    try await pool.fund(fund)
    for transfer in moves.suffix(3) {
      let count = try await pool.database.post(transfer)
      #expect(count == 0)
    }
    for block in blocks.suffix(4) {
      try await pool.store.save(block.record)
      guard block.naive != nil else { continue }
      let frozen = try await pool.split(block.record)
      if case .rejected = block.record.state { #expect(frozen == .rejected) } else { #expect(frozen == .already) }
      let booking = try await pool.settlement.book(block.record.hash, at: testTime)
      #expect(booking == .nothing, "seed \(seed)")
    }
    let after = try await state()
    #expect(after == before, "seed \(seed): a restart changed something")
  }

  private func state() async throws -> [String] {
    try await pool.database.read { sql in
      try ["accounts", "audit", "shares", "block_lines", "transfers"].map { table in
        let row = try sql.first("SELECT count(*) FROM \(table)")
        return "\(table) \(try row?.integer(0) ?? 0)"
      } + Balances.all(sql).map { "\($0.name) \($0.balance.value)" }
    }
  }
}

extension SettlementSimulation {
  /// Settles as the pool does, once each new split was computed in three ways.
  private mutating func settle() async throws {
    let isDrained = stored == shares.count
    pool.levels.multipliers.withLock { $0 = levels }
    for index in blocks.indices where blocks[index].naive == nil {
      if case .rejected = blocks[index].record.state { continue }
      try await split(index, isDrained: isDrained)
      try await book(index)
    }
    let progress = try await pool.settlement.advance(journalIsDrained: isDrained, at: testTime)
    #expect(progress.failed == [], "seed \(seed)")
    #expect(progress.frozen == [], "seed \(seed)")
    for index in blocks.indices where blocks[index].naive != nil {
      blocks[index].isBooked = blocks[index].record.state == .mature
    }
  }

  private mutating func book(_ index: Int) async throws {
    guard blocks[index].naive != nil else { return }
    _ = try await pool.settlement.book(blocks[index].record.hash, at: testTime)
    blocks[index].isBooked = blocks[index].record.state == .mature
  }

  private mutating func split(_ index: Int, isDrained: Bool) async throws {
    let record = blocks[index].record
    let place = shares.firstIndex { $0.share.hash == record.shareHash && record.shareHash != nil }.map { $0 + 1 }
    let last: Int
    switch place {
    case .some(let place) where place <= stored: last = place
    case .some where !isDrained, nil where !isDrained:
      let outcome = try await pool.split(record, journalIsDrained: false)
      #expect(outcome == .waiting, "seed \(seed)")
      return
    default: last = stored
    }
    // A block that is reversed may again take all of its pot, of which others were promised what flooring had left.
    let held = max(0, fund - blocks.map(\.bonus).reduce(0, +))
    let naive = naiveSplit(of: record, upTo: last, fund: held)
    try await compareWays(record, upTo: last)
    let outcome = try await pool.split(record, journalIsDrained: isDrained)
    #expect(outcome == .frozen, "seed \(seed)")
    let details = try #require(try await pool.report(record).split)
    for line in details.lines {
      #expect(line.base.value == naive.base[line.account, default: 0], "seed \(seed), block \(record.height)")
      #expect(line.bonus.value == naive.bonus[line.account, default: 0], "seed \(seed), block \(record.height)")
    }
    #expect(details.lines.reduce(0) { $0 + $1.base.value } == naive.base.values.reduce(0, +), "seed \(seed)")
    #expect(details.remainder.value == naive.remainder, "seed \(seed)")
    blocks[index].naive = naive
    blocks[index].pot = details.bonusPot.value
    #expect(blocks[index].pot == min(held, rules.bonusPerBlock.value), "seed \(seed)")
  }

  private func naiveSplit(of record: BlockRecord, upTo last: Int, fund: Int64) -> NaiveSplit {
    var example = RewardCase(seed: 0)
    example.rules = rules
    example.hundredths = rules.windowHundredths
    example.reward = record.reward
    example.fund = AtomicUnits(fund)
    example.multipliers = levels
    example.found = record.algorithm
    example.networkWork = [:]
    for share in shares[..<last] {
      example.networkWork[share.share.algorithm] = NetworkReader.work(nBits: share.share.nBits)
    }
    example.networkWork[record.algorithm] = record.networkWork
    example.shares = shares[..<last].reversed().map { share in
      WindowWork(account: share.share.miner.account, algorithm: share.share.algorithm, work: share.share.work)
    }
    var naive = NaiveSplit(of: example)
    if example.shares.isEmpty {
      naive.base = [record.finder.account: record.reward.value]
      naive.remainder = 0
    }
    return naive
  }

  /// From the sums of pages, and from nothing but shares.
  private func compareWays(_ record: BlockRecord, upTo last: Int) async throws {
    var (pages, single) = (pool.freeze, pool.freeze)
    pages.source = .pages
    single.source = .shares
    let ways = [pages, single]
    let results = try await pool.database.read { sql in
      try ways.map { try $0.compute(record, upTo: Int64(last), sql) }
    }
    #expect(results[0].split == results[1].split, "seed \(seed), block \(record.height)")
    #expect(results[0].works == results[1].works, "seed \(seed), block \(record.height)")
    #expect(results[0].window == results[1].window, "seed \(seed), block \(record.height)")
    #expect(results[0].fill == results[1].fill, "seed \(seed), block \(record.height)")
  }

  /// Every account is what the model makes of all that happened.
  private func check() async throws {
    var expected: [String: Int64] = [:]
    func move(_ debit: Account, _ credit: Account, _ amount: Int64) {
      expected[debit.name, default: 0] -= amount
      expected[credit.name, default: 0] += amount
    }
    move(.bonusSource, .bonusFund, fund)
    for transfer in moves { move(transfer.debit, transfer.credit, transfer.amount.value) }
    for block in blocks where block.isBooked {
      guard let naive = block.naive else { continue }
      for (account, amount) in naive.base { move(.wallet, .miner(account), amount) }
      for (account, amount) in naive.bonus { move(.bonusFund, .miner(account), amount) }
      move(.wallet, .remainder, naive.remainder)
      for fee in block.record.fees { move(.coinbase, .fee(fee.account), fee.amount.value) }
    }
    let stored = try await pool.database.read { sql in try Balances.all(limit: 10_000, sql) }
    let found = Dictionary(uniqueKeysWithValues: stored.map { ($0.name, $0.balance.value) })
    #expect(found.filter { $0.value != 0 } == expected.filter { $0.value != 0 }, "seed \(seed)")
    #expect(found.values.reduce(0, +) == 0, "seed \(seed)")
  }
}

@Suite struct SettlementSimulationTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("simulation") }

  @Test(arguments: 0..<40)
  func `1,000 pools on SQLite keep every unit`(group: UInt64) async throws {
    for seed in group * 25..<group * 25 + 25 {
      let path = folder.url.appendingPathComponent("\(seed).sqlite").path
      _ = try await SQLiteDatabase(path: path).migrate()
      var simulation = try await SettlementSimulation(seed: seed) { try SQLiteDatabase(path: path) }
      try await simulation.run(steps: 30)
    }
  }

  @Test(arguments: 0..<5)
  func `50 pools on PostgreSQL keep every unit`(group: UInt64) async throws {
    for seed in 5_000 + group * 10..<5_010 + group * 10 {
      let url = try PostgresServer.makeDatabase()
      _ = try await PostgresDatabase(url: url).migrate()
      var simulation = try await SettlementSimulation(seed: seed) { PostgresDatabase(url: url, readerCount: 1) }
      try await simulation.run(steps: 30)
    }
  }
}
