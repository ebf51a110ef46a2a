import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct ConsciousnessStoreTests {
  @Test(arguments: 0..<4, Backend.allCases)
  func `profiles and multipliers from the database are those of the facts`(seed: UInt64, backend: Backend) async throws
  {
    let game = try await GameUnderTest(backend)
    var random = SeededRandom(seed: seed)
    let accounts = (0..<40).map { "ZION_\($0)" }
    for _ in 0..<3 {
      try await game.work(
        (0..<400).map { _ in
          (
            accounts.randomElement(using: &random) ?? "", Algorithm.allCases.randomElement(using: &random) ?? .scrypt,
            UInt128(random.number(bits: 10)), Int.random(in: 0..<14, using: &random)
          )
        })
    }
    var blocks: [String: Int64] = [:]
    for _ in 0..<30 {
      let account = accounts.randomElement(using: &random) ?? ""
      let isMature = Bool.random(using: &random)
      _ = try await game.find(account, isMature ? .mature : .orphaned)
      if isMature { blocks[account, default: 0] += 1 }
    }
    let multipliers = try await game.multipliers(accounts + ["ZION_NOBODY"])
    #expect(multipliers.count == accounts.count + 1)
    #expect(multipliers["ZION_NOBODY"] == 10_000)
    for account in accounts {
      var facts = try #require(game.facts[account])
      facts.maturedBlocks = blocks[account] ?? 0
      let expected = Profile(account: account, facts: facts, today: UTCDay(testTime))
      #expect(try await game.profile(account) == expected)
      #expect(multipliers[account] == expected.multiplierBasisPoints)
    }
  }

  @Test(arguments: Backend.allCases)
  func `more accounts than one statement takes have their multipliers all the same`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    let accounts = (0..<1_203).map { "ZION_\($0)" }
    // Every third has 100 × 10 experience, and the achievements of a first share and of a hundred.
    try await game.work(accounts.enumerated().filter { $0.offset % 3 == 0 }.map { ($0.element, .kawpow, 100, 0) })
    let multipliers = try await game.multipliers(accounts)
    #expect(multipliers.count == accounts.count)
    #expect(accounts.enumerated().allSatisfy { multipliers[$0.element] == ($0.offset % 3 == 0 ? 10_500 : 10_000) })
  }

  @Test(arguments: Backend.allCases)
  func `multipliers that were frozen stay, whatever the miner does afterwards`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    try await game.work("ZION_A", references: 1)
    // As a block's settlement does: read and kept within one write.
    let frozen = try await game.database.write { sql in try ConsciousnessStore.multipliers(of: ["ZION_A"], sql) }
    try await game.work("ZION_A", references: 2_000)
    #expect(frozen == ["ZION_A": 10_000])
    #expect(try await game.multipliers(["ZION_A"]) == ["ZION_A": 12_500])
  }

  @Test(arguments: Backend.allCases)
  func `asking creates nothing, and who was never seen has no profile`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    try await game.work("ZION_A", references: 1)
    let before = try await game.rowCounts()
    #expect(try await game.profile("ZION_B") == nil)
    #expect(try await game.profile("ZION_A")?.experience == Experience(60))
    #expect(try await game.history("ZION_B").isEmpty)
    #expect(try await game.leaderboard(10).isEmpty)
    #expect(try await game.multipliers(["ZION_A", "ZION_B"]).count == 2)
    #expect(try await game.rowCounts() == before)
  }

  @Test(arguments: Backend.allCases)
  func `work in two pools of one database counts together`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    let other = PoolStore(pool: "second", database: game.database)
    try await game.work("ZION_A", references: 40)
    var share = ShareRecord.numbered(1)
    share.work = ShareWork(hashes: Algorithm.sha256d.referenceWork.hashes * 60)
    try await other.insert(
      [NumberedShare(sequence: 1, share: share)], upTo: JournalPosition(segment: 1, offset: 1))
    // 1,000 for the work of 100 reference shares, 50 and 500 for achievements.
    #expect(try await game.profile("ZION_A")?.experience == Experience(1_550))
    #expect(try await game.keeper().update().map(\.account) == ["ZION_A"])
    #expect(try await game.leaderboard(5) == [LeaderboardEntry(account: "ZION_A", experience: Experience(1_550))])
  }

  @Test(arguments: Backend.allCases)
  func `the leaderboard is by experience, then by the bytes of the account`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    // Languages sort these otherwise.
    let tied = ["ZION_b", "ZION_B", "ZION_a", "ZION_A", "ZION_Z"]
    try await game.work(
      tied.map { ($0, .sha256d, 10, 0) } + [("ZION_top", .sha256d, 20, 0), ("ZION_low", .sha256d, 1, 0)])
    _ = try await game.keeper().update()
    let order = ["ZION_top", "ZION_A", "ZION_B", "ZION_Z", "ZION_a", "ZION_b", "ZION_low"]
    for limit in 0...9 {
      #expect(try await game.leaderboard(limit).map(\.account) == Array(order.prefix(limit)), "first \(limit)")
    }
    #expect(try await game.leaderboard(.max).first?.experience == Experience(250))
  }
}
