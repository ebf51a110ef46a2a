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

  @Test func `fewer than ten expected blocks accuse nobody, and one honest miner in ten thousand is accused`() {
    func accused(_ expected: Double, _ found: Int) -> Bool {
      AccountLuck(account: "a", since: testTime, expected: expected, found: found).isSuspicious
    }
    #expect(!accused(10.3, 0) && accused(10.4, 0))
    var random = SeededRandom(seed: 5)
    var count = 0
    for _ in 0..<50_000 {
      let week = Self.blocks(expecting: 20, using: &random)
      let month = week + Self.blocks(expecting: 30, using: &random)
      let all = month + Self.blocks(expecting: 50, using: &random)
      count += accused(20, week) || accused(50, month) || accused(100, all) ? 1 : 0
    }
    // Five are expected at most; more than fifteen come once in ten thousand runs.
    #expect(count <= 15)
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

  @Test(arguments: Backend.allCases)
  func `who begins to keep his blocks after a hundred honest days is named by the last week`(
    backend: Backend
  ) async throws {
    let folder = try TemporaryFolder("turned")
    var pool = try await TestPool(backend, in: folder)
    let keeper = LuckKeeper(store: pool.store, pageBits: TestPool.pageBits, log: .silent)
    for day in 0..<109 {
      let begin = pool.shares.count
      // Two blocks a day of each, in forty shares.
      try await pool.insert(
        (1...80).map { number in
          var new = TestPool.share(begin + number, number % 2 == 0 ? "honest" : "turned", hundredths: 5)
          new.share.time = (UInt64(testTime.seconds) + UInt64(day) * 86_400 + UInt64(number)) * 1000
          return new
        })
      for (index, finder) in ["honest", "honest", "turned", "turned"].enumerated() where index < 2 || day < 100 {
        try await pool.find(UInt32(day * 86_400 + 100 + index), finder: finder)
      }
      if day == 99 { #expect(try await keeper.look().suspects.isEmpty) }
    }
    let report = try await keeper.look()
    #expect(report.since == testTime.advanced(by: 1) && report.suspects.map(\.account) == ["turned"])
    let turned = try #require(report.accounts.first)
    #expect(turned.found == 0 && abs(turned.expected - 15) <= 2, "\(turned)")
    // Over all of it nobody would have said anything.
    #expect(Poisson.chance(ofAtMost: 200, expecting: 218) > 0.1)
    // A process that begins now looks at the same days, but for where one ends.
    let other = try await LuckKeeper(store: pool.store, pageBits: TestPool.pageBits, log: .silent).look()
    #expect(other.suspects.map(\.account) == ["turned"])
  }

  @Test func `a window begins with a day's work, and what is older than the longest is let go`() {
    var history = LuckHistory()
    #expect(history.looks().isEmpty)
    let day: Int64 = 86_400
    for hour in 0..<Int64(24 * 40) { history.add(["a": 1], since: hour * 3600, until: (hour + 1) * 3600) }
    var looks = history.looks()
    #expect(looks.map(\.since) == [0, 9 * day, 32 * day])
    #expect(looks.map { $0.expected["a"] ?? 0 } == [960, 31 * 24, 8 * 24])
    // A long rest ends all windows but the whole.
    history.add(["c": 1], since: 400 * day, until: 401 * day)
    looks = history.looks()
    #expect(looks.map(\.since) == [0, 400 * day, 400 * day] && looks.map(\.expected.count) == [2, 1, 1])
  }

  @Test func `no window begins after work that was added to it, also when a clock was ahead for a while`() {
    let day: Int64 = 86_400
    for ahead in [3, 8, 400] as [Int64] {
      var history = LuckHistory()
      for hour in 0..<Int64(24 * 40) {
        // Half a day of shares has times that have not come yet, and found blocks the right ones ever after.
        let wrong = (480..<492).contains(hour) ? ahead * day : 0
        history.add(["a": 1], since: hour * 3600 + wrong, until: (hour + 1) * 3600 + wrong)
        guard hour >= 492 else { continue }
        for look in history.looks() {
          #expect(look.since <= hour * 3600)
          // At most an hour's work for each hour, but for the half day that was ahead.
          let hours = Double(hour + 1) - Double(look.since) / 3600
          #expect(look.expected["a"] ?? 0 <= hours + 12, "\(ahead) \(hour): \(look)")
        }
      }
    }
  }

  @Test func `a clock that was ahead at the very beginning`() {
    var history = LuckHistory()
    history.add(["a": 1], since: 1_000_000, until: 1_003_600)
    history.add(["a": 1], since: 0, until: 3600)
    #expect(history.looks().map(\.since) == [0] && history.looks().first?.expected["a"] == 2)
  }
}
