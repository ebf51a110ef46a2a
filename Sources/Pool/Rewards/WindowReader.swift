import Stratum

/// Reads who did how much work up to a share, within one transaction: whole pages from their sums, and single shares
/// only where a window ends.
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

  init(pool: String, source: Source = .pages, pageBits: Int64 = ShareTake.standardPageBits, sql: any SQL) {
    self.pageBits = pageBits
    self.pool = pool
    self.source = source
    self.sql = sql
  }

  /// Feeds the window from this ordinal backwards until it is full or nothing is left.
  /// - Returns: the oldest ordinal that belongs to it; `last + 1` when none does.
  mutating func fill(_ window: inout PPLNSWindow, upTo last: Int64) throws -> Int64 {
    var oldest = last + 1
    while oldest > 1, !window.isFull {
      let high = oldest - 1
      let low = max(1, (high >> pageBits) << pageBits)
      guard source == .pages else {
        oldest = try fill(&window, low: low, high: high)
        continue
      }
      let answer = try window.take(page: try works(low: low, high: high))
      oldest = answer == .descend ? try fill(&window, low: low, high: high) : low
    }
    return oldest
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
    var next = max(1, low)
    while next <= high {
      let end = min(high, (next >> pageBits + 1) << pageBits - 1)
      for work in try works(low: next, high: end) { tally.add(work) }
      next = end + 1
    }
    return tally.works
  }

  /// Of a page or a part of one.
  private mutating func works(low: Int64, high: Int64) throws -> [WindowWork] {
    let mask: Int64 = 1 << pageBits - 1
    let isWhole = high & mask == mask && low & mask == (low == 1 ? 1 : 0)
    let rows: [SQLRow]
    if isWhole, source == .pages {
      rows = try sql.run(
        "SELECT owner, work FROM window_pages WHERE pool = ? AND page = ?", .text(pool),
        .integer(low >> pageBits)
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
    for piece in Array(unknown).pieces(of: 500) {
      let values = piece.map(SQLValue.integer)
      let padded = values + [SQLValue](repeating: values[0], count: 500 - values.count)
      let marks = repeatElement("?", count: 500).joined(separator: ", ")
      for row in try sql.run("SELECT id, account, algorithm FROM owners WHERE id IN (\(marks))", padded).rows {
        owners[try row.integer(0)] = Owner(account: try row.text(1), algorithm: try row.algorithm(2))
      }
    }
  }
}

/// What the network asked for a block of each algorithm at a share, from the nBits of the last share of each.
struct NetworkReader {
  let pool: String
  var pageBits = ShareTake.standardPageBits
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
