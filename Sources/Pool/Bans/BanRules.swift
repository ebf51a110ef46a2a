import Stratum

/// What violations weigh, when they are too many, and what follows.
///
/// A connection's score falls by half in each half-life, and with every accepted share. The threshold is 100 points for
/// all of them, so a weight of 10 means: the tenth at once, or the eleventh within five minutes.
public struct BanRules: Sendable, Equatable {
  public struct Weight: Sendable, Equatable {
    /// Points of one violation.
    public var points: Double
    /// Seconds.
    public var halfLife: Double

    public init(points: Double, halfLife: Double) {
      self.points = points
      self.halfLife = halfLife
    }
  }

  public static let threshold = 100.0

  public var weights: [Violation: Weight] = [
    .invalidShare: Weight(points: 10, halfLife: 1500),
    .duplicateShare: Weight(points: 5, halfLife: 1500),
    .malformedLine: Weight(points: 20, halfLife: 600),
    .protocolOrder: Weight(points: 20, halfLife: 600),
    // Fifty-one at once, or 35 a minute for long.
    .fruitlessConnection: Weight(points: 2, halfLife: 60),
    .authorizationFailure: Weight(points: 10, halfLife: 600),
    .extranonceAbuse: Weight(points: 20, halfLife: 600),
    .verificationCost: Weight(points: 25, halfLife: 1500),
    .apiAbuse: Weight(points: 1, halfLife: 600),
  ]

  /// What an accepted share takes off a connection's score.
  ///
  /// With 10 points for an invalid share the score is that of a sequential test between a miner of whose shares 1 in
  /// 100 is invalid and one of whose shares every second is: an invalid share weighs ln(0.5 ÷ 0.01), a good one
  /// ln(0.5 ÷ 0.99). By Wald's bound an honest miner comes to the threshold with a chance below e^-39 a share.
  ///
  /// Source: E. S. Page, "Continuous Inspection Schemes", 1954; A. Wald, "Sequential Analysis", 1947.
  public var creditOfShare = 10 * 0.683_096_844_706_444 / 3.912_023_005_428_146

  /// At so many points the miner is told why, and sent its work again.
  public var warning = 50.0
  /// At so many it is not read for a while.
  public var slowing = 75.0

  /// Violations of shares that are forgiven: after connecting, and after a move that was ours.
  public var grace = 10
  /// For so long, seconds.
  public var graceSeconds = 30.0

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
