import Stratum

/// Computes a block's split and stores it, once and for all, within one transaction.
struct BlockFreeze {
  let pool: String
  let rules: RewardRules
  let levels: any MinerLevels
  var source = WindowReader.Source.pages
  var pageBits = ShareTake.pageBits

  /// A split with all that it came from.
  struct Computed {
    var split: Split
    var works: [WindowWork]
    var window: (first: Int64, last: Int64)
    var fill: WindowFill?
    var networks: [Algorithm: ShareWork]
  }

  func run(_ hash: Hash256, journalIsDrained: Bool, at now: UnixTime, _ sql: any SQL) throws -> FreezeOutcome {
    guard let block = try BlockTable(pool: pool).find(hash, sql) else { throw SettlementError.unknownBlock(hash) }
    if case .rejected = block.state { return .rejected }
    guard try StoredSplit.read(hash, pool: pool, sql) == nil else { return .already }
    guard let last = try lastOrdinal(of: block, journalIsDrained: journalIsDrained, sql) else { return .waiting }
    try store(try compute(block, upTo: last, sql), of: block, at: now, sql)
    return .frozen
  }

  /// The place of the block's share; the end of what is there for a block whose share does not count.
  func lastOrdinal(of block: BlockRecord, journalIsDrained: Bool, _ sql: any SQL) throws -> Int64? {
    if let share = block.shareHash {
      let row = try sql.first(
        "SELECT ordinal FROM shares WHERE pool = ? AND hash = ? AND is_block = 1", .text(pool), .hash(share))
      if let row { return try row.integer(0) }
    }
    guard journalIsDrained else { return nil }
    return try sql.first("SELECT last FROM ordinals WHERE pool = ?", .text(pool))?.integer(0) ?? 0
  }

  func compute(_ block: BlockRecord, upTo last: Int64, _ sql: any SQL) throws -> Computed {
    var networks = try NetworkReader(pool: pool, pageBits: pageBits, sql: sql).networkWorks(upTo: last)
    networks[block.algorithm] = block.networkWork
    let rules = rules.holding(for: block)
    let rates = ExchangeRates(networkWork: networks)
    var reader = WindowReader(pool: pool, source: source, pageBits: pageBits, sql: sql)
    do {
      var (works, first, fill): ([WindowWork], Int64, WindowFill?)
      if rules.scheme == .pplns {
        var window = try PPLNSWindow(
          ofBlockWith: block.algorithm, networkWork: block.networkWork, hundredths: rules.windowHundredths,
          rates: rates)
        first = try reader.fill(&window, upTo: last)
        (works, fill) = (window.works, window.fill)
      } else {
        first = try roundStart(of: block, upTo: last, sql)
        (works, fill) = (try reader.works(from: first, to: last), nil)
      }
      let finder = block.finder.account.isEmpty ? nil : block.finder.account
      let accounts = Set(works.map(\.account) + (finder.map { [$0] } ?? []))
      let split = try Split(
        of: BlockEarnings(
          reward: block.reward, fees: block.fees, finder: finder, works: works, fill: fill, rates: rates,
          multipliers: try levels.multipliers(of: accounts.sorted { $0.precedesByBytes($1) }, sql),
          fund: try BonusFund.available(sql)),
        rules: rules)
      return Computed(split: split, works: works, window: (first, last), fill: fill, networks: networks)
    } catch let error as ExchangeError {
      throw SettlementError.exchange(error)
    } catch let error as SplitError {
      throw SettlementError.split(error)
    }
  }

  /// Behind the pool's block before, of those that counted when this one was split.
  private func roundStart(of block: BlockRecord, upTo last: Int64, _ sql: any SQL) throws -> Int64 {
    let row = try sql.first(
      """
      SELECT coalesce(max(window_last), 0) FROM blocks
        WHERE pool = ? AND hash <> ? AND window_last <= ? AND status NOT IN ('rejected', 'orphaned')
      """, .text(pool), .hash(block.hash), .integer(last))
    return try (row?.integer(0) ?? 0) + 1
  }

  private func store(_ computed: Computed, of block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws {
    let (split, key) = (computed.split, block.hash)
    try sql.insert(
      into: "block_works", ["block", "account", "algorithm", "work"], computed.works, conflict: nil
    ) { row, writer in
      writer.hash(key)
      writer.text(row.account)
      writer.text(row.algorithm.rawValue)
      writer.work(row.work)
    }
    let networks = computed.networks.sorted { $0.key.number < $1.key.number }
    try sql.insert(
      into: "block_networks", ["block", "algorithm", "network_work"], networks, conflict: nil
    ) { row, writer in
      writer.hash(key)
      writer.text(row.key.rawValue)
      writer.work(row.value)
    }
    let columns = ["block", "line", "account", "weight", "multiplier", "base", "bonus"]
    try sql.insert(into: "block_lines", columns, Array(split.lines.enumerated()), conflict: nil) { row, writer in
      writer.hash(key)
      writer.integer(Int64(row.offset))
      writer.text(row.element.account)
      writer.work(ShareWork(hashes: row.element.weight))
      writer.integer(Int64(row.element.multiplierBasisPoints))
      writer.integer(row.element.base.value)
      writer.integer(row.element.bonus.value)
    }
    let fill = computed.fill
    try sql.run(
      """
      UPDATE blocks SET scheme = ?, window_first = ?, window_last = ?, window_length = ?, window_measured = ?,
        bonus_pot = ?, remainder = ? WHERE hash = ?
      """, .text(split.scheme.rawValue), .integer(computed.window.first), .integer(computed.window.last),
      fill.map { .work(ShareWork(hashes: $0.length)) } ?? .null,
      fill.map { .work(ShareWork(hashes: $0.measured)) } ?? .null, .amount(split.bonusPot), .amount(split.remainder),
      .hash(key))
    guard let stored = try StoredSplit.read(key, pool: pool, sql) else { throw SettlementError.unknownBlock(key) }
    let record = try AuditLog.append(
      [AuditEntry(kind: StoredSplit.auditKind, body: stored.body, at: now)], sql)
    try sql.run("UPDATE blocks SET split_record = ? WHERE hash = ?", .integer(record), .hash(key))
  }
}

/// What became of a block's split.
public enum FreezeOutcome: Equatable, Sendable {
  case frozen
  case already
  /// Shares before the block are still in the journal.
  case waiting
  /// No node took the block: it has no money.
  case rejected
}
