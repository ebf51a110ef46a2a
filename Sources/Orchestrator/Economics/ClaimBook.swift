import Stratum

/// What pools say of themselves, held against what their jobs say: observations with a bias that is learned.
///
/// A claim is what a hash is said to earn. Credit is what the pool's books say that we earned in all; luck is in it, so
/// that it says something over days, not over minutes.
public struct ClaimBook: Sendable {
  private struct Line: Sendable {
    var coinsPerHash: Double?
    var at: MonotonicTime
    var ratio = ForgettingMean(halfLifeSeconds: 86_400)
    var isNew = false
  }

  private struct Mark: Sendable {
    var credited: Double
    var earned: Double
    var at: MonotonicTime
  }

  private struct Credit: Sendable {
    /// From where the present ratio is measured, and from where the next will be.
    var from: Mark
    var next: Mark
    var ratio: Double?
  }

  private var lines: [String: Line] = [:]
  private var credits: [String: Credit] = [:]
  /// Worth of our accepted work by pool, coins since start.
  private var earned: [String: Double] = [:]

  /// A ratio reaches back one to two times this, seconds.
  private static let spanSeconds = 86_400.0

  public init() {}

  /// - Parameter coinsPerHash: `nil` when the pool did not say.
  public mutating func heard(_ coinsPerHash: Double?, from pool: String, at now: MonotonicTime) {
    guard let claim = coinsPerHash, claim.isFinite, claim > 0 else { return }
    var line = lines[pool] ?? Line(at: now)
    (line.coinsPerHash, line.at, line.isNew) = (claim, now, true)
    lines[pool] = line
  }

  /// - Parameter coins: that the pool has credited to us in all.
  public mutating func credited(_ coins: Double, by pool: String, at now: MonotonicTime) {
    guard coins.isFinite, coins >= 0 else { return }
    let mark = Mark(credited: coins, earned: earned[pool] ?? 0, at: now)
    // Less than before: a new account, or books that were put right.
    guard var credit = credits[pool], coins >= credit.next.credited else {
      credits[pool] = Credit(from: mark, next: mark)
      return
    }
    let (gained, worked) = (coins - credit.from.credited, mark.earned - credit.from.earned)
    if worked > 0 { credit.ratio = gained / worked }
    if now.seconds(since: credit.next.at) > Self.spanSeconds { (credit.from, credit.next) = (credit.next, mark) }
    credits[pool] = credit
  }

  /// Compares each claim once with what the jobs said at that time.
  public mutating func observe(_ sources: [SourceSnapshot], at now: MonotonicTime) {
    earned = Dictionary(sources.map { ($0.pool, $0.realised.coins) }, uniquingKeysWith: +)
    for source in sources {
      guard var line = lines[source.pool], line.isNew, let claim = line.coinsPerHash,
        let own = source.economics?.coinsPerHash, own > 0
      else { continue }
      line.isNew = false
      line.ratio.add(claim / own, at: now)
      lines[source.pool] = line
    }
  }

  /// Call after quality and economics are there. A claim older than an hour is not shown.
  public func fill(_ source: inout SourceSnapshot, at now: MonotonicTime) {
    source.quality.creditRatio = credits[source.pool]?.ratio
    guard let line = lines[source.pool] else { return }
    if now.seconds(since: line.at) < 3_600 { source.economics?.claimedCoinsPerHash = line.coinsPerHash }
    source.economics?.claimRatio = line.ratio.value
  }
}
