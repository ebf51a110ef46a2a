import Stratum

/// Everything that is stored of a block's money, line by line.
public struct BlockStatement: Sendable, Equatable {
  public var block: BlockRecord
  /// `nil` until its shares are in the database.
  public var split: Details?

  public struct Details: Sendable, Equatable {
    public var scheme: RewardScheme
    /// Ordinals, both included; the first is behind the last when no share counted.
    public var windowFirst: Int64
    public var windowLast: Int64
    /// PPLNS only.
    public var fill: WindowFill?
    /// By which works of different algorithms were compared.
    public var networks: [Algorithm: ShareWork]
    public var bonusPot: AtomicUnits
    public var remainder: AtomicUnits
    /// To the PPS reserve.
    public var reserve: AtomicUnits
    /// With SOLO the bases were paid by the coinbase.
    public var lines: [SplitLine]
    /// How often it was booked and reversed: odd is booked.
    public var bookings: Int64
    /// In the order in which they were posted.
    public var transfers: [Transfer]

    public var isBooked: Bool { bookings % 2 == 1 }
  }

  /// The blocks that were found at this height, oldest first.
  public static func at(height: UInt32, pool: String, _ sql: any SQL) throws -> [BlockStatement] {
    try BlockTable(pool: pool).at(height: height, sql).map { try of($0, pool: pool, sql) }
  }

  /// - Throws: `SettlementError.unknownBlock`.
  public static func of(_ hash: Hash256, pool: String, _ sql: any SQL) throws -> BlockStatement {
    guard let block = try BlockTable(pool: pool).find(hash, sql) else { throw SettlementError.unknownBlock(hash) }
    return try of(block, pool: pool, sql)
  }

  private static func of(_ block: BlockRecord, pool: String, _ sql: any SQL) throws -> BlockStatement {
    guard let stored = try StoredSplit.read(block.hash, pool: pool, sql) else { return BlockStatement(block: block) }
    let row = try sql.first("SELECT window_length, window_measured FROM blocks WHERE hash = ?", .hash(block.hash))
    let fill = try row.flatMap { row in
      row.isNull(0) ? nil : WindowFill(measured: try row.work(1).hashes, length: try row.work(0).hashes)
    }
    var networks: [Algorithm: ShareWork] = [:]
    for row in try sql.run(
      "SELECT algorithm, network_work FROM block_networks WHERE block = ?", .hash(block.hash)
    ).rows {
      networks[try row.algorithm(0)] = try row.work(1)
    }
    let details = Details(
      scheme: stored.scheme, windowFirst: stored.window.first, windowLast: stored.window.last, fill: fill,
      networks: networks, bonusPot: stored.bonusPot, remainder: stored.remainder, reserve: stored.reserve,
      lines: try lines(of: stored, sql), bookings: stored.bookings,
      transfers: try Ledger.transfers(of: block.hash.displayHex, sql))
    return BlockStatement(block: block, split: details)
  }

  private static func lines(of stored: StoredSplit, _ sql: any SQL) throws -> [SplitLine] {
    var works: [String: [AlgorithmWork]] = [:]
    for row in try sql.run(
      "SELECT account, algorithm, work FROM block_works WHERE block = ?", .hash(stored.block.hash)
    ).rows {
      works[try row.text(0), default: []].append(
        AlgorithmWork(algorithm: try row.algorithm(1), work: try row.work(2)))
    }
    return stored.lines.map { line in
      SplitLine(
        account: line.account,
        works: works[line.account, default: []].sorted { $0.algorithm.number < $1.algorithm.number },
        weight: line.weight, multiplierBasisPoints: line.multiplier, base: line.base, bonus: line.bonus)
    }
  }
}
