/// Work per second, weighted towards the present: what is `halfLife` old counts half.
///
/// Corrected for the time before it started, so the first minutes are not read as idle.
public struct HashrateMeter: Sendable, Codable {
  /// 83 s gives a mean age of two minutes.
  public static let halfLifeSeconds = 83.0

  private var decayedHashes = 0.0
  private var last: MonotonicTime
  private var started: MonotonicTime

  public init(at now: MonotonicTime) {
    last = now
    started = now
  }

  public mutating func add(_ work: ShareWork, at now: MonotonicTime) {
    decayedHashes = decayedHashes * Self.decay(over: now.seconds(since: last)) + work.approximate
    last = max(last, now)
  }

  /// The estimate at `now`; zero before anything was added.
  public func rate(at now: MonotonicTime) -> Hashrate {
    let age = max(now.seconds(since: started), 1)
    // ∫ of the weights since the start: halfLife ÷ ln 2 × (1 − 2^(−age ÷ halfLife)).
    let weight = Self.halfLifeSeconds / 0.693_147_180_559_945_3 * (1 - Self.decay(over: age))
    return Hashrate(decayedHashes * Self.decay(over: now.seconds(since: last)) / weight)
  }

  static func decay(over seconds: Double) -> Double { Decay.factor(after: seconds, halfLife: halfLifeSeconds) }
}
