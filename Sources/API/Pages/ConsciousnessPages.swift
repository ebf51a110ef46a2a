import Stratum

/// `/api/consciousness/profile/{address}`.
public struct ZionProfile: Codable, Sendable {
  public struct Level: Codable, Sendable {
    public let name: String
    public let description: String
    public let multiplier: Double
    public let icon: String
    public let number: Int
  }

  public struct Experience: Codable, Sendable {
    public let current: Int64
    /// 0 at the last level.
    public let toNextLevel: Int64
    public let percentage: Double

    private enum CodingKeys: String, CodingKey {
      case current, percentage
      case toNextLevel = "to_next_level"
    }
  }

  public struct Mining: Codable, Sendable {
    public let totalShares: Int
    public let blocksFound: Int
    /// `1.05x`
    public let bonusMultiplier: String

    private enum CodingKeys: String, CodingKey {
      case totalShares = "total_shares"
      case blocksFound = "blocks_found"
      case bonusMultiplier = "bonus_multiplier"
    }
  }

  public struct Activities: Codable, Sendable {
    public let challenges: Int64
    public let meditationHours: Double
    public let communityKarma: Int64

    private enum CodingKeys: String, CodingKey {
      case challenges = "ai_challenges"
      case meditationHours = "meditation_hours"
      case communityKarma = "community_karma"
    }
  }

  public let address: String
  public let consciousnessLevel: Level
  public let experience: Experience
  public let mining: Mining
  public let activities: Activities
  public let achievements: [String]
  /// `2026-11-28`
  public let joined: String

  private enum CodingKeys: String, CodingKey {
    case address, mining, activities, achievements, joined
    case consciousnessLevel = "consciousness_level"
    case experience = "xp"
  }

  init(_ profile: ProfileReport, level: PoolFacts.Level) {
    address = profile.address
    consciousnessLevel = Level(
      name: level.name, description: level.summary, multiplier: level.multiplier, icon: level.icon,
      number: level.number)
    experience = Experience(
      current: profile.experience, toNextLevel: profile.toNextLevel ?? 0, percentage: profile.percentage)
    mining = Mining(
      totalShares: profile.shares, blocksFound: profile.blocks,
      bonusMultiplier: "\(Decimal.fixed(level.multiplier, decimals: 2))x")
    activities = Activities(
      challenges: profile.challenges, meditationHours: Double(profile.meditationMinutes) / 60,
      communityKarma: profile.karma)
    achievements = profile.achievements
    joined = PageTime.day(profile.joined)
  }
}

/// `/api/consciousness/leaderboard`.
public struct ZionLeaderboard: Codable, Sendable {
  public struct Place: Codable, Sendable {
    public let rank: Int
    public let address: String
    public let level: String
    public let experience: Int64
    public let totalShares: Int
    public let blocksFound: Int
    public let challenges: Int64
    public let meditationHours: Double
    public let communityKarma: Int64

    private enum CodingKeys: String, CodingKey {
      case rank, address, level
      case experience = "xp"
      case totalShares = "total_shares"
      case blocksFound = "blocks_found"
      case challenges = "ai_challenges"
      case meditationHours = "meditation_hours"
      case communityKarma = "community_karma"
    }
  }

  public let leaderboard: [Place]

  init(_ profiles: [ProfileReport], facts: PoolFacts) {
    leaderboard = profiles.enumerated().map { index, profile in
      Place(
        rank: index + 1, address: profile.address, level: facts.level(profile.level)?.name ?? "",
        experience: profile.experience, totalShares: profile.shares, blocksFound: profile.blocks,
        challenges: profile.challenges, meditationHours: Double(profile.meditationMinutes) / 60,
        communityKarma: profile.karma)
    }
  }
}

/// `/api/consciousness/levels`.
public struct ZionLevels: Codable, Sendable {
  public struct Level: Codable, Sendable {
    public let name: String
    public let multiplier: Double
    public let experience: Int64
    public let description: String
    public let icon: String

    private enum CodingKeys: String, CodingKey {
      case name, multiplier, description, icon
      case experience = "xp_required"
    }
  }

  public let levels: [Level]

  init(_ facts: PoolFacts) {
    levels = facts.levels.map {
      Level(
        name: $0.name, multiplier: $0.multiplier, experience: $0.experience, description: $0.summary, icon: $0.icon)
    }
  }
}

extension PoolFacts {
  func level(_ number: Int) -> Level? { levels.first { $0.number == number } }
}
