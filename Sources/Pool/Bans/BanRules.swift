import Orchestrator
import Stratum

/// What a score of one connection, or of all at an address, leads to.
public struct BanRules: Sendable, Equatable {
  public var conduct = ConductRules()

  /// Disconnections for a score, within an hour, that ban.
  public var strikes = 3
  /// The first ban of a subject, seconds; each further one is four times as long.
  public var firstBan: Int64 = 3600
  /// No ban of ours is longer: a year.
  public var longestBan: Int64 = 365 * 86_400
  /// So long after a ban it lengthens the next no more, seconds.
  public var memory: Int64 = 30 * 86_400
  /// So many banned addresses in one network, at the same time, ban it.
  public var addressesOfNetwork = 8
  /// An address with an accepted share within so many seconds has good miners and is not banned as a whole.
  public var goodSeconds = 600.0

  /// Addresses that are remembered; beyond, the one that was quiet for longest is forgotten.
  public var addressLimit = 100_000

  /// Never scored, never banned.
  public var allowed: [NetworkRange] = []

  public init() {}

  /// Of the ban after `earlier` ones, seconds.
  public func length(after earlier: Int) -> Int64 {
    var length = firstBan
    for _ in 0..<max(0, min(earlier, 64)) where length < longestBan { length = min(length * 4, longestBan) }
    return min(length, longestBan)
  }
}
