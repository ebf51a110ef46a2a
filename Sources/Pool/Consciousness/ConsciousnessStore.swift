import Stratum

/// The consciousness game in the database. Everything is computed from facts; what is stored of profiles serves
/// leaderboards and histories, and is brought up to date by the `ConsciousnessKeeper`.
public enum ConsciousnessStore {
  /// As the facts are now; `nil` for an account that was never seen. Creates nothing.
  public static func profile(of account: String, today: UTCDay, _ sql: any SQL) throws -> Profile? {
    try FactTable.facts(of: [account], sql)[account].map { Profile(account: account, facts: $0, today: today) }
  }

  /// What multiplies each account's weight in the bonus pot, in basis points, as the facts are now: to be frozen with
  /// a block's window. An account that was never seen has the first level's.
  public static func multipliers(of accounts: some Sequence<String>, _ sql: any SQL) throws -> [String: UInt32] {
    var result: [String: UInt32] = [:]
    for account in accounts { result[account] = ConsciousnessLevel.physical.multiplierBasisPoints }
    for (account, facts) in try FactTable.facts(of: result.keys, sql) {
      // No experience depends on what day it is.
      let profile = Profile(account: account, facts: facts, today: UTCDay(UnixTime(seconds: 0)))
      result[account] = profile.multiplierBasisPoints
    }
    return result
  }

  /// Of every account above the first level, by the profiles that were stored last.
  static func storedMultipliers(_ sql: any SQL) throws -> [String: UInt32] {
    let rows = try sql.run("SELECT account, level FROM profiles WHERE level > 1").rows
    return try rows.reduce(into: [:]) { result, row in
      result[try row.text(0)] = try row.level(1).multiplierBasisPoints
    }
  }

  /// The first places, by the profiles that were stored last.
  public static func leaderboard(limit: Int, _ sql: any SQL) throws -> [LeaderboardEntry] {
    guard limit > 0 else { return [] }
    // All that share the last place's experience: databases order texts differently, and a place is by bytes.
    let rows = try sql.run(
      """
      SELECT account, xp FROM profiles WHERE xp >= coalesce(
        (SELECT xp FROM profiles ORDER BY xp DESC LIMIT 1 OFFSET ?), 0)
      """, .number(limit - 1)
    ).rows
    return try rows.map { LeaderboardEntry(account: try $0.text(0), experience: Experience(try $0.integer(1))) }
      .sorted().prefix(limit).map { $0 }
  }

  /// The levels that an account has had, first to last.
  public static func history(of account: String, _ sql: any SQL) throws -> [LevelStep] {
    try sql.run("SELECT step, level, xp, at FROM level_history WHERE account = ? ORDER BY step", .text(account)).rows
      .map { row in
        LevelStep(
          account: account, number: try row.integer(0), level: try row.level(1),
          experience: Experience(try row.integer(2)), at: try row.time(3))
      }
  }
}

/// A level that an account came to: up, or down when a block left the chain.
public struct LevelStep: Sendable, Hashable {
  public var account: String
  /// From 1.
  public var number: Int64
  public var level: ConsciousnessLevel
  /// With how much.
  public var experience: Experience
  /// When it was noticed.
  public var at: UnixTime
}

extension SQLRow {
  func level(_ column: Int) throws(StoreError) -> ConsciousnessLevel {
    guard let level = ConsciousnessLevel(rawValue: try number(column)) else {
      throw .malformed("there is no consciousness level \(try integer(column))")
    }
    return level
  }
}
