import Hashing
import Stratum

/// A block's split as the database has it.
struct StoredSplit: Equatable, Sendable {
  var block: BlockRecord
  var scheme: RewardScheme
  /// Both included; the first is behind the last when no share counted.
  var window: (first: Int64, last: Int64)
  var bonusPot: AtomicUnits
  var remainder: AtomicUnits
  /// How often the money was booked and reversed: odd is booked.
  var bookings: Int64
  /// Of the audit.
  var record: Int64?
  var lines: [Line] = []

  struct Line: Equatable, Sendable {
    var account: String
    var weight: UInt128
    var multiplier: UInt32
    var base: AtomicUnits
    var bonus: AtomicUnits
  }

  static func == (a: StoredSplit, b: StoredSplit) -> Bool { a.body == b.body && a.bookings == b.bookings }

  var isBooked: Bool { bookings % 2 == 1 }

  /// What goes to the PPS reserve.
  var reserve: AtomicUnits { scheme == .pps ? block.reward : .zero }

  /// `nil` while the block has no split.
  static func read(_ hash: Hash256, pool: String, _ sql: any SQL) throws -> StoredSplit? {
    guard let block = try BlockTable(pool: pool).find(hash, sql) else { throw SettlementError.unknownBlock(hash) }
    let row = try sql.first(
      """
      SELECT scheme, window_first, window_last, bonus_pot, remainder, bookings, split_record FROM blocks
        WHERE hash = ? AND window_last IS NOT NULL
      """, .hash(hash))
    guard let row else { return nil }
    guard let scheme = RewardScheme(rawValue: try row.text(0)) else {
      throw StoreError.malformed("the scheme “\(try row.text(0))” of a block")
    }
    var split = StoredSplit(
      block: block, scheme: scheme, window: (try row.integer(1), try row.integer(2)), bonusPot: try row.amount(3),
      remainder: try row.amount(4), bookings: try row.integer(5), record: row.isNull(6) ? nil : try row.integer(6))
    split.lines = try sql.run(
      "SELECT account, weight, multiplier, base, bonus FROM block_lines WHERE block = ? ORDER BY line", .hash(hash)
    ).rows.map { row in
      Line(
        account: try row.text(0), weight: try row.work(1).hashes, multiplier: try row.number(2),
        base: try row.amount(3), bonus: try row.amount(4))
    }
    return split
  }

  static let auditKind = "split"

  /// What the audit records: everything that money is booked by; of the lines and fees their digest.
  var body: AuditBody {
    var text = ""
    for line in lines {
      text += "\(line.account)\t\(line.weight)\t\(line.multiplier)\t\(line.base.value)\t\(line.bonus.value)\n"
    }
    for fee in block.fees { text += "fee\t\(fee.account)\t\(fee.amount.value)\n" }
    var body = AuditBody()
    body.add("block", block.hash.displayHex)
    body.add("scheme", scheme.rawValue)
    body.add("first", window.first)
    body.add("last", window.last)
    body.add("reward", block.reward.value)
    body.add("remainder", remainder.value)
    body.add("bonus_pot", bonusPot.value)
    body.add("lines", Int64(lines.count))
    body.add("digest", Hex.encode(sha256(Array(text.utf8))))
    return body
  }
}
