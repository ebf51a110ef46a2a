import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct BonusOutlookTests {
  @Test func `a bonus is the pot by the miner's multiplier over the window's mean`() {
    let outlook = BonusOutlook(multipliers: ["six": 20_000], meanMultiplier: 12_500, potPerReward: 0.25)
    #expect(outlook.bonus(of: "six") == 0.25 * 2 / 1.25)
    #expect(outlook.bonus(of: "one") == 0.25 / 1.25)
    #expect(outlook.level(of: "six") == .cosmic)
    #expect(outlook.level(of: "one") == .physical)
  }

  @Test func `whoever comes to an empty window has the pot alone`() {
    let outlook = BonusOutlook(multipliers: ["six": 20_000], potPerReward: 0.25)
    #expect(outlook.bonus(of: "six") == 0.25)
    #expect(BonusOutlook().bonus(of: "six") == 0)
  }

  @Test(arguments: Backend.allCases)
  func `levels, pot and mean are read from the database`(backend: Backend) async throws {
    let folder = try TemporaryFolder("bonus-outlook")
    var pool = try await TestPool(backend, in: folder)
    try await pool.mine(("six", 50), ("one", 150))
    try await pool.database.write { sql in
      try BonusFund.open(with: AtomicUnits(400), at: testTime, sql)
      try sql.run(
        "INSERT INTO profiles (account, level, xp, achievements, blocks, since) VALUES (?, 6, 100000, '', 0, 0)",
        .text("six"))
    }
    let rules = TestPool.rules(bonus: 1_000)
    let outlook = try await pool.database.read { sql in
      try BonusOutlook.read(
        pool: "zion", algorithm: .sha256d, reward: AtomicUnits(1_600), rules: rules, pageBits: TestPool.pageBits, sql)
    }
    // The fund holds 400, less than a block may take.
    #expect(outlook.potPerReward == 0.25)
    #expect(outlook.multipliers == ["six": 20_000])
    let mean = try #require(outlook.meanMultiplier)
    #expect(abs(mean - (50 * 20_000 + 150 * 10_000) / 200) < 1)
    #expect(abs(outlook.bonus(of: "six") - 0.25 * 20_000 / 12_500) < 1e-3)
  }
}
