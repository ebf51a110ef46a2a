import Stratum

/// Sums of shares over time, for every worker, account and pool, so that nothing that shows them reads shares.
struct RollUp {
  /// Seconds; 0 is since ever.
  static let periods: [Int64] = [0, 60, 600, 3_600, 86_400]
  /// What a statement about somebody's sums reads: first whose, then when. In another order SQLite, which knows nothing
  /// of how many there are, goes through everybody's sums of a time; `CROSS JOIN` keeps it to this one. Conditions
  /// follow with AND.
  static let byOwner = "owners CROSS JOIN rollups WHERE rollups.owner = owners.id"

  /// How long rows are kept, in seconds; days and totals for ever.
  static let retention: [(period: Int64, seconds: Int64)] = [
    (60, 2 * 86_400), (600, 31 * 86_400), (3_600, 400 * 86_400),
  ]

  private struct Key: Hashable {
    var owner, period, start: Int64
  }

  private struct Sum {
    var shares: Int64 = 0
    var work = ShareWork.zero
    var first = Int64.max
    var last = Int64.min

    mutating func add(_ other: Sum) {
      shares += other.shares
      work += other.work
      first = min(first, other.first)
      last = max(last, other.last)
    }
  }

  private var sums: [Key: Sum] = [:]

  init(_ shares: [NumberedShare], _ owners: OwnerIDs.Resolved) {
    // First by worker and minute, of which there are few; the rest follows from those.
    var minutes = [[(start: Int64, sum: Sum)]](repeating: [], count: owners.lines.count)
    for (numbered, place) in zip(shares, owners.places) {
      let time = Int64(clamping: numbered.share.time)
      let sum = Sum(shares: 1, work: numbered.share.work, first: time, last: time)
      let start = time / 60_000 * 60
      if let index = minutes[place].lastIndex(where: { $0.start == start }) {
        minutes[place][index].sum.add(sum)
      } else {
        minutes[place].append((start, sum))
      }
    }
    for (line, minutes) in zip(owners.lines, minutes) {
      for minute in minutes {
        for owner in [line.worker, line.account, line.pool] {
          for period in Self.periods {
            let start = period == 0 ? 0 : minute.start / period * period
            sums[Key(owner: owner, period: period, start: start), default: Sum()].add(minute.sum)
          }
        }
      }
    }
  }

  func store(_ sql: any SQL) throws {
    // In the order of the index, which is then written from one end to the other.
    let rows = sums.sorted { a, b in
      (a.key.owner, a.key.period, a.key.start) < (b.key.owner, b.key.period, b.key.start)
    }
    try sql.insert(
      into: "rollups", ["owner", "period", "start", "shares", "work", "first_share", "last_share"], rows,
      conflict: """
        ON CONFLICT (owner, period, start) DO UPDATE SET shares = rollups.shares + excluded.shares,
          work = work_add(rollups.work, excluded.work),
          first_share = CASE WHEN excluded.first_share < rollups.first_share THEN excluded.first_share
            ELSE rollups.first_share END,
          last_share = CASE WHEN excluded.last_share > rollups.last_share THEN excluded.last_share
            ELSE rollups.last_share END
        """
    ) { row, writer in
      writer.integer(row.key.owner)
      writer.integer(row.key.period)
      writer.integer(row.key.start)
      writer.integer(row.value.shares)
      writer.work(row.value.work)
      writer.integer(row.value.first)
      writer.integer(row.value.last)
    }
  }

  /// Removes some of the rows that nobody looks at any more, a piece at a time: one long statement would keep shares
  /// waiting. Returns how many.
  static func discardPiece(_ period: Int64, before end: Int64, _ sql: any SQL) throws(StoreError) -> Int {
    try sql.run(
      """
      DELETE FROM rollups WHERE period = ? AND start < ? AND (owner, period, start) IN
        (SELECT owner, period, start FROM rollups WHERE period = ? AND start < ? ORDER BY start LIMIT 20000)
      """, .integer(period), .integer(end), .integer(period), .integer(end)
    ).changed
  }
}
