/// What is earned once and shown for ever, as long as the facts hold that it was earned by.
///
/// Each gives experience. None gives ZION, whatever the original promised: the pool owes nobody a prize.
/// Shares are counted as reference shares of work, so that a low difficulty earns nothing.
///
/// Source: `reference/zion.md` §2.4; streaks §2.2.
public enum Achievement: String, CaseIterable, Hashable, Sendable {
  /// The work of 1 reference share.
  case firstShare = "first_share"
  /// The work of 100 reference shares.
  case hundredShares = "hundred_shares"
  case firstBlock = "first_block"
  /// 5 challenges.
  case aiApprentice = "ai_apprentice"
  /// 50 challenges.
  case aiMaster = "ai_master"
  /// 10 hours.
  case meditationBeginner = "meditation_beginner"
  /// 100 hours.
  case meditationMonk = "meditation_monk"
  /// 10 points of karma.
  case helpfulSoul = "helpful_soul"
  case streak7 = "streak_7"
  case streak30 = "streak_30"
  case streak90 = "streak_90"
  /// 7 days on end with work and with meditation on each.
  case perfectWeek = "perfect_week"

  public var experience: Experience {
    switch self {
    case .firstShare, .streak7: Experience(50)
    case .streak30: Experience(200)
    case .hundredShares, .streak90: Experience(500)
    case .aiApprentice: Experience(750)
    case .firstBlock, .meditationBeginner: Experience(1_000)
    case .helpfulSoul: Experience(2_500)
    case .aiMaster, .perfectWeek: Experience(5_000)
    case .meditationMonk: Experience(10_000)
    }
  }

  func isEarned(by deeds: Deeds) -> Bool {
    switch self {
    case .firstShare: deeds.workExperience >= Experience.referenceShare
    case .hundredShares: deeds.workExperience >= Experience.referenceShare * 100
    case .firstBlock: deeds.maturedBlocks >= 1
    case .aiApprentice: deeds.challenges >= 5
    case .aiMaster: deeds.challenges >= 50
    case .meditationBeginner: deeds.meditationMinutes >= 10 * 60
    case .meditationMonk: deeds.meditationMinutes >= 100 * 60
    case .helpfulSoul: deeds.karma >= 10
    case .streak7: deeds.streaks.longest >= 7
    case .streak30: deeds.streaks.longest >= 30
    case .streak90: deeds.streaks.longest >= 90
    case .perfectWeek: deeds.longestPerfectStreak >= 7
    }
  }
}
