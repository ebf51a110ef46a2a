/// Lets so many through a second, and counts what it leaves out.
public struct RateSampler: Sendable {
  private let perSecond: Double
  private let burst: Double
  private var tokens: Double
  private var last: MonotonicTime?
  private var omitted = 0

  public init(perSecond: Double, burst: Double) {
    self.perSecond = perSecond
    self.burst = max(1, burst)
    tokens = self.burst
  }

  /// How many were left out since the last that was let through; `nil`: this one is left out too.
  public mutating func take(at now: MonotonicTime) -> Int? {
    if let last { tokens = min(burst, tokens + now.seconds(since: last) * perSecond) }
    last = now
    guard tokens >= 1 else {
      omitted += 1
      return nil
    }
    tokens -= 1
    defer { omitted = 0 }
    return omitted
  }
}
