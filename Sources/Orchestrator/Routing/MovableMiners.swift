/// The miners of one source that may move, found by rate in logarithmic time: a plan of ten thousand stays cheap.
struct MovableMiners {
  struct Miner {
    let session: UInt64
    let rate: Double
  }

  private var followers: [Miner] = []
  private var others: [Miner] = []

  /// `follows`: it can be moved between upstreams without a reconnect.
  mutating func add(_ session: UInt64, rate: Double, follows: Bool) {
    let miner = Miner(session: session, rate: rate)
    if follows { followers.append(miner) } else { others.append(miner) }
  }

  /// Call when all are added, before the first `take`.
  mutating func sort() {
    followers.sort { ($0.rate, $0.session) < ($1.rate, $1.session) }
    others.sort { ($0.rate, $0.session) < ($1.rate, $1.session) }
  }

  /// Takes out the miner whose rate comes closest to `rate`, and is below `limit`.
  /// With `prefersFollowers`, one that needs a reconnect is taken only when no other is left.
  mutating func take(closestTo rate: Double, below limit: Double, prefersFollowers: Bool) -> Miner? {
    let follower = Self.closest(to: rate, below: limit, in: followers)
    let other = Self.closest(to: rate, below: limit, in: others)
    guard let follower else { return other.map { others.remove(at: $0) } }
    guard let other, !prefersFollowers else { return followers.remove(at: follower) }
    let otherIsCloser = abs(others[other].rate - rate) < abs(followers[follower].rate - rate)
    return otherIsCloser ? others.remove(at: other) : followers.remove(at: follower)
  }

  private static func closest(to rate: Double, below limit: Double, in miners: [Miner]) -> Int? {
    var low = 0
    var high = miners.count
    while low < high {
      let middle = (low + high) / 2
      if miners[middle].rate < rate { low = middle + 1 } else { high = middle }
    }
    let candidates = [low - 1, low].filter { miners.indices.contains($0) && miners[$0].rate < limit }
    return candidates.min { abs(miners[$0].rate - rate) < abs(miners[$1].rate - rate) }
  }
}
