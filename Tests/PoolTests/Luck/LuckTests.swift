import Stratum
import TestSupport
import Testing

@testable import Pool

/// Who keeps the blocks that he finds.
@Suite struct LuckTests {
  @Test func `chances are those of Poisson's law`() {
    // e^-λ Σ λ^i ÷ i!, with sixty digits.
    for (count, mean, chance) in [
      (0, 1, 0.367_879_441_171_442_3), (0, 9.210_340_371_976_182, 1e-4), (3, 10, 0.010_336_050_675_925_74),
      (10, 10, 0.583_039_750_192_985), (100, 100, 0.526_562_198_529_998_5), (800, 1000, 3.229_888_722_729_021e-11),
    ] as [(Int, Double, Double)] {
      let found = Poisson.chance(ofAtMost: count, expecting: mean)
      #expect(abs(found - chance) < chance * 1e-9, "\(count) of \(mean): \(found)")
    }
    #expect(Poisson.chance(ofAtMost: 5, expecting: 0) == 1 && Poisson.chance(ofAtMost: -1, expecting: 3) == 0)
    #expect(Poisson.chance(ofAtMost: 1_000_000, expecting: 1e6) > 0.5)
    #expect(Poisson.chance(ofAtMost: 5, expecting: .infinity) == 1 && Poisson.chance(ofAtMost: 5, expecting: .nan) == 1)
  }

  @Test func `fewer than nine expected blocks accuse nobody, and one honest miner in ten thousand is accused`() {
    #expect(!AccountLuck(account: "a", expected: 9.2, found: 0).isSuspicious)
    #expect(AccountLuck(account: "a", expected: 9.3, found: 0).isSuspicious)
    var random = SeededRandom(seed: 5)
    var accused = 0
    for _ in 0..<50_000 {
      // The law itself: one block in a hundred shares, 2,000 shares.
      let found = Self.blocks(expecting: 20, using: &random)
      accused += AccountLuck(account: "a", expected: 20, found: found).isSuspicious ? 1 : 0
    }
    // Five are expected at most; more than fifteen come once in ten thousand runs.
    #expect(accused <= 15)
  }

  private static func blocks(expecting mean: Double, using random: inout SeededRandom) -> Int {
    // Waits of e^-1 each, until the mean is used up.
    var (count, left) = (0, mean)
    while true {
      left -= Self.wait(Double.random(in: 0..<1, using: &random))
      guard left > 0 else { return count }
      count += 1
    }
  }

  /// −ln(1 − x)
  private static func wait(_ x: Double) -> Double {
    var (sum, power) = (0.0, 1.0)
    guard x < 0.9 else { return 2.302_585_092_994_046 + wait((x - 0.9) * 10) }
    for index in 1...400 {
      power *= x
      sum += power / Double(index)
    }
    return sum
  }

  @Test(arguments: Backend.allCases)
  func `attack 1, block withholding: who keeps his blocks is named, and nothing else happens to him`(
    backend: Backend
  ) async throws {
    let folder = try TemporaryFolder("withholding")
    var pool = try await TestPool(backend, in: folder)
    let keeper = LuckKeeper(store: pool.store, pageBits: TestPool.pageBits, log: .silent)
    #expect(try await keeper.look() == LuckReport())
    // Twenty shares to a block. Three do the same work, for twelve blocks each; one hands none of his in.
    for round in 0..<12 {
      for _ in 0..<20 { try await pool.mine(("honest", 5), ("thief", 5), ("unlucky", 5)) }
      try await pool.find(UInt32(round), finder: "honest")
      if round % 3 == 0 { try await pool.find(UInt32(100 + round), finder: "unlucky", state: .rejected(reason: "x")) }
      if round == 5 { #expect(try await keeper.look().suspects.isEmpty, "six expected blocks prove nothing") }
    }
    let report = try await keeper.look()
    #expect(report.suspects.map(\.account) == ["thief"])
    #expect(report.accounts.map(\.account) == ["thief", "unlucky", "honest"])
    #expect(report.accounts.map(\.found) == [0, 4, 12])
    for luck in report.accounts { #expect(abs(luck.expected - 12) < 0.01, "\(luck)") }
    #expect(report.since == testTime)
    // Another process that begins now sees the same, but for the last digits of sums.
    let other = try await LuckKeeper(store: pool.store, pageBits: TestPool.pageBits, log: .silent).look()
    #expect(other.since == report.since && other.suspects.map(\.account) == ["thief"])
    for (a, b) in zip(other.accounts, report.accounts) {
      #expect(a.account == b.account && a.found == b.found && abs(a.expected - b.expected) < 1e-9)
    }
    #expect(try await keeper.look() == report, "nothing is counted twice")
    // His share of a block is what it was: nobody takes money for a suspicion.
    let block = try await pool.find(500, finder: "honest")
    try await pool.split(block)
    let lines = try #require(try await pool.report(block).split).lines
    #expect(lines.contains { $0.account == "thief" && $0.base > .zero })
    // Work that is done when shares are no small part of a block says nothing about luck.
    let easy = (0..<40).map { TestPool.share(5_000 + $0, "easy", hundredths: 50, algorithm: .scrypt) }
    try await pool.insert(easy)
    #expect(try await keeper.look().accounts.map(\.account).contains("easy") == false)
  }
}
