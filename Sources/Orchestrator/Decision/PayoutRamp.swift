/// How far a PPLNS window is filled with a group's own work, and so what a move to its pool costs.
///
/// A block pays the shares of the window before it: of W seconds, seen as time. Who comes new earns nothing at first and
/// all of it after W. What an earlier stay left in the window pays on until it has moved out, at the pool that is left
/// too: leaving costs nothing. With t seconds since the move, and an earlier stay of L seconds that ended g ago,
///
///     filled(t) = (t + min(L, max(0, W − g − t))) ÷ W        for t ≤ W, and 1 after it
///     loss(T)   = ∫ (1 − filled(t)) dt from 0 to min(T, W)   seconds of mining
///
/// so that a pool which was never mined at costs W ÷ 2 of a stay of W or more, and T − T² ÷ 2W of a shorter one. What
/// the window pays after the stay is not counted: that is a promise, and the next pool's ramp is not counted either.
public struct PayoutRamp: Sendable, Equatable {
  /// W, above 0.
  public var windowSeconds: Double
  /// L, at most W; 0 when there was none that the window still holds.
  public var staySeconds: Double
  /// g.
  public var sinceStaySeconds: Double

  public init(windowSeconds: Double, staySeconds: Double = 0, sinceStaySeconds: Double = 0) {
    self.windowSeconds = windowSeconds
    self.staySeconds = min(max(0, staySeconds), windowSeconds)
    self.sinceStaySeconds = max(0, sinceStaySeconds)
  }

  /// Seconds of mining, 0 to W ÷ 2 for a new pool.
  ///
  /// - Parameter dwell: T, seconds, 0 or more.
  public func loss(over dwell: Double) -> Double {
    let end = min(max(0, dwell), windowSeconds)
    let fresh = end - end * end / (2 * windowSeconds)
    // The earlier stay is in the window as a whole until `whole`, and gone at `gone`.
    let gone = max(0, windowSeconds - sinceStaySeconds)
    let whole = max(0, gone - staySeconds)
    let middle = min(end, whole)
    let last = max(middle, min(end, gone))
    let kept = min(staySeconds, gone) * middle + gone * (last - middle) - (last * last - middle * middle) / 2
    return max(0, fresh - kept / windowSeconds)
  }

  /// What a move costs in all, and the part of it that is the ramp: the longer a stay is expected to last, the more of
  /// the ramp falls into it, and the more a move costs, the longer it is expected to last. From the whole ramp downwards
  /// to where both agree.
  ///
  /// - Parameters:
  ///   - cost: of a move without it, seconds of mining.
  ///   - dwell: how long a move of a certain cost is expected to last, both in seconds.
  func cost(above cost: Double, dwell: (Double) -> Double) -> (total: Double, ramp: Double) {
    var ramp = loss(over: windowSeconds)
    for _ in 0..<Self.rounds {
      let next = min(ramp, loss(over: dwell(cost + ramp)))
      let isSettled = ramp - next < 0.001
      ramp = next
      if isSettled { break }
    }
    return (cost + ramp, ramp)
  }

  private static let rounds = 100
}
