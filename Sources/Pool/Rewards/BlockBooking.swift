import Stratum

/// Moves a block's money as the chain says, within one transaction: it is in the ledger exactly while the block is
/// mature.
///
/// Every booking and every reversal is a generation of its own, which is part of its transfers' ids.
struct BlockBooking {
  let pool: String
  let levels: any MinerLevels

  func run(_ hash: Hash256, at now: UnixTime, _ sql: any SQL) throws -> BookingOutcome {
    guard let split = try StoredSplit.read(hash, pool: pool, sql) else { return .nothing }
    switch (split.isBooked, split.block.state == .mature) {
    case (false, true): return try book(split, at: now, sql)
    case (true, false): return try reverse(split, at: now, sql)
    default: return .nothing
    }
  }

  private func book(_ split: StoredSplit, at now: UnixTime, _ sql: any SQL) throws -> BookingOutcome {
    try check(split, sql)
    let generation = try advance(split, sql)
    try Ledger.post(Self.transfers(of: split, generation: generation, at: now), sql)
    try levels.booked(split.block, at: now, sql)
    return .booked(generation: generation)
  }

  /// The exact inverse of the last booking, from what was posted.
  private func reverse(_ split: StoredSplit, at now: UnixTime, _ sql: any SQL) throws -> BookingOutcome {
    let prefix = Self.prefix(split.block.hash, split.bookings)
    let posted = try Ledger.transfers(of: split.block.hash.displayHex, sql).filter { $0.id.hasPrefix(prefix) }
    let generation = try advance(split, sql)
    let inverse = posted.reversed().enumerated().map { index, transfer in
      Transfer(
        id: "\(Self.prefix(split.block.hash, generation))\(index)", debit: transfer.credit, credit: transfer.debit,
        amount: transfer.amount, kind: .reversal, reference: transfer.reference, at: now)
    }
    try Ledger.post(inverse, sql)
    try levels.reversed(split.block, at: now, sql)
    return .reversed(generation: generation)
  }

  /// Nobody else has moved it since it was read: the next generation is ours.
  private func advance(_ split: StoredSplit, _ sql: any SQL) throws -> Int64 {
    let changed = try sql.run(
      "UPDATE blocks SET bookings = bookings + 1 WHERE hash = ? AND bookings = ?", .hash(split.block.hash),
      .integer(split.bookings)
    ).changed
    guard changed == 1 else { throw StoreError.unavailable("a block was booked by somebody else meanwhile") }
    return split.bookings + 1
  }

  private func check(_ split: StoredSplit, _ sql: any SQL) throws {
    let record = split.record ?? 0
    let recorded = try sql.first("SELECT body FROM audit WHERE sequence = ?", .integer(record))?.text(0)
    guard recorded == split.body.text else { throw SettlementError.splitChanged(split.block.hash, record: record) }
    let bases = try split.lines.reduce(AtomicUnits.zero) { try $0.adding($1.base) }
    let whole = try bases.adding(split.remainder).adding(split.reserve)
    guard whole == split.block.reward else {
      throw SettlementError.notConserved(split.block.hash, lines: whole, reward: split.block.reward)
    }
  }

  private static func prefix(_ hash: Hash256, _ generation: Int64) -> String {
    "block:\(hash.displayHex):\(generation):"
  }

  /// What comes in stands before what goes out.
  static func transfers(of split: StoredSplit, generation: Int64, at now: UnixTime) -> [Transfer] {
    let (hash, prefix) = (split.block.hash, prefix(split.block.hash, generation))
    var transfers: [Transfer] = []
    func add(_ id: String, _ debit: Account, _ credit: Account, _ amount: AtomicUnits, _ kind: Transfer.Kind) {
      guard amount > .zero else { return }
      transfers.append(
        Transfer(
          id: prefix + id, debit: debit, credit: credit, amount: amount, kind: kind, reference: hash.displayHex,
          at: now))
    }
    // With SOLO the coinbase has paid the finder, and the wallet holds nothing of it.
    if split.scheme != .solo {
      add("reward", .wallet, .reward(hash), split.block.reward, .reward)
      for (index, line) in split.lines.enumerated() {
        add("base:\(index)", .reward(hash), .miner(line.account), line.base, .base)
      }
      add("remainder", .reward(hash), .remainder, split.remainder, .remainder)
      add("reserve", .reward(hash), .reserve, split.reserve, .reserve)
    }
    for (index, line) in split.lines.enumerated() {
      add("bonus:\(index)", .bonusFund, .miner(line.account), line.bonus, .bonus)
    }
    for (index, fee) in split.block.fees.enumerated() {
      add("fee:\(index)", .coinbase, .fee(fee.account), fee.amount, .fee)
    }
    return transfers
  }
}

/// What a look at a block changed in the ledger.
public enum BookingOutcome: Equatable, Sendable {
  case booked(generation: Int64)
  case reversed(generation: Int64)
  case nothing
}
