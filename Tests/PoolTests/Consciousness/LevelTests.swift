import Stratum
import Testing

@testable import Pool

/// The nine levels and the catalogue, as the mission writes them.
struct LevelTests {
  @Test(
    arguments: [
      ("PHYSICAL", 0, 10_000), ("EMOTIONAL", 1_000, 10_500), ("MENTAL", 5_000, 11_000), ("SACRED", 15_000, 12_500),
      ("QUANTUM", 40_000, 15_000), ("COSMIC", 100_000, 20_000), ("ENLIGHTENED", 250_000, 30_000),
      ("TRANSCENDENT", 500_000, 50_000), ("ON_THE_STAR", 1_000_000, 100_000),
    ] as [(String, Int64, UInt32)])
  func `a level begins exactly at its threshold`(name: String, threshold: Int64, multiplier: UInt32) {
    let level = ConsciousnessLevel(for: Experience(threshold))
    #expect(level.name == name)
    #expect(level.threshold == Experience(threshold))
    #expect(level.multiplierBasisPoints == multiplier)
    if threshold > 0 {
      #expect(ConsciousnessLevel(for: Experience(threshold - 1)).next == level)
    }
  }

  @Test func `there are nine, in order, each with a picture`() {
    #expect(ConsciousnessLevel.allCases.map(\.rawValue) == Array(1...9))
    #expect(ConsciousnessLevel.allCases == ConsciousnessLevel.allCases.sorted())
    #expect(Set(ConsciousnessLevel.allCases.map(\.icon)).count == 9)
    #expect(Set(ConsciousnessLevel.allCases.map(\.summary)).count == 9)
    #expect(ConsciousnessLevel(for: Experience(.max)) == .onTheStar)
    #expect(ConsciousnessLevel.onTheStar.next == nil)
  }

  @Test(
    arguments: [
      ("quiz_crypto_basics", 100, .physical, 5), ("meditation_breath", 150, .physical, 5),
      ("conversation_consciousness", 500, .emotional, 15), ("learning_quantum", 750, .mental, 30),
      ("community_teaching", 1_500, .sacred, 45), ("meditation_cosmic", 2_000, .quantum, 60),
      ("quest_enlightenment", 10_000, .enlightened, 10_080),
    ] as [(String, Int64, ConsciousnessLevel, Int)])
  func `the catalogue of challenges`(id: String, experience: Int64, level: ConsciousnessLevel, minutes: Int) throws {
    let challenge = try #require(Challenge(rawValue: id))
    #expect(challenge.experience == Experience(experience))
    #expect(challenge.requiredLevel == level)
    #expect(challenge.minutes == minutes)
    #expect(Challenge.allCases.count == 7)
  }

  @Test func `most experience stands first, and of equals the account's bytes decide`() {
    let entries = [("b", 5), ("a", 5), ("Z", 5), ("c", 1_000_000), ("d", 0)] as [(String, Int64)]
    let sorted = entries.map { LeaderboardEntry(account: $0.0, experience: Experience($0.1)) }.sorted()
    #expect(sorted.map(\.account) == ["c", "Z", "a", "b", "d"])
    #expect(sorted.first?.level == .onTheStar)
  }
}
