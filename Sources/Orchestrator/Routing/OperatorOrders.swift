/// What an operator has ordered about deciding itself, until it is taken back.
public struct OperatorOrders: Sendable, Equatable {
  /// Instead of the policy's own mode.
  public var mode: Policy.Mode?
  /// Nothing is moved but what has lost its source.
  public var isPaused = false

  public init() {}

  func applied(to policy: Policy) -> Policy {
    var policy = policy
    if let mode { policy.mode = mode }
    return policy
  }
}

extension Policy {
  /// Whether miners' levels and bonuses can change anything.
  public var asksForLevels: Bool {
    mode.isByGroup && decision.consciousnessWeight > 0 || pins.contains { $0.who.level != nil }
  }
}

extension Policy.Mode {
  /// Whether each group of miners goes to one source, chosen by revenue.
  var isByGroup: Bool {
    switch self {
    case .optimizeProfit, .maximizeStability, .adaptiveLearning: true
    case .failover, .split, .balanceLoad, .geographicDistribution: false
    }
  }

  /// Whether what sources earn plays a part.
  var isByRevenue: Bool { isByGroup || self == .balanceLoad || self == .geographicDistribution }
}
