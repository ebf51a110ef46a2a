import Stratum

/// The numbers of a pool's shares, in the order in which they came into the database. Its row is what everybody waits
/// for who takes shares of that pool.
struct Ordinals {
  let pool: String

  struct State {
    /// Of the newest share; 0 before the first.
    var last: Int64
    /// Milliseconds since 1970: what is older may have been let go.
    var keptSince: Int64
  }

  /// Nobody else has the row until the transaction ends.
  @discardableResult
  func lock(_ sql: any SQL) throws(StoreError) -> State {
    let row = try sql.first(
      """
      INSERT INTO ordinals (pool, last) VALUES (?, 0) ON CONFLICT (pool) DO UPDATE SET last = ordinals.last
        RETURNING last, kept_since
      """, .text(pool))
    guard let row else { throw .malformed("no number for the next share") }
    return State(last: try row.integer(0), keptSince: try row.integer(1))
  }

  func advance(to last: Int64, _ sql: any SQL) throws(StoreError) {
    try sql.run("UPDATE ordinals SET last = ? WHERE pool = ?", .integer(last), .text(pool))
  }

  func keep(since time: Int64, _ sql: any SQL) throws(StoreError) {
    guard try lock(sql).keptSince < time else { return }
    try sql.run("UPDATE ordinals SET kept_since = ? WHERE pool = ?", .integer(time), .text(pool))
  }
}
