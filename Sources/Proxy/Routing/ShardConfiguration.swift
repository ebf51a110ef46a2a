import Orchestrator
import Stratum

/// Where the difficulty of an algorithm's sessions begins, and between what it may move.
public struct DifficultyPlan: Sendable, Equatable {
  public var vardiff: Vardiff.Settings
  /// Of a miner that is not known yet.
  public var start: Difficulty

  public init(vardiff: Vardiff.Settings, start: Difficulty) {
    self.vardiff = vardiff
    self.start = start
  }
}

/// What every shard of a proxy agrees on.
public struct ShardConfiguration: Sendable {
  /// Of connections that do not say otherwise.
  public var algorithm: Algorithm
  /// An algorithm that is not in here has its own defaults, and the listener's time between shares.
  public var difficulties: [Algorithm: DifficultyPlan]
  /// Shares of the block before count this long after a new one.
  public var staleGraceSeconds: Double
  /// Connections of one shard at most; the next is told so and closed.
  public var maximumConnections: Int
  /// Closed when no share was accepted for so long after connecting.
  public var firstShareSeconds = 3600.0
  /// What breaks the rules, and when it is too much.
  public var conduct = ConductRules()
  /// `false`: nobody is warned, slowed or disconnected for conduct.
  public var judgesConduct = true
  public var accept = AcceptRules()
  public var shedding = SheddingRules()
  /// Where miners are and what they are.
  public var minerRules = MinerRules()
  /// How connections begin.
  public var door = DoorSettings()

  /// `vardiff` and `startDifficulty` are those of `algorithm`.
  public init(
    algorithm: Algorithm, vardiff: Vardiff.Settings, startDifficulty: Difficulty? = nil,
    others: [Algorithm: DifficultyPlan] = [:], staleGraceSeconds: Double = 2, maximumConnections: Int = 10_000
  ) {
    self.algorithm = algorithm
    difficulties = others
    difficulties[algorithm] = DifficultyPlan(vardiff: vardiff, start: startDifficulty ?? algorithm.startDifficulty)
    self.staleGraceSeconds = staleGraceSeconds
    self.maximumConnections = maximumConnections
  }

  /// With what stays as long as the process does.
  func keeping(_ old: ShardConfiguration) -> ShardConfiguration {
    var new = self
    new.algorithm = old.algorithm
    new.staleGraceSeconds = old.staleGraceSeconds
    new.door = old.door
    return new
  }

  public func difficulty(for algorithm: Algorithm) -> DifficultyPlan {
    if let plan = difficulties[algorithm] { return plan }
    let bounds = algorithm.difficultyBounds
    let target = difficulties[self.algorithm]?.vardiff.targetSeconds ?? 15
    return DifficultyPlan(
      vardiff: Vardiff.Settings(targetSeconds: target, minimum: bounds.lowerBound, maximum: bounds.upperBound),
      start: algorithm.startDifficulty)
  }
}

/// What checking a miner's name came to.
public enum NameCheck: Sendable {
  /// With the algorithm that the name asked for, if it did.
  case accepted(MinerIdentity, Algorithm?)
  /// In words for the miner: what was expected.
  case refused(String)
}

/// Checks `ADDRESS.worker`. The answer may take a node's time.
public protocol NameChecking: Sendable {
  /// At once where that is possible, else `nil` and the slow way is taken.
  func checkNow(_ user: String) -> NameCheck?
  func check(_ user: String) async -> NameCheck
}
