import Stratum

/// An account in the consciousness game: computed from facts each time it is asked for. Asking creates nothing.
public struct Profile: Sendable, Equatable {
  public let account: String
  public let experience: Experience
  public let level: ConsciousnessLevel
  public let achievements: Set<Achievement>
  public let streaks: Streaks
  public let maturedBlocks: Int64
  public let challenges: Int64
  public let meditationMinutes: Int64
  public let karma: Int64

  /// - Parameter today: for the current streak only; no experience depends on it.
  public init(account: String, facts: MinerFacts, today: UTCDay) {
    let deeds = Deeds(of: account, facts: facts, today: today)
    self.account = account
    achievements = Set(Achievement.allCases.filter { $0.isEarned(by: deeds) })
    experience = achievements.reduce(deeds.experience) { $0 + $1.experience }
    level = ConsciousnessLevel(for: experience)
    streaks = deeds.streaks
    maturedBlocks = deeds.maturedBlocks
    challenges = deeds.challenges
    meditationMinutes = deeds.meditationMinutes
    karma = deeds.karma
  }

  /// What is frozen at a block for its split, in basis points.
  public var multiplierBasisPoints: UInt32 { level.multiplierBasisPoints }

  /// What is missing to the next level; `nil` at the last.
  public var toNextLevel: Experience? {
    level.next.map { Experience($0.threshold.points - experience.points) }
  }

  /// How much of the way from this level to the next is gone, in basis points; 10,000 at the last.
  public var progressBasisPoints: Int64 {
    guard let next = level.next else { return 10_000 }
    let start = level.threshold.points
    return (experience.points - start) * 10_000 / (next.threshold.points - start)
  }
}

/// A place in the leaderboard: most experience first, then by the accounts' bytes.
public struct LeaderboardEntry: Sendable, Hashable, Comparable {
  public var account: String
  public var experience: Experience

  public init(account: String, experience: Experience) {
    self.account = account
    self.experience = experience
  }

  public var level: ConsciousnessLevel { ConsciousnessLevel(for: experience) }

  /// The one that stands above is less.
  public static func < (a: LeaderboardEntry, b: LeaderboardEntry) -> Bool {
    a.experience == b.experience ? a.account.precedesByBytes(b.account) : a.experience > b.experience
  }
}
