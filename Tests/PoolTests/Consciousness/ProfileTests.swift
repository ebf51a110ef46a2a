import Stratum
import TestSupport
import Testing

@testable import Pool

/// A profile is a function of facts.
struct ProfileTests {
  private func profile(_ facts: MinerFacts, account: String = "me", today: Int64 = 20_020) throws -> Profile {
    Profile(account: account, facts: facts, today: try #require(UTCDay(number: today)))
  }

  private func shares(_ count: UInt128, _ algorithm: Algorithm = .scrypt) -> [Algorithm: ShareWork] {
    [algorithm: ShareWork(hashes: algorithm.referenceWork.hashes * count)]
  }

  @Test func `nobody knows nothing, at the first level`() throws {
    let nobody = try profile(MinerFacts())
    #expect(nobody.experience == .zero)
    #expect(nobody.level == .physical)
    #expect(nobody.achievements == [])
    #expect(nobody.progressBasisPoints == 0)
    #expect(nobody.toNextLevel == Experience(1000))
    #expect(nobody.multiplierBasisPoints == 10_000)
  }

  @Test func `first and hundredth share are measured in work`() throws {
    let almost = MinerFacts(work: [.scrypt: ShareWork(hashes: Algorithm.scrypt.referenceWork.hashes - 1)])
    #expect(try profile(almost).achievements == [])
    #expect(try profile(MinerFacts(work: shares(1))).experience == Experience(10 + 50))
    #expect(try profile(MinerFacts(work: shares(99))).achievements == [.firstShare])
    let hundred = try profile(MinerFacts(work: shares(100)))
    #expect(hundred.achievements == [.firstShare, .hundredShares])
    #expect(hundred.experience == Experience(1000 + 50 + 500))
    #expect(hundred.level == .emotional)
    #expect(hundred.progressBasisPoints == 1375)
    #expect(hundred.toNextLevel == Experience(3450))
  }

  @Test func `a block's experience goes when it is orphaned and comes back with it`() throws {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let facts = try MinerFacts.random(&random, account: "me")
      let before = try profile(facts)
      var found = facts
      found.maturedBlocks += 1
      let after = try profile(found)
      let first: Int64 = facts.maturedBlocks == 0 ? 1000 : 0
      #expect(after.experience == before.experience + Experience(1000 + first))
      #expect(after.achievements.contains(.firstBlock))
      var orphaned = found
      orphaned.maturedBlocks -= 1
      #expect(try profile(orphaned) == before)
      orphaned.maturedBlocks += 1
      #expect(try profile(orphaned) == after)
    }
  }

  @Test func `challenges give what the catalogue says, and after 5 and 50 more`() throws {
    var credentials: [Credential] = []
    for number in 1...50 { credentials.append(try .of(.challenge(.quizCryptoBasics), period: "N\(number)")) }
    #expect(try profile(MinerFacts(credentials: Array(credentials.prefix(4)))).experience == Experience(400))
    let five = try profile(MinerFacts(credentials: Array(credentials.prefix(5))))
    #expect(five.experience == Experience(500 + 750))
    #expect(five.challenges == 5)
    let fifty = try profile(MinerFacts(credentials: credentials))
    #expect(fifty.experience == Experience(5000 + 750 + 5000))
    #expect(fifty.achievements == [.aiApprentice, .aiMaster])
  }

  @Test func `meditation counts by the minute of the whole, karma by the point`() throws {
    let short: [Credential] = [
      try .of(.meditation(minutes: 1), period: "2024-01-01"), try .of(.meditation(minutes: 2), period: "2024-01-02"),
    ]
    // ⌊3 × 500 ÷ 60⌋, where each by itself would give 8 and 16.
    #expect(try profile(MinerFacts(credentials: short)).experience == Experience(25))
    var hours: [Credential] = []
    for day in 1...10 { hours.append(try .of(.meditation(minutes: 600), period: "2024-01-\(day + 10)")) }
    let hundred = try profile(MinerFacts(credentials: hours))
    #expect(hundred.meditationMinutes == 6000)
    #expect(hundred.achievements == [.meditationBeginner, .meditationMonk])
    #expect(hundred.experience == Experience(50_000 + 1000 + 10_000))
    #expect(try profile(MinerFacts(credentials: Array(hours.prefix(1)))).achievements == [.meditationBeginner])

    let nine = try profile(MinerFacts(credentials: [try .of(.karma(points: 9), period: "A")]))
    #expect(nine.experience == Experience(2250))
    #expect(nine.achievements == [])
    let ten = try profile(
      MinerFacts(credentials: [try .of(.karma(points: 9), period: "A"), try .of(.karma(points: 1), period: "B")]))
    #expect(ten.experience == Experience(2500 + 2500))
    #expect(ten.karma == 10)
  }

  @Test func `a credential counts once, and only for its account`() throws {
    let first = try Credential.of(.karma(points: 2), period: "A")
    let again = try Credential.of(.karma(points: 900), period: "A")
    let stranger = try Credential.of(.karma(points: 5), period: "A", account: "you")
    #expect(try profile(MinerFacts(credentials: [first, again, stranger])).karma == 2)
  }

  @Test func `streaks of work, and a perfect week when each of its days had meditation`() throws {
    #expect(try profile(MinerFacts(days: UTCDay.days(100..<106))).achievements == [])
    #expect(try profile(MinerFacts(days: UTCDay.days(100..<107))).experience == Experience(50))
    #expect(try profile(MinerFacts(days: UTCDay.days(100..<130))).experience == Experience(50 + 200))
    let quarter = try profile(MinerFacts(days: UTCDay.days(100..<190)))
    #expect(quarter.achievements == [.streak7, .streak30, .streak90])
    #expect(quarter.streaks == Streaks(of: UTCDay.days(100..<190), today: try #require(UTCDay(number: 20_020))))

    var facts = MinerFacts(days: UTCDay.days(100..<107))
    for day in UTCDay.days(100..<106).sorted() {
      facts.credentials.append(try .of(.meditation(minutes: 6), period: day.text))
    }
    #expect(try profile(facts).achievements == [.streak7])
    // Meditation on another day closes no gap.
    facts.credentials.append(try .of(.meditation(minutes: 6), period: try #require(UTCDay(number: 107)).text))
    #expect(try profile(facts).achievements == [.streak7])
    facts.credentials.append(try .of(.meditation(minutes: 6), period: try #require(UTCDay(number: 106)).text))
    #expect(try profile(facts).achievements == [.streak7, .perfectWeek])
  }

  @Test func `experience depends on no clock`() throws {
    for seed in 0..<100 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let facts = try MinerFacts.random(&random, account: "me")
      let points = Set(try [0, 20_010, 20_021, 40_000].map { try profile(facts, today: $0).experience })
      #expect(points.count == 1)
    }
  }

  @Test func `who splits what he did over many names has no name of a higher level`() throws {
    var lower = 0
    for seed in 0..<60 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var facts = try MinerFacts.random(&random, account: "me")
      // One of each id: a second one for the same deed would count for another name, and not for this one.
      var ids: Set<String> = []
      facts.credentials.removeAll { !ids.insert($0.id).inserted }
      let whole = try profile(facts)
      var parts = [MinerFacts](repeating: MinerFacts(), count: 100)
      // Anybody may claim the days; work, blocks and credentials are there once.
      for algorithm in Algorithm.allCases {
        var rest = facts.work[algorithm]?.hashes ?? 0
        for i in parts.indices {
          let part = i == 99 ? rest : UInt128.random(in: 0...rest / 2, using: &random)
          parts[i].work[algorithm] = ShareWork(hashes: part)
          rest -= part
        }
      }
      for i in parts.indices { parts[i].days = facts.days }
      for _ in 0..<facts.maturedBlocks { parts[Int.random(in: 0..<100, using: &random)].maturedBlocks += 1 }
      for credential in facts.credentials {
        parts[Int.random(in: 0..<100, using: &random)].credentials.append(credential)
      }
      let profiles = try parts.map { try profile($0) }
      #expect(profiles.allSatisfy { $0.experience <= whole.experience && $0.level <= whole.level }, "seed \(seed)")
      if profiles.allSatisfy({ $0.level < whole.level }) { lower += 1 }
    }
    #expect(lower > 10)
  }

  @Test func `the greatest facts saturate`() throws {
    let work = Dictionary(uniqueKeysWithValues: Algorithm.allCases.map { ($0, ShareWork(hashes: .max)) })
    let facts = MinerFacts(work: work, maturedBlocks: .max, days: UTCDay.days(0..<400))
    let most = try profile(facts)
    #expect(most.experience == Experience(.max))
    #expect(most.level == .onTheStar)
    #expect(most.toNextLevel == nil)
    #expect(most.progressBasisPoints == 10_000)
    #expect(try profile(MinerFacts(maturedBlocks: -1)).experience == .zero)
  }
}
