import Stratum

/// What verifier threads have to do and how they fare.
public struct VerifierSnapshot: Sendable, Equatable {
  public struct Line: Sendable, Equatable {
    public var verified: Int
    /// KawPow shares whose mix hash was not what their nonce gives.
    public var wrong: Int
    public var verifySecondsTotal: Double
    /// Over the latest few hundred; `nil` before the first.
    public var waitSecondsP50: Double?
    public var waitSecondsP99: Double?
    public var verifySecondsP50: Double?
    public var verifySecondsP99: Double?

    public init(
      verified: Int, wrong: Int, verifySecondsTotal: Double, waitSecondsP50: Double?, waitSecondsP99: Double?,
      verifySecondsP50: Double?, verifySecondsP99: Double?
    ) {
      self.verified = verified
      self.wrong = wrong
      self.verifySecondsTotal = verifySecondsTotal
      self.waitSecondsP50 = waitSecondsP50
      self.waitSecondsP99 = waitSecondsP99
      self.verifySecondsP50 = verifySecondsP50
      self.verifySecondsP99 = verifySecondsP99
    }
  }

  /// Shares that wait, those for a cache included.
  public var waiting: Int
  /// What they will take of one core.
  public var waitingSeconds: Double
  public var algorithms: [Algorithm: Line]

  public init(waiting: Int = 0, waitingSeconds: Double = 0, algorithms: [Algorithm: Line] = [:]) {
    self.waiting = waiting
    self.waitingSeconds = waitingSeconds
    self.algorithms = algorithms
  }
}
