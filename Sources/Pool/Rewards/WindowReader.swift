import Stratum

/// Reads who did how much work up to a share, within one transaction: whole pages from their sums, and single shares
/// only where a window ends.
///
/// Shares are kept for a shorter time than the sums of their pages. Where a window or a round ends in a page whose
/// shares are gone, everybody's work in that page is cut in the same proportion. Older than the oldest page there is
/// nothing.
struct WindowReader {
  /// What is read.
  enum Source: Sendable {
    case pages
    /// Nothing but shares: slower, and for nothing but comparison.
    case shares
  }

  private struct Owner {
    var account: String
    var algorithm: Algorithm
  }

  private let pool: String
  private let source: Source
  private let sql: any SQL
  private var owners: [Int64: Owner] = [:]
  private let pageBits: Int64
  private static let sharesAtOnce: Int64 = 8_192

  init(pool: String, source: Source = .pages, pageBits: Int64 = ShareTake.pageBits, sql: any SQL) {
    self.pageBits = pageBits
    self.pool = pool
    self.source = source
    self.sql = sql
  }

  /// Feeds the window from this ordinal backwards until it is full or nothing is left.
  /// - Returns: the oldest ordinal that belongs to it; `last + 1` when none does.
  mutating func fill(_ window: inout PPLNSWindow, upTo last: Int64) throws -> Int64 {
    let first = try firstOrdinal()
    var oldest = last + 1
    while oldest > first, !window.isFull {
      let high = oldest - 1
      let low = start(ofPageWith: high)
      guard source == .pages else {
        oldest = try fill(&window, low: low, high: high)
        continue
      }
      let page = try works(low: low, high: high)
      guard try window.take(page: page) == .descend else {
        oldest = low
        continue
      }
      do {
        var ending = window
        oldest = try fill(&ending, low: low, high: high)
        window = ending
      } catch let missing as SettlementError {
        guard isWhole(low, high), try window.take(partOf: page) else { throw missing }
        return low
      }
    }
    return oldest
  }

  private func start(ofPageWith ordinal: Int64) -> Int64 { max(1, (ordinal >> pageBits) << pageBits) }

  private func isWhole(_ low: Int64, _ high: Int64) -> Bool {
    low == start(ofPageWith: low) && high == (low >> pageBits + 1) << pageBits - 1
  }

  /// Where what is known begins.
  private func firstOrdinal() throws -> Int64 {
    let row = try sql.first("SELECT min(page) FROM window_pages WHERE pool = ?", .text(pool))
    guard let row, !row.isNull(0) else { return 1 }
    return max(1, try row.integer(0) << pageBits)
  }

  /// Share by share. Returns the oldest ordinal that was taken.
  private mutating func fill(_ window: inout PPLNSWindow, low: Int64, high: Int64) throws -> Int64 {
    var next = high
    while next >= low {
      let rows = try sql.run(
        """
        SELECT ordinal, owner, work FROM shares WHERE pool = ? AND ordinal >= ? AND ordinal <= ?
          ORDER BY ordinal DESC LIMIT ?
        """, .text(pool), .integer(low), .integer(next), .integer(Self.sharesAtOnce)
      ).rows
      guard rows.count == min(Self.sharesAtOnce, next - low + 1) else {
        throw SettlementError.sharesMissing(from: low, to: next)
      }
      try know(rows.map { try $0.integer(1) })
      for row in rows {
        guard try row.integer(0) == next else { throw SettlementError.sharesMissing(from: low, to: next) }
        next -= 1
        if try window.take(share: try work(owner: row.integer(1), row.work(2))) == .full { return next + 1 }
      }
    }
    return low
  }

  /// Sums by account and algorithm of the shares from `low` to `high`, both included.
  mutating func works(from low: Int64, to high: Int64) throws -> [WindowWork] {
    var tally = WorkTally()
    var next = max(try firstOrdinal(), low)
    while next <= high {
      let end = min(high, (next >> pageBits + 1) << pageBits - 1)
      let works: [WindowWork]
      do {
        works = try self.works(low: next, high: end)
      } catch let missing as SettlementError {
        let start = start(ofPageWith: next)
        guard source == .pages, next > start, isWhole(start, end) else { throw missing }
        let part = UInt64((end - next + 1) << 32) / UInt64(end - start + 1)
        works = try self.works(low: start, high: end).map { $0.part(part) }
      }
      for work in works { tally.add(work) }
      next = end + 1
    }
    return tally.works
  }

  /// Of a page or a part of one.
  private mutating func works(low: Int64, high: Int64) throws -> [WindowWork] {
    let rows: [SQLRow]
    if isWhole(low, high), source == .pages {
      rows = try sql.run(
        "SELECT owner, work FROM window_pages WHERE pool = ? AND page = ?", .text(pool), .integer(low >> pageBits)
      ).rows
      guard !rows.isEmpty else { throw SettlementError.sharesMissing(from: low, to: high) }
    } else {
      rows = try sql.run(
        """
        SELECT owner, work_sum(work), count(*) FROM shares WHERE pool = ? AND ordinal >= ? AND ordinal <= ?
          GROUP BY owner
        """, .text(pool), .integer(low), .integer(high)
      ).rows
      let count = try rows.reduce(0) { try $0 + $1.integer(2) }
      guard count == high - low + 1 else { throw SettlementError.sharesMissing(from: low, to: high) }
    }
    try know(rows.map { try $0.integer(0) })
    return try rows.map { try work(owner: $0.integer(0), $0.work(1)) }
  }

  private func work(owner: Int64, _ work: ShareWork) throws -> WindowWork {
    guard let owner = owners[owner] else { throw StoreError.malformed("a share of the unknown owner \(owner)") }
    return WindowWork(account: owner.account, algorithm: owner.algorithm, work: work)
  }

  private mutating func know(_ ids: [Int64]) throws {
    let unknown = Set(ids).filter { owners[$0] == nil }
    let rows = try sql.rows(of: unknown.map(SQLValue.integer)) { marks in
      "SELECT id, account, algorithm FROM owners WHERE id IN (\(marks))"
    }
    for row in rows { owners[try row.integer(0)] = Owner(account: try row.text(1), algorithm: try row.algorithm(2)) }
  }
}
