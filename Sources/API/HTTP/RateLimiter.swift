import Stratum

/// How much one client may ask.
public struct RateLimit: Sendable, Equatable {
  /// Requests a second, on average; 0 for as many as it likes.
  public var perSecond: Double
  /// Requests at once, after a pause.
  public var burst: Int
  /// Whether clients on this machine are counted too: behind a proxy on this machine everybody comes from there.
  public var countsLoopback: Bool

  public init(perSecond: Double = 50, burst: Int = 200, countsLoopback: Bool = false) {
    self.perSecond = perSecond
    self.burst = burst
    self.countsLoopback = countsLoopback
  }
}

/// A token bucket for each client, in bounded memory.
struct RateLimiter: Sendable {
  /// A request that is one too many.
  struct Excess: Equatable {
    /// Until the client may ask again, seconds.
    var wait: Double
    /// Whether it is the client's first within a second.
    var isFirst: Bool
  }

  private struct Bucket {
    var tokens: Double
    var at: MonotonicTime
    /// When the last second of excess began.
    var excessAt: MonotonicTime?
  }

  let limit: RateLimit
  /// More clients than this are not told apart: those that come when it is full share one bucket.
  let capacity: Int
  private var buckets: [String: Bucket] = [:]

  init(_ limit: RateLimit, capacity: Int = 20_000) {
    self.limit = limit
    self.capacity = capacity
  }

  var clientCount: Int { buckets.count }

  /// Takes one request of a client's allowance.
  /// - Returns: `nil` when it may go on.
  mutating func take(_ client: String, at now: MonotonicTime) -> Excess? {
    guard limit.perSecond > 0 else { return nil }
    let key = place(of: client, at: now)
    var bucket = buckets[key] ?? Bucket(tokens: Double(limit.burst), at: now)
    bucket.tokens = filled(bucket, at: now)
    bucket.at = now
    let isAllowed = bucket.tokens >= 1
    let isFirst = bucket.excessAt.map { now.seconds(since: $0) >= 1 } ?? true
    if isAllowed { bucket.tokens -= 1 } else if isFirst { bucket.excessAt = now }
    buckets[key] = bucket
    return isAllowed ? nil : Excess(wait: (1 - bucket.tokens) / limit.perSecond, isFirst: isFirst)
  }

  private func filled(_ bucket: Bucket, at now: MonotonicTime) -> Double {
    min(Double(limit.burst), bucket.tokens + now.seconds(since: bucket.at) * limit.perSecond)
  }

  private mutating func place(of client: String, at now: MonotonicTime) -> String {
    guard buckets[client] == nil, buckets.count >= capacity else { return client }
    // Who has not asked for long has a full bucket, as somebody new has.
    buckets = buckets.filter { filled($0.value, at: now) < Double(limit.burst) }
    return buckets.count < capacity ? client : "others"
  }
}
