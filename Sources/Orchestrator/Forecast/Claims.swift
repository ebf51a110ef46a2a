import Glibc

/// What pools claim to pay against what they credited.
///
/// A claim is an observation with a bias that nobody knows; credited work is the truth, with the luck of few blocks in
/// it. Each is averaged over its own memory, the claims of all pools are put on the scale of what was credited, and the
/// two are weighed by how far off each may be. What remains unknown is the estimate's doubt.
public struct Claims: Sendable {
  /// Standard deviation of the logarithm of a pool's bias, before anything is known of it.
  static let bias = 0.3
  /// Standard deviation of the logarithm of what a pool credits in one day, from luck alone.
  static let dailyLuck = 0.5
  /// Memory of the averages, days.
  static let claimMemory = 0.5
  static let creditMemory = 2.0
  static let secondsPerDay = 86_400.0
  public static let poolLimit = 1000

  public struct Estimate: Sendable, Equatable {
    public var revenue: Double
    /// Standard deviation of its logarithm.
    public var doubt: Double
  }

  private struct Average: Sendable {
    var sum = 0.0
    /// Days behind the sum, forgetting.
    var days = 0.0
    var value: Double? { days > 0 ? sum / days : nil }

    mutating func add(_ value: Double?, days more: Double, memory: Double) {
      let kept = exp(-more / memory)
      guard let value else { return }
      sum = sum * kept + value * more
      days = days * kept + more
    }
  }

  private struct Pool: Sendable {
    var claimed = Average()
    var credited = Average()
    var at: Double
  }

  private var pools: [String: Pool] = [:]

  public init() {}

  /// - Parameters:
  ///   - claim: what the pool says a hash earns now; `nil` or not above 0: it says nothing.
  ///   - credited: what a hash was credited over the last `window` seconds; `nil`: nothing was.
  public mutating func observe(
    _ name: String, claim: Double?, credited: Double?, window: Double, at seconds: Double
  ) {
    guard pools[name] != nil || pools.count < Self.poolLimit else { return }
    // The first sight of a window tells of all of it.
    var pool = pools[name] ?? Pool(at: seconds - window)
    let days = max(0, seconds - pool.at) / Self.secondsPerDay
    pool.at = max(pool.at, seconds)
    pool.claimed.add(claim.flatMap(Self.usable).map { log($0) }, days: days, memory: Self.claimMemory)
    pool.credited.add(credited.flatMap(Self.usable), days: days, memory: Self.creditMemory)
    pools[name] = pool
  }

  /// Of the pools that ever credited anything; a pool that only claims is not believed.
  public func estimates() -> [String: Estimate] {
    let known = pools.compactMapValues { pool in
      pool.credited.value.map { (credited: log($0), claimed: pool.claimed.value, days: pool.credited.days) }
    }
    let gaps = known.values.compactMap { pool in pool.claimed.map { pool.credited - $0 } }
    let commonBias = gaps.isEmpty ? 0 : gaps.reduce(0, +) / Double(gaps.count)
    return known.mapValues { pool in
      let creditWeight = pool.days / (Self.dailyLuck * Self.dailyLuck)
      let claimWeight = pool.claimed == nil ? 0 : 1 / (Self.bias * Self.bias)
      let claimed = (pool.claimed ?? 0) + commonBias
      let mean = (claimWeight * claimed + creditWeight * pool.credited) / (claimWeight + creditWeight)
      return Estimate(revenue: exp(mean), doubt: (1 / (claimWeight + creditWeight)).squareRoot())
    }
  }

  private static func usable(_ value: Double) -> Double? { value.isFinite && value > 0 ? value : nil }
}
