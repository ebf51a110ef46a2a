import Histogram
import Stratum

/// Latencies of late, in HDR histograms: right to one percent or a microsecond, up to a minute; what is longer counts as
/// a minute.
///
/// Two histograms take turns. When the newer one has covered the window and counted enough, it becomes the older one
/// and the older one is forgotten: what is known reaches back between one window and two, and further while little is
/// heard.
public struct LatencyWindow: Sendable, Equatable {
  private let windowSeconds: Double
  private let leastCount: UInt64
  private var newer = LatencyWindow.histogram()
  private var older = LatencyWindow.histogram()
  private var since: MonotonicTime?

  /// - Parameters:
  ///   - windowSeconds: above 0.
  ///   - leastCount: so many are kept in any case.
  public init(windowSeconds: Double, leastCount: UInt64) {
    self.windowSeconds = windowSeconds
    self.leastCount = leastCount
  }

  public mutating func record(_ seconds: Double, at now: MonotonicTime) {
    guard seconds.isFinite else { return }
    if let since, now.seconds(since: since) >= windowSeconds, newer.totalCount >= leastCount {
      swap(&older, &newer)
      newer.reset()
      self.since = nil
    }
    since = since ?? now
    newer.record(UInt64(min(max(seconds, 0) * 1e6, Double(Self.longestMicroseconds))))
  }

  /// What another shard saw of the same.
  public mutating func add(_ other: LatencyWindow) {
    newer.add(other.newer)
    newer.add(other.older)
  }

  public var count: UInt64 { newer.totalCount + older.totalCount }

  /// The `percents` that are asked for, 0 to 100, in milliseconds; `nil` before the first latency.
  public func milliseconds(atPercents percents: [Double]) -> [Double]? {
    guard count > 0 else { return nil }
    var all = newer
    if older.totalCount > 0 { all.add(older) }
    return percents.map { Double(all.valueAtPercentile($0)) / 1000 }
  }

  private static let longestMicroseconds: UInt64 = 60_000_000

  private static func histogram() -> Histogram<UInt32> {
    Histogram(
      lowestDiscernibleValue: 1, highestTrackableValue: longestMicroseconds, numberOfSignificantValueDigits: .two)
  }
}

/// How long a source takes.
public struct SourceLatency: Sendable, Equatable {
  /// From a share to its answer.
  public var replies = LatencyWindow(windowSeconds: 300, leastCount: 100)
  /// From opening a connection to being authorized there.
  public var connects = LatencyWindow(windowSeconds: 3600, leastCount: 10)

  public init() {}

  public mutating func add(_ other: SourceLatency) {
    replies.add(other.replies)
    connects.add(other.connects)
  }
}

/// A source of work that times its answers. Lives on its shard's event loop.
public protocol TimedSource: WorkSource {
  var latency: SourceLatency { get }
}
