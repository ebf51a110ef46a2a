import Glibc

/// What pools claim to pay against what they credited.
///
/// A claim is an observation with a bias that nobody knows; credited work is the truth, with the luck of few blocks in
/// it. A pool's bias is learned from all that it credited against all that it claimed, starting from what the pools
/// have in common; its latest claims less that bias are what it is expected to pay. What is still unknown of the bias
/// is the estimate's doubt.
public struct Claims: Sendable {
  /// Standard deviation of the logarithm of a pool's bias, before anything is known of it.
  static let bias = 0.3
  /// Standard deviation of the logarithm of what a pool credits in one day, from luck alone.
  static let dailyLuck = 0.5
  /// What counts as latest, and how long a bias is remembered, days.
  static let claimMemory = 0.5
  static let biasMemory = 30.0
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
    var latest = Average()
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
    let logarithm = claim.flatMap(Self.usable).map { log($0) }
    pool.latest.add(logarithm, days: days, memory: Self.claimMemory)
    pool.claimed.add(logarithm, days: days, memory: Self.biasMemory)
    pool.credited.add(credited.flatMap(Self.usable), days: days, memory: Self.biasMemory)
    pools[name] = pool
  }

  /// Of the pools that ever credited anything; a pool that only claims is not believed.
  public func estimates() -> [String: Estimate] {
    let biases = pools.compactMapValues { pool -> Double? in
      guard let credited = pool.credited.value, let claimed = pool.claimed.value else { return nil }
      return log(credited) - claimed
    }
    let common = biases.isEmpty ? 0 : biases.values.reduce(0, +) / Double(biases.count)
    let assumed = 1 / (Self.bias * Self.bias)
    return pools.compactMapValues { pool in
      guard let credited = pool.credited.value else { return nil }
      let learned = pool.credited.days / (Self.dailyLuck * Self.dailyLuck)
      guard let latest = pool.latest.value, let claimed = pool.claimed.value else {
        return Estimate(revenue: credited, doubt: (1 / learned).squareRoot())
      }
      let bias = (assumed * common + learned * (log(credited) - claimed)) / (assumed + learned)
      return Estimate(revenue: exp(latest + bias), doubt: (1 / (assumed + learned)).squareRoot())
    }
  }

  private static func usable(_ value: Double) -> Double? { value.isFinite && value > 0 ? value : nil }
}
