import Stratum

/// The money of blocks: each is split as soon as its shares are in the database, booked when it is mature, reversed when
/// the chain takes it back. Every step may be repeated, by any number of processes, and happens once.
public struct BlockSettlement: Sendable {
  public let pool: String
  private let database: any Database
  private let rules: RewardRules
  private let levels: any MinerLevels
  private let pageBits: Int64

  public init(pool: String, database: any Database, rules: RewardRules, levels: any MinerLevels = NoLevels()) {
    self.init(
      pool: pool, database: database, rules: rules, levels: levels, pageBits: ShareTake.pageBits)
  }

  /// - Parameter pageBits: as the pool's store has it.
  init(pool: String, database: any Database, rules: RewardRules, levels: any MinerLevels, pageBits: Int64) {
    self.pool = pool
    self.database = database
    self.rules = rules
    self.levels = levels
    self.pageBits = pageBits
  }

  /// Splits a block, with the levels of this moment. A second time changes nothing.
  /// - Parameter journalIsDrained: everything that was in the journal when the block was found is in the database. Until
  ///   then a block waits whose share is not there or does not count.
  public func freeze(
    _ block: Hash256, journalIsDrained: Bool, at now: UnixTime
  ) async throws -> FreezeOutcome {
    let freeze = BlockFreeze(pool: pool, rules: rules, levels: levels, pageBits: pageBits)
    return try await database.write { sql in
      try freeze.run(block, journalIsDrained: journalIsDrained, at: now, sql)
    }
  }

  /// What a block would be split into now, with nothing written.
  /// - Parameter fromShares: reads every share of the window in place of the sums of pages, for comparison.
  public func rehearse(_ block: BlockRecord, fromShares: Bool = false) async throws -> Split {
    var freeze = BlockFreeze(pool: pool, rules: rules, levels: levels, pageBits: pageBits)
    if fromShares { freeze.source = .shares }
    return try await database.read { [freeze] sql in
      let last = try freeze.lastOrdinal(of: block, journalIsDrained: true, sql) ?? 0
      return try freeze.compute(block, upTo: last, sql).split
    }
  }

  /// Books or reverses a block, as its stored state says.
  public func book(_ block: Hash256, at now: UnixTime) async throws -> BookingOutcome {
    let booking = BlockBooking(pool: pool, levels: levels)
    return try await database.write { sql in try booking.run(block, at: now, sql) }
  }

  /// Does for all blocks what is due, oldest first. A block that cannot be settled does not keep the others.
  /// - Throws: when the database is away.
  public func advance(journalIsDrained: Bool, at now: UnixTime) async throws -> SettlementProgress {
    let pool = pool
    let due = try await database.read { sql in
      try sql.run(
        """
        SELECT hash FROM (
          SELECT hash, found_at, height FROM blocks WHERE pool = ? AND bookings % 2 = 0
            AND (status = 'mature' OR window_last IS NULL AND status <> 'rejected')
          UNION ALL
          SELECT hash, found_at, height FROM blocks WHERE pool = ? AND bookings % 2 = 1 AND status <> 'mature'
        ) due ORDER BY found_at, height, hash
        """, .text(pool), .text(pool)
      ).rows.map { try $0.hash(0) }
    }
    var progress = SettlementProgress()
    for block in due {
      do {
        switch try await freeze(block, journalIsDrained: journalIsDrained, at: now) {
        case .frozen: progress.frozen.append(block)
        case .waiting: progress.waiting.append(block)
        case .already, .rejected: break
        }
        switch try await book(block, at: now) {
        case .booked: progress.booked.append(block)
        case .reversed: progress.reversed.append(block)
        case .nothing: break
        }
      } catch let error as StoreError {
        if case .unavailable = error { throw error }
        progress.failed.append(SettlementFailure(block: block, reason: "\(error)"))
      } catch {
        progress.failed.append(SettlementFailure(block: block, reason: "\(error)"))
      }
    }
    return progress
  }
}

/// What one round did.
public struct SettlementProgress: Equatable, Sendable {
  public var frozen: [Hash256] = []
  public var booked: [Hash256] = []
  public var reversed: [Hash256] = []
  /// Their shares are not all in the database yet.
  public var waiting: [Hash256] = []
  public var failed: [SettlementFailure] = []

  public init() {}
}

public struct SettlementFailure: Hashable, Sendable {
  public var block: Hash256
  /// What is wrong, and what to do.
  public var reason: String
}
