import Foundation
import Pool
import Stratum

/// `zion consciousness show`.
struct ProfilePage: Codable, Equatable {
  struct Step: Codable, Equatable {
    let step: Int64
    let level: String
    let experience: Int64
    /// Seconds since 1970.
    let at: UInt32
  }

  let account: String
  let level: Int
  let levelName: String
  /// 10,000 is once.
  let multiplierBasisPoints: UInt32
  let experience: Int64
  /// `nil` at the last level.
  let toNextLevel: Int64?
  /// Of the way to the next level.
  let progressBasisPoints: Int64
  let achievements: [String]
  /// Days on end with work.
  let currentStreak: Int64
  let longestStreak: Int64
  let maturedBlocks: Int64
  let challenges: Int64
  let meditationMinutes: Int64
  let karma: Int64
  let history: [Step]

  init(_ profile: Profile, _ steps: [LevelStep]) {
    account = profile.account
    level = profile.level.rawValue
    levelName = profile.level.name
    multiplierBasisPoints = profile.multiplierBasisPoints
    experience = profile.experience.points
    toNextLevel = profile.toNextLevel?.points
    progressBasisPoints = profile.progressBasisPoints
    achievements = Achievement.allCases.filter(profile.achievements.contains).map(\.rawValue)
    currentStreak = profile.streaks.current
    longestStreak = profile.streaks.longest
    maturedBlocks = profile.maturedBlocks
    challenges = profile.challenges
    meditationMinutes = profile.meditationMinutes
    karma = profile.karma
    history = steps.map {
      Step(step: $0.number, level: $0.level.name, experience: $0.experience.points, at: $0.at.seconds)
    }
  }

  var lines: [String] {
    let shown = ConsciousnessLevel(rawValue: level) ?? .physical
    let next =
      shown.next.map { next in "\(toNextLevel ?? 0) to \(next.name)" } ?? "the last level"
    let rows = [
      ["level", "\(level) \(shown.icon) \(levelName), \(shown.summary)"],
      ["multiplier", Multiplier.text(multiplierBasisPoints)],
      ["experience", "\(experience) (\(next))"],
      ["streak", "\(Table.count(Int(clamping: currentStreak), "day")), longest \(longestStreak)"],
      ["mature blocks", "\(maturedBlocks)"],
      ["challenges", "\(challenges)"],
      ["meditation", "\(meditationMinutes) min"],
      ["karma", "\(karma)"],
      ["achievements", achievements.isEmpty ? "–" : achievements.joined(separator: ", ")],
    ]
    guard !history.isEmpty else { return Table([account, ""], rows).lines }
    let steps = history.map { ["\($0.step)", $0.level, "\($0.experience)", Moment.text($0.at)] }
    return Table([account, ""], rows).lines + [""] + Table([">step", "level", ">experience", "since"], steps).lines
  }
}

/// `zion consciousness leaderboard`.
struct LeaderboardPage: Codable, Equatable {
  struct Place: Codable, Equatable {
    let place: Int
    let account: String
    let experience: Int64
    let level: String
  }

  let places: [Place]

  init(_ entries: [LeaderboardEntry]) {
    places = entries.enumerated().map { index, entry in
      Place(
        place: index + 1, account: entry.account, experience: entry.experience.points, level: entry.level.name)
    }
  }

  var lines: [String] {
    guard !places.isEmpty else { return ["nobody has a profile yet"] }
    return Table(
      [">place", "account", "level", ">experience"],
      places.map { ["\($0.place)", $0.account, $0.level, "\($0.experience)"] }
    ).lines
  }
}

/// `zion consciousness levels`.
struct LevelsPage: Codable, Equatable {
  struct Level: Codable, Equatable {
    let level: Int
    let name: String
    let summary: String
    let experience: Int64
    let multiplierBasisPoints: UInt32
  }

  let levels: [Level]

  init() {
    levels = ConsciousnessLevel.allCases.map {
      Level(
        level: $0.rawValue, name: $0.name, summary: $0.summary, experience: $0.threshold.points,
        multiplierBasisPoints: $0.multiplierBasisPoints)
    }
  }

  var lines: [String] {
    Table(
      [">level", "name", ">experience", ">multiplier", "what it is"],
      levels.map {
        ["\($0.level)", $0.name, "\($0.experience)", Multiplier.text($0.multiplierBasisPoints), $0.summary]
      }
    ).lines
  }
}

enum Multiplier {
  /// `× 1.25`
  static func text(_ basisPoints: UInt32) -> String {
    "× \(Stratum.Decimal.fixed(Double(basisPoints) / 10_000, decimals: 2))"
  }
}

enum Moment {
  /// `2026-11-24T18:00:00Z`
  static func text(_ seconds: UInt32) -> String { Date(timeIntervalSince1970: Double(seconds)).ISO8601Format() }
}
