import Stratum

/// What is known about an account, by which its experience is computed: nothing is ever added up anywhere else, so a
/// block that is orphaned, or comes back, is one fact less or more.
public struct MinerFacts: Sendable, Equatable {
  /// All accepted work since ever.
  public var work: [Algorithm: ShareWork]
  /// Blocks that the account found itself and that are mature in the chain now.
  public var maturedBlocks: Int64
  /// Days with accepted work.
  public var days: Set<UTCDay>
  /// Accepted ones. Of several with one id the first counts.
  public var credentials: [Credential]

  public init(
    work: [Algorithm: ShareWork] = [:], maturedBlocks: Int64 = 0, days: Set<UTCDay> = [],
    credentials: [Credential] = []
  ) {
    self.work = work
    self.maturedBlocks = maturedBlocks
    self.days = days
    self.credentials = credentials
  }
}

/// The facts, counted.
struct Deeds {
  let workExperience: Experience
  let maturedBlocks: Int64
  let streaks: Streaks
  private(set) var challenges: Int64 = 0
  private(set) var challengeExperience = Experience.zero
  private(set) var meditationMinutes: Int64 = 0
  private(set) var karma: Int64 = 0
  let longestPerfectStreak: Int64

  init(of account: String, facts: MinerFacts, today: UTCDay) {
    workExperience = Experience(by: facts.work)
    maturedBlocks = max(0, facts.maturedBlocks)
    streaks = Streaks(of: facts.days, today: today)
    var seen: Set<String> = []
    var meditationDays: Set<UTCDay> = []
    for credential in facts.credentials where credential.account == account && seen.insert(credential.id).inserted {
      switch credential.kind {
      case .challenge(let challenge):
        challenges += 1
        challengeExperience += challenge.experience
      case .meditation(let minutes):
        meditationMinutes += Int64(minutes)
        if let day = UTCDay(credential.period) { meditationDays.insert(day) }
      case .karma(let points): karma += Int64(points)
      }
    }
    longestPerfectStreak = Streaks(of: facts.days.intersection(meditationDays), today: today).longest
  }

  /// Without achievements.
  var experience: Experience {
    // From the sum of all minutes: short sittings lose nothing.
    let meditation = Experience.meditationHour * meditationMinutes
    return workExperience + Experience.foundBlock * maturedBlocks + challengeExperience
      + Experience(meditation.points / 60) + Experience.karmaPoint * karma
  }
}
