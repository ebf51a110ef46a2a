import Stratum

/// How likely an event is, from counts that are forgotten with time: a Beta posterior.
///
/// Before any count it expects `priorMean`, as if that had been seen `priorWeight` times.
public struct RatioPosterior: Sendable, Equatable {
  private let priorMean: Double
  private let priorWeight: Double
  private let halfLifeSeconds: Double
  private var hits = 0.0
  private var trials = 0.0
  private var at: MonotonicTime?

  /// - Parameters:
  ///   - priorMean: 0 to 1.
  ///   - halfLifeSeconds: after which a count weighs half.
  public init(priorMean: Double = 0.005, priorWeight: Double = 20, halfLifeSeconds: Double = 900) {
    self.priorMean = min(max(priorMean, 0), 1)
    self.priorWeight = max(priorWeight, 0.001)
    self.halfLifeSeconds = max(halfLifeSeconds, 1)
  }

  /// - Parameter hits: of `trials`; at most as many.
  public mutating func count(hits: Int, trials: Int, at now: MonotonicTime) {
    let kept = at.map { Forgetting.factor(seconds: now.seconds(since: $0), halfLife: halfLifeSeconds) } ?? 1
    let trials = max(0, trials)
    self.hits = self.hits * kept + Double(max(0, min(hits, trials)))
    self.trials = self.trials * kept + Double(trials)
    at = now
  }

  /// Expected ratio.
  public var mean: Double { (hits + priorMean * priorWeight) / (trials + priorWeight) }

  /// Of the ratio; with few trials it is wide.
  public var standardDeviation: Double {
    let whole = trials + priorWeight
    return (mean * (1 - mean) / (whole + 1)).squareRoot()
  }

  /// Counts that are not forgotten yet.
  public var weight: Double { trials }
}

/// Exponential forgetting without a library of transcendental functions.
enum Forgetting {
  /// (1/2)^(seconds ÷ halfLife), 0 to 1; exact at whole half-lives, within 0.01 % between them.
  static func factor(seconds: Double, halfLife: Double) -> Double {
    guard seconds > 0, halfLife > 0 else { return 1 }
    let lives = seconds / halfLife
    guard lives < 60 else { return 0 }
    let whole = lives.rounded(.down)
    let part = (lives - whole) * 0.693_147_180_559_945
    // e^-x for 0 ≤ x < ln 2.
    let rest = 1 / (1 + part * (1 + part / 2 * (1 + part / 3 * (1 + part / 4 * (1 + part / 5)))))
    return (0..<Int(whole)).reduce(rest) { value, _ in value / 2 }
  }
}

/// A mean of samples that are forgotten with time, drawn towards a first guess while there are few.
public struct ForgettingMean: Sendable, Equatable {
  private let prior: Double
  private let priorWeight: Double
  private let halfLifeSeconds: Double
  private var sum = 0.0
  private var weight = 0.0
  private var at: MonotonicTime?

  public init(prior: Double = 0, priorWeight: Double = 0, halfLifeSeconds: Double) {
    self.prior = prior
    self.priorWeight = max(0, priorWeight)
    self.halfLifeSeconds = max(1, halfLifeSeconds)
  }

  public mutating func add(_ sample: Double, at now: MonotonicTime) {
    guard sample.isFinite else { return }
    let kept = at.map { Forgetting.factor(seconds: now.seconds(since: $0), halfLife: halfLifeSeconds) } ?? 1
    sum = sum * kept + sample
    weight = weight * kept + 1
    at = now
  }

  /// `nil` without a sample and without a prior.
  public var value: Double? {
    let whole = weight + priorWeight
    return whole > 0 ? (sum + prior * priorWeight) / whole : nil
  }

  public var hasSamples: Bool { weight > 0 }
}
