import Stratum

/// What pools say that a hash earns there, held against what their jobs say: an observation with a bias that is learned.
public struct ClaimBook: Sendable {
  private struct Line: Sendable {
    var coinsPerHash: Double?
    var at: MonotonicTime
    var ratio = ForgettingMean(halfLifeSeconds: 86_400)
    var isNew = false
  }

  private var lines: [String: Line] = [:]

  public init() {}

  /// - Parameter coinsPerHash: `nil` when the pool did not say.
  public mutating func heard(_ coinsPerHash: Double?, from pool: String, at now: MonotonicTime) {
    guard let claim = coinsPerHash, claim.isFinite, claim > 0 else { return }
    var line = lines[pool] ?? Line(at: now)
    (line.coinsPerHash, line.at, line.isNew) = (claim, now, true)
    lines[pool] = line
  }

  /// Compares each claim once with what the jobs said at that time.
  public mutating func observe(_ sources: [SourceSnapshot], at now: MonotonicTime) {
    for source in sources {
      guard var line = lines[source.pool], line.isNew, let claim = line.coinsPerHash,
        let own = source.economics?.coinsPerHash, own > 0
      else { continue }
      line.isNew = false
      line.ratio.add(claim / own, at: now)
      lines[source.pool] = line
    }
  }

  /// A claim older than an hour is not shown.
  public func fill(_ source: inout SourceSnapshot, at now: MonotonicTime) {
    guard let line = lines[source.pool] else { return }
    if now.seconds(since: line.at) < 3_600 { source.economics?.claimedCoinsPerHash = line.coinsPerHash }
    source.economics?.claimRatio = line.ratio.value
  }
}
