/// What violations of a connection weigh, and when they are too many.
///
/// A score falls by half in each half-life, and with every accepted share. The threshold is 100 points for all of them,
/// so a weight of 10 means: the tenth at once, or the eleventh within five minutes.
public struct ConductRules: Sendable, Equatable {
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

  /// At so many points a connection is ended.
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

  /// What an accepted share takes off the score.
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

  public init() {}

  /// What is left of the points of a violation.
  public func left(of points: Double, _ violation: Violation, after seconds: Double) -> Double {
    points * (weights[violation].map { Decay.factor(after: seconds, halfLife: $0.halfLife) } ?? 1)
  }
}
