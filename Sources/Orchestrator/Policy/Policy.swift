/// How miners are spread over sources, as an operator writes it in `policies/`.
public struct Policy: Sendable, Equatable {
  public enum Mode: String, Sendable, CaseIterable {
    /// Everyone mines the first source of `order` that can take them.
    case failover
    /// Measured work is divided in the proportions of `weights`.
    case split
    /// Everyone mines where a hash is expected to earn most over the time that a move lasts.
    case optimizeProfit = "optimize_profit"
    /// Work is divided evenly, or as `weights` say, over the sources that earn within `balanceTolerance` of the best.
    case balanceLoad = "balance_load"
    /// The source that serves most reliably; revenue decides between equals.
    case maximizeStability = "maximize_stability"
    /// Work is divided over regions as `regions` say; within a region, as `optimize_profit` does.
    case geographicDistribution = "geographic_distribution"
    /// Several policies run in shadow, weighted by what they would have earned; the work follows the weights' best.
    case adaptiveLearning = "adaptive_learning"
  }

  public var name: String
  public var mode: Mode
  /// Best first. Empty: upstreams as configured, then the local pool. Sources that are not named here are used only
  /// when none of those is ready, and after `fallback`.
  public var order: [String]
  /// Proportions, in any unit: 70 and 30 say the same as 7 and 3. Only in a split.
  public var weights: [String: Double]
  /// Where everyone goes when no source of `order` (or `weights`) is ready; `nil` is the local pool.
  public var fallback: String?
  /// A miner is not moved again sooner, unless its source is lost or an operator says so.
  public var minDwellSeconds: Double
  /// A source that was lost is trusted again when it has been ready for so long without a break.
  public var failbackAfterSeconds: Double
  /// A split is left alone while every source is this close to its share of the work; 0.03 is three percent of all.
  public var deadband: Double
  /// How revenue decides, in the modes where it does.
  public var decision = DecisionOptions()
  /// Where `decision` and `minDwellSeconds` come from, but for what the policy says otherwise.
  public var preset: PolicyPreset?
  /// Only sources that one of these means are used. Empty: all.
  public var allow: [PolicySelector] = []
  /// Sources that one of these means are never used, allowed or not.
  public var deny: [PolicySelector] = []
  /// Miners with a place of their own; the first that means a miner holds.
  public var pins: [PolicyPin] = []
  /// In `geographic_distribution`: the proportions of regions, in any unit. Regions that are not named get nothing
  /// while one that is named can take miners.
  public var regions: [String: Double] = [:]
  /// In `adaptive_learning`: the names of the policies and presets that compete. Empty: all presets.
  public var candidates: [String] = []
  /// The policies that `candidates` name, in their order.
  public var candidatePolicies: [Policy] = []
  /// What to do when something measured is out of bounds.
  public var rules: [PolicyRule] = []
  /// What is different at certain hours. Where several hold, the last has the last word.
  public var schedules: [PolicySchedule] = []

  public init(
    name: String = "default", mode: Mode = .failover, order: [String] = [], weights: [String: Double] = [:],
    fallback: String? = nil, minDwellSeconds: Double = 60, failbackAfterSeconds: Double = 120, deadband: Double = 0.03,
    decision: DecisionOptions = DecisionOptions()
  ) {
    self.name = name
    self.mode = mode
    self.order = order
    self.weights = weights
    self.fallback = fallback
    self.minDwellSeconds = minDwellSeconds
    self.failbackAfterSeconds = failbackAfterSeconds
    self.deadband = deadband
    self.decision = decision
  }
}

extension Policy {
  /// The sources of one algorithm, best first: the policy's own, its fallback, then whatever else there is.
  func ranked(_ sources: [SourceSnapshot]) -> [SourceSnapshot] {
    let usual = sources.filter { $0.kind == .upstream } + sources.filter { $0.kind == .local }
    let named =
      switch mode {
      case .failover: order
      default:
        weights.filter { $0.value > 0 }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
      }
    guard !named.isEmpty else { return usual }
    var ranked: [SourceSnapshot] = []
    let last = fallback.map { [$0] } ?? usual.filter { $0.kind == .local }.map(\.name)
    for name in named + last + usual.map(\.name) {
      guard let source = usual.first(where: { $0.isCalled(name) }) else { continue }
      if !ranked.contains(where: { $0.name == source.name }) { ranked.append(source) }
    }
    return ranked
  }

  /// A source's own weight, else that of its pool.
  func weight(of source: SourceSnapshot) -> Double? { weights[source.name] ?? weights[source.pool] }
}
