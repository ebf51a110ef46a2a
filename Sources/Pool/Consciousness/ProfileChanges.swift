import Stratum

/// Whose facts may have changed since profiles were last brought up to date. Told by what is stored, not by times: no
/// clock, restart or second process makes it miss anybody.
struct ProfileChanges: Sendable {
  /// Some of them have not changed: shares are known by pages of 2^17.
  private(set) var accounts: Set<String> = []
  /// Up to which share, by pool.
  private(set) var upTo: [String: Int64] = [:]

  init(_ sql: any SQL) throws {
    let pools = try sql.run(
      """
      SELECT ordinals.pool, ordinals.last, coalesce(ordinal, -1) FROM ordinals
        LEFT JOIN profile_progress ON profile_progress.pool = ordinals.pool WHERE last > coalesce(ordinal, -1)
      """
    ).rows
    for row in pools {
      let pool = try row.text(0)
      upTo[pool] = try row.integer(1)
      accounts.formUnion(try Self.miners(of: pool, after: try row.integer(2), sql))
    }
    accounts.formUnion(try sql.run(Self.blocks).rows.map { try $0.text(0) })
  }

  private static func miners(of pool: String, after last: Int64, _ sql: any SQL) throws -> [String] {
    // At first all: shares that an older version took over may be in no page.
    let rows =
      last < 0
      ? try sql.run("SELECT DISTINCT account FROM owners WHERE pool = ? AND level = 1", .text(pool)).rows
      : try sql.run(
        """
        SELECT DISTINCT account FROM window_pages JOIN owners ON owners.id = window_pages.owner
          WHERE window_pages.pool = ? AND page >= ?
        """, .text(pool), .integer((last + 1) >> ShareTake.pageBits)
      ).rows
    return try rows.map { try $0.text(0) }
  }

  /// Finders with more or fewer mature blocks than their profiles say.
  private static let blocks = """
    SELECT found.account FROM
      (SELECT account, count(*) AS mature FROM blocks WHERE status = 'mature' GROUP BY account) AS found
      LEFT JOIN profiles ON profiles.account = found.account
      WHERE profiles.blocks IS NULL OR profiles.blocks <> found.mature
    UNION
    SELECT account FROM profiles WHERE blocks > 0 AND NOT EXISTS
      (SELECT 1 FROM blocks WHERE blocks.account = profiles.account AND status = 'mature')
    """

  /// After the profiles of all `accounts` were updated.
  func close(_ sql: any SQL) throws {
    for (pool, ordinal) in upTo {
      try sql.run(
        """
        INSERT INTO profile_progress (pool, ordinal) VALUES (?, ?) ON CONFLICT (pool) DO UPDATE
          SET ordinal = excluded.ordinal WHERE profile_progress.ordinal < excluded.ordinal
        """, .text(pool), .integer(ordinal))
    }
  }
}
