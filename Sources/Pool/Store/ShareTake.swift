import Stratum

/// One batch of shares on its way from the journal into the database, within one transaction: the shares, their order,
/// every roll-up, and how far the journal was read; all of it or nothing.
struct ShareTake: Sendable {
  let pool: String
  let journal: String
  let shares: [NumberedShare]
  /// Where the batch was read from. Where the database has another position (another consumer was here, or the last
  /// commit was not heard of), shares are looked for by their hashes first; `nil`: in any case.
  let from: JournalPosition?
  let upTo: JournalPosition
  /// Owners' ids that were seen before.
  let known: [OwnerKey: Int64]
  /// Days that have a place.
  let days: Set<Int64>
  /// Work is summed by pages of 2^this ordinals.
  var pageBits = Self.pageBits

  struct Result: Sendable {
    var inserted: Int
    var owners: [OwnerKey: Int64]
    var days: Set<Int64>
  }

  /// What every database has; tests have fewer.
  static let pageBits: Int64 = 17

  func run(_ sql: any SQL) throws -> Result {
    let ordinals = Ordinals(pool: pool)
    let state = try ordinals.lock(sql)
    let last = state.last
    let isNext = try from != nil && JournalPositions.read(journal, sql) == from
    let new = try isNext ? shares : unknown(keptSince: state.keptSince, sql)
    let needed = daysOf(new).subtracting(days)
    if !needed.isEmpty { try sql.makeRoom(pool: pool, days: needed.sorted()) }
    let owners = try OwnerIDs(pool: pool, known: known).resolve(new, sql)
    try insert(new, after: last, owners, sql)
    try RollUp(new, owners).store(sql)
    try storePages(new, after: last, owners, sql)
    try storeNetworkBits(new, after: last, sql)
    if !new.isEmpty { try ordinals.advance(to: last + Int64(new.count), sql) }
    try JournalPositions.write(journal, upTo, sql)
    return Result(inserted: new.count, owners: owners.added, days: needed)
  }

  private func daysOf(_ shares: [NumberedShare]) -> Set<Int64> {
    var days: Set<Int64> = []
    var previous: Int64?
    for numbered in shares {
      let day = Int64(clamping: numbered.share.time / 86_400_000)
      if day != previous { days.insert(day) }
      previous = day
    }
    return days
  }

  /// Those that are not in the database. A share that is there twice in the batch counts once; one that is older than
  /// what is kept was here, and is gone.
  private func unknown(keptSince: Int64, _ sql: any SQL) throws -> [NumberedShare] {
    let shares = shares.filter { Int64(clamping: $0.share.time) >= keptSince }
    var seen: Set<Hash256> = []
    var rest = shares[...]
    while !rest.isEmpty {
      let piece = rest.prefix(500)
      rest = rest.dropFirst(500)
      let times: [Int64] = piece.map { Int64(clamping: $0.share.time) }
      let rows = try sql.rows(
        of: piece.map { .hash($0.share.hash) },
        after: [.text(pool), .integer(times.min() ?? 0), .integer(times.max() ?? 0)]
      ) { marks in "SELECT hash FROM shares WHERE pool = ? AND time >= ? AND time <= ? AND hash IN (\(marks))" }
      for row in rows { seen.insert(try row.hash(0)) }
    }
    return shares.filter { numbered in seen.insert(numbered.share.hash).inserted }
  }

  private func insert(_ new: [NumberedShare], after last: Int64, _ owners: OwnerIDs.Resolved, _ sql: any SQL) throws {
    let columns = [
      "pool", "ordinal", "time", "hash", "owner", "sequence", "height", "n_bits", "work", "is_block", "source_job",
    ]
    try sql.insert(into: "shares", columns, Array(new.enumerated()), conflict: nil) { row, writer in
      let share = row.element.share
      writer.text(pool)
      writer.integer(last + 1 + Int64(row.offset))
      writer.integer(Int64(clamping: share.time))
      writer.hash(share.hash)
      writer.integer(owners.lines[owners.places[row.offset]].worker)
      writer.integer(Int64(bitPattern: row.element.sequence))
      writer.integer(Int64(share.height))
      writer.integer(Int64(share.nBits))
      writer.work(share.work)
      writer.integer(share.isBlock ? 1 : 0)
      writer.text(share.sourceJobID)
    }
  }

  private func storePages(
    _ new: [NumberedShare], after last: Int64, _ owners: OwnerIDs.Resolved, _ sql: any SQL
  ) throws {
    struct Key: Hashable {
      var page, owner: Int64
    }
    var sums: [Key: ShareWork] = [:]
    var works = [ShareWork](repeating: .zero, count: owners.lines.count)
    for (index, numbered) in new.enumerated() {
      let page = (last + 1 + Int64(index)) >> pageBits
      works[owners.places[index]] += numbered.share.work
      // At the end of a page, and of all.
      guard index == new.count - 1 || (last + 2 + Int64(index)) >> pageBits != page else { continue }
      for (place, line) in owners.lines.enumerated() where works[place] != .zero {
        sums[Key(page: page, owner: line.account), default: .zero] += works[place]
        works[place] = .zero
      }
    }
    try sql.insert(
      into: "window_pages", ["pool", "page", "owner", "work"], Array(sums),
      conflict: "ON CONFLICT (pool, page, owner) DO UPDATE SET work = work_add(window_pages.work, excluded.work)"
    ) { row, writer in
      writer.text(pool)
      writer.integer(row.key.page)
      writer.integer(row.key.owner)
      writer.work(row.value)
    }
  }

  private func storeNetworkBits(_ new: [NumberedShare], after last: Int64, _ sql: any SQL) throws {
    struct Key: Hashable {
      var algorithm: Algorithm
      var page: Int64
    }
    var bits: [Key: (ordinal: Int64, nBits: UInt32)] = [:]
    var previous: Key?
    for (index, numbered) in new.enumerated().reversed() {
      let ordinal = last + 1 + Int64(index)
      let key = Key(algorithm: numbered.share.algorithm, page: ordinal >> pageBits)
      guard key != previous else { continue }
      previous = key
      if bits[key] == nil { bits[key] = (ordinal, numbered.share.nBits) }
    }
    for (key, value) in bits {
      try sql.run(
        """
        INSERT INTO network_bits (pool, algorithm, page, ordinal, n_bits) VALUES (?, ?, ?, ?, ?)
          ON CONFLICT (pool, algorithm, page) DO UPDATE SET ordinal = excluded.ordinal, n_bits = excluded.n_bits
        """, .text(pool), .text(key.algorithm.rawValue), .integer(key.page), .integer(value.ordinal),
        .number(value.nBits))
    }
  }

  /// Removes pages of which no share is left.
  static func discardPages(pool: String, _ sql: any SQL) throws(StoreError) {
    let last = try Ordinals(pool: pool).lock(sql).last
    let first = try sql.first("SELECT min(ordinal) FROM shares WHERE pool = ?", .text(pool))
    let kept = try first.map { row throws(StoreError) in row.isNull(0) ? last + 1 : try row.integer(0) } ?? last + 1
    try sql.run("DELETE FROM window_pages WHERE pool = ? AND page < ?", .text(pool), .integer(kept >> pageBits))
  }
}

/// How far each journal was taken over.
enum JournalPositions {
  static func read(_ journal: String, _ sql: any SQL) throws -> JournalPosition? {
    // A journal that had no name yet has the empty one.
    let row = try sql.first(
      "SELECT segment, byte_offset FROM journal_positions WHERE journal IN (?, '') ORDER BY journal DESC LIMIT 1",
      .text(journal))
    return try row.map {
      JournalPosition(segment: UInt64(bitPattern: try $0.integer(0)), offset: try $0.number(1))
    }
  }

  static func write(_ journal: String, _ position: JournalPosition, _ sql: any SQL) throws {
    try sql.run(
      """
      INSERT INTO journal_positions (journal, segment, byte_offset) VALUES (?, ?, ?)
        ON CONFLICT (journal) DO UPDATE SET segment = excluded.segment, byte_offset = excluded.byte_offset
      """, .text(journal), .integer(Int64(bitPattern: position.segment)), .number(position.offset))
  }
}
