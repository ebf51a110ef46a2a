import Stratum

/// What the network asked for a block of each algorithm at a share, from the nBits of the last share of each.
struct NetworkReader {
  let pool: String
  var pageBits = ShareTake.pageBits
  let sql: any SQL

  /// Of every algorithm that was ever mined here up to this ordinal.
  func networkWorks(upTo last: Int64) throws -> [Algorithm: ShareWork] {
    var works: [Algorithm: ShareWork] = [:]
    for algorithm in Algorithm.allCases {
      guard let nBits = try nBits(of: algorithm, upTo: last) else { continue }
      works[algorithm] = Self.work(nBits: nBits)
    }
    return works
  }

  /// `nil` for what encodes no target.
  static func work(nBits: UInt32) -> ShareWork? {
    do throws(Target.CompactError) {
      return ShareWork(of: try Target(nBits: nBits))
    } catch {
      return nil
    }
  }

  private func nBits(of algorithm: Algorithm, upTo last: Int64) throws -> UInt32? {
    var page = last >> pageBits
    while true {
      let row = try sql.first(
        """
        SELECT page, ordinal, n_bits FROM network_bits WHERE pool = ? AND algorithm = ? AND page <= ?
          ORDER BY page DESC LIMIT 1
        """, .text(pool), .text(algorithm.rawValue), .integer(page))
      guard let row else { return nil }
      if try row.integer(1) <= last { return try row.number(2) }
      // The page goes on behind the share.
      page = try row.integer(0)
      let share = try sql.first(
        """
        SELECT n_bits FROM shares JOIN owners ON owners.id = shares.owner
          WHERE shares.pool = ? AND ordinal >= ? AND ordinal <= ? AND algorithm = ? ORDER BY ordinal DESC LIMIT 1
        """, .text(pool), .integer(page << pageBits), .integer(last), .text(algorithm.rawValue))
      if let share { return try share.number(0) }
      page -= 1
    }
  }
}
