import Stratum

/// The levels as the settlement of blocks asks for them, all within the transaction that moves the money.
public struct ConsciousnessLevels: MinerLevels {
  public init() {}

  /// As `ConsciousnessStore.multipliers(of:)`.
  public func multipliers(of accounts: [String], _ sql: any SQL) throws -> [String: UInt32] {
    try ConsciousnessStore.multipliers(of: accounts, sql)
  }

  /// A block of this finder became mature: its experience counts from now on.
  public func booked(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws {
    _ = try ProfileTable.update([block.finder.account], at: now, sql)
  }

  /// The chain took the block back, and its experience with it.
  public func reversed(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws {
    _ = try ProfileTable.update([block.finder.account], at: now, sql)
  }
}
