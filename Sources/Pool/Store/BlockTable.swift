import Stratum

/// The rows of found blocks.
struct BlockTable: Sendable {
  let pool: String

  private static let columns = """
    hash, height, account, worker, algorithm, network_work, reward, status, reason, confirmations, found_at, updated_at,
      share_hash, pays_finder
    """

  /// Keeps the newest state of a block. What belongs to its money (window, split, bookings) is not touched.
  func save(_ block: BlockRecord, _ sql: any SQL) throws {
    try sql.run(
      """
      INSERT INTO blocks (pool, \(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET status = excluded.status, reason = excluded.reason,
          confirmations = excluded.confirmations, updated_at = excluded.updated_at
      """, .text(pool), .hash(block.hash), .number(block.height), .text(block.finder.account),
      .text(block.finder.worker), .text(block.algorithm.rawValue), .work(block.networkWork), .amount(block.reward),
      .text(block.state.label), .text(block.state.reason), .number(block.state.confirmations), .time(block.foundAt),
      .time(block.updatedAt), block.shareHash.map(SQLValue.hash) ?? .null, .integer(block.paysFinder ? 1 : 0))
    for (line, fee) in block.fees.enumerated() {
      try sql.run(
        "INSERT INTO block_fees (block, line, account, amount) VALUES (?, ?, ?, ?) ON CONFLICT (block, line) DO NOTHING",
        .hash(block.hash), .number(line), .text(fee.account), .amount(fee.amount))
    }
  }

  func newest(_ limit: Int, _ sql: any SQL) throws -> [BlockRecord] {
    try records(
      "WHERE pool = ? ORDER BY found_at DESC, height DESC LIMIT ?", [.text(pool), .number(max(0, limit))], sql)
  }

  func newest(_ limit: Int, of account: String, _ sql: any SQL) throws -> [BlockRecord] {
    try records(
      "WHERE pool = ? AND account = ? ORDER BY found_at DESC, height DESC LIMIT ?",
      [.text(pool), .text(account), .number(max(0, limit))], sql)
  }

  func find(_ hash: Hash256, _ sql: any SQL) throws -> BlockRecord? {
    try records("WHERE pool = ? AND hash = ?", [.text(pool), .hash(hash)], sql).first
  }

  func at(height: UInt32, _ sql: any SQL) throws -> [BlockRecord] {
    try records("WHERE pool = ? AND height = ? ORDER BY found_at", [.text(pool), .number(height)], sql)
  }

  func records(_ condition: String, _ values: [SQLValue], _ sql: any SQL) throws -> [BlockRecord] {
    let records = try sql.run("SELECT \(Self.columns) FROM blocks \(condition)", values).rows.map(Self.record)
    var fees: [Hash256: [FeePayment]] = [:]
    let lines = try sql.rows(of: records.map { .hash($0.hash) }) { marks in
      "SELECT block, account, amount FROM block_fees WHERE block IN (\(marks)) ORDER BY block, line"
    }
    for line in lines {
      fees[try line.hash(0), default: []].append(
        FeePayment(account: try line.text(1), amount: try line.amount(2)))
    }
    return records.map { record in
      var record = record
      record.fees = fees[record.hash] ?? []
      return record
    }
  }

  private static func record(_ row: SQLRow) throws -> BlockRecord {
    guard let state = BlockState(label: try row.text(7), reason: try row.text(8), confirmations: try row.number(9))
    else { throw StoreError.malformed("a block's state “\(try row.text(7))”") }
    var record = BlockRecord(
      hash: try row.hash(0), height: try row.number(1),
      finder: MinerIdentity(account: try row.text(2), worker: try row.text(3)), algorithm: try row.algorithm(4),
      networkWork: try row.work(5), reward: try row.amount(6), state: state, foundAt: try row.time(10),
      updatedAt: try row.time(11))
    record.shareHash = row.isNull(12) ? nil : try row.hash(12)
    record.paysFinder = try row.integer(13) == 1
    return record
  }
}

extension BlockState {
  /// The node's words; empty where there are none.
  var reason: String { if case .rejected(let reason) = self { reason } else { "" } }

  var confirmations: UInt32 { if case .immature(let confirmations) = self { confirmations } else { 0 } }

  init?(label: String, reason: String, confirmations: UInt32) {
    let all: [BlockState] = [
      .found, .submitted, .rejected(reason: reason), .immature(confirmations: confirmations), .mature, .orphaned,
    ]
    guard let state = all.first(where: { $0.label == label }) else { return nil }
    self = state
  }
}
