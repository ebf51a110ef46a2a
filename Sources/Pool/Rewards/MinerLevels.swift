import Stratum

/// What the settlement of blocks needs to know of levels, and tells them. All of it happens within the transaction that
/// moves the money.
public protocol MinerLevels: Sendable {
  /// In basis points, at this moment. Who is not named has 10,000.
  func multipliers(of accounts: [String], _ sql: any SQL) throws -> [String: UInt32]
  /// A block's money was booked: it is mature.
  func booked(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws
  /// The chain took the block back.
  func reversed(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws
}

extension MinerLevels {
  public func booked(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws {}
  public func reversed(_ block: BlockRecord, at now: UnixTime, _ sql: any SQL) throws {}
}

/// Everybody is alike.
public struct NoLevels: MinerLevels {
  public init() {}
  public func multipliers(of accounts: [String], _ sql: any SQL) throws -> [String: UInt32] { [:] }
}
