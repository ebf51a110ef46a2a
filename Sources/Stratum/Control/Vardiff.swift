/// Chooses a session's difficulty so that a share comes about every `targetSeconds`.
///
/// Fed with accepted work, asked on shares and on ticks. It acts on a decayed rate of *work*, so a change of
/// difficulty does not disturb the estimate, and after twelve shares or a minute at the earliest.
public struct Vardiff: Sendable, Codable {
  public struct Settings: Sendable, Equatable, Codable {
    /// Wanted seconds from share to share.
    public var targetSeconds: Double
    public var minimum: Difficulty
    public var maximum: Difficulty

    public init(targetSeconds: Double = 15, minimum: Difficulty, maximum: Difficulty) {
      self.targetSeconds = targetSeconds
      self.minimum = minimum
      self.maximum = maximum
    }

    public func clamp(_ difficulty: Difficulty) -> Difficulty { max(minimum, min(maximum, difficulty)) }
  }

  /// No step is larger, up or down: a burst of lucky or forged shares cannot throw the difficulty away.
  public static let largestStep = 4.0
  /// Inside this band around the ideal nothing changes: noise of a dozen shares is not a trend.
  public static let deadBand = 0.6...1.67
  static let sharesToAct = 12
  static let secondsToAct = 60.0

  public private(set) var meter: HashrateMeter
  private var sharesSinceChange = 0
  private var changed: MonotonicTime

  public init(at now: MonotonicTime) {
    meter = HashrateMeter(at: now)
    changed = now
  }

  public mutating func accepted(_ work: ShareWork, at now: MonotonicTime) {
    meter.add(work, at: now)
    sharesSinceChange += 1
  }

  /// The difficulty to go to, or `nil` to stay. The caller tells `applied` when it takes effect.
  public func proposal(
    from current: Difficulty, algorithm: Algorithm, settings: Settings, at now: MonotonicTime
  ) -> Difficulty? {
    guard sharesSinceChange >= Self.sharesToAct || now.seconds(since: changed) >= Self.secondsToAct else { return nil }
    let hashesPerDifficulty = ShareWork(of: algorithm.difficultyOneTarget).approximate
    let ideal = meter.rate(at: now).hashesPerSecond * settings.targetSeconds / hashesPerDifficulty
    let ratio = ideal / current.value
    guard !Self.deadBand.contains(ratio) else { return nil }
    let step = max(1 / Self.largestStep, min(Self.largestStep, ratio))
    let proposed = settings.clamp(Difficulty(clamping: current.value * step).snapped)
    return proposed == current ? nil : proposed
  }

  public mutating func applied(at now: MonotonicTime) {
    sharesSinceChange = 0
    changed = now
  }
}
