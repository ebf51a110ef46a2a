import Stratum

/// The stored profiles: what the facts gave when somebody last looked.
enum ProfileTable {
  private struct Stored: Equatable {
    var level: ConsciousnessLevel
    var experience: Experience
    var achievements: String
    var blocks: Int64

    init(_ profile: Profile) {
      level = profile.level
      experience = profile.experience
      achievements = Achievement.allCases.filter(profile.achievements.contains).map(\.rawValue).joined(separator: " ")
      blocks = profile.maturedBlocks
    }

    init(_ row: SQLRow) throws {
      level = try row.level(1)
      experience = Experience(try row.integer(2))
      achievements = try row.text(3)
      blocks = try row.integer(4)
    }
  }

  /// Brings the profiles of these accounts up to the facts. Done again it changes nothing.
  /// - Returns: the levels that changed, by account.
  static func update(_ accounts: some Sequence<String>, at now: UnixTime, _ sql: any SQL) throws -> [LevelStep] {
    let facts = try FactTable.facts(of: accounts, sql)
    var stored: [String: Stored] = [:]
    let rows = try sql.rows(of: facts.keys.sorted()) {
      "SELECT account, level, xp, achievements, blocks FROM profiles WHERE account IN (\($0))"
    }
    for row in rows { stored[try row.text(0)] = try Stored(row) }
    var steps: [LevelStep] = []
    for (account, facts) in facts.sorted(by: { $0.key < $1.key }) {
      let profile = Profile(account: account, facts: facts, today: UTCDay(now))
      let (old, new) = (stored[account], Stored(profile))
      guard old != new else { continue }
      try write(new, of: account, isNewLevel: old?.level != new.level, at: now, sql)
      if old?.level != new.level { steps.append(try append(new, of: account, at: now, sql)) }
    }
    return steps
  }

  private static func write(
    _ new: Stored, of account: String, isNewLevel: Bool, at now: UnixTime, _ sql: any SQL
  ) throws {
    let since = isNewLevel ? "excluded.since" : "profiles.since"
    try sql.run(
      """
      INSERT INTO profiles (account, level, xp, achievements, blocks, since) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (account) DO UPDATE SET level = excluded.level, xp = excluded.xp,
          achievements = excluded.achievements, blocks = excluded.blocks, since = \(since)
      """, .text(account), .number(new.level.rawValue), .integer(new.experience.points), .text(new.achievements),
      .integer(new.blocks), .time(now))
  }

  private static func append(
    _ new: Stored, of account: String, at now: UnixTime, _ sql: any SQL
  ) throws -> LevelStep {
    let last = try sql.first("SELECT coalesce(max(step), 0) FROM level_history WHERE account = ?", .text(account))
    let step = LevelStep(
      account: account, number: (try last?.integer(0) ?? 0) + 1, level: new.level, experience: new.experience, at: now)
    try sql.run(
      "INSERT INTO level_history (account, step, level, xp, at) VALUES (?, ?, ?, ?, ?)", .text(account),
      .integer(step.number), .number(step.level.rawValue), .integer(step.experience.points), .time(now))
    return step
  }
}
