/// What a policy says of decisions by revenue: the modes `optimize_profit`, `balance_load`, `maximize_stability`,
/// `geographic_distribution` and `adaptive_learning`.
public struct DecisionOptions: Sendable, Equatable {
  /// A move must be expected to earn this much more over the time that it lasts, beside its own cost: 0.02 is two
  /// percent. `nil`: 2.5 %. What the fluctuation of revenue asks for is learned, and comes on top in any case.
  public var minimumGain: Double?
  /// A source whose risk is above this is not moved to, 0 to 1.
  public var maximumRisk: Double
  /// How many standard deviations of a forecast are taken off it, 0 to 5.
  public var riskAversion: Double
  /// Mining lost by a move, seconds. `nil`: as measured.
  public var switchCostSeconds: Double?
  /// More moves than this of one group within an hour are not made, unless its source is lost.
  public var maximumMovesPerHour: Int
  /// A group is not moved again sooner than this, seconds, unless its source is lost.
  public var minimumDwellSeconds: Double
  /// Part of the hashrate that keeps estimates of unused sources alive, 0 to 0.1.
  public var probeShare: Double
  /// How much of a miner's expected consciousness bonus at the local pool counts, 0 to 1.
  public var consciousnessWeight: Double
  /// A value of lower confidence moves nobody, 0 to 1.
  public var minimumConfidence: Double
  /// In `balance_load`: sources that earn this close to the best take part.
  public var balanceTolerance: Double

  public init(
    minimumGain: Double? = nil, maximumRisk: Double = 0.3, riskAversion: Double = 0.5,
    switchCostSeconds: Double? = nil, maximumMovesPerHour: Int = 6, probeShare: Double = 0,
    consciousnessWeight: Double = 1, minimumConfidence: Double = 0.5, balanceTolerance: Double = 0.03,
    minimumDwellSeconds: Double = 0
  ) {
    self.minimumGain = minimumGain
    self.maximumRisk = maximumRisk
    self.riskAversion = riskAversion
    self.switchCostSeconds = switchCostSeconds
    self.maximumMovesPerHour = maximumMovesPerHour
    self.probeShare = probeShare
    self.consciousnessWeight = consciousnessWeight
    self.minimumConfidence = minimumConfidence
    self.balanceTolerance = balanceTolerance
    self.minimumDwellSeconds = minimumDwellSeconds
  }
}
