/// Counts of values by upper bounds, since start: what Prometheus calls a histogram.
public struct CumulativeHistogram: Sendable, Equatable {
  /// Rising.
  public let bounds: [Double]
  /// Of values up to each bound and above the one before it; the last is of those above all bounds.
  public private(set) var counts: [Int]
  public private(set) var sum = 0.0

  public init(bounds: [Double]) {
    self.bounds = bounds
    counts = Array(repeating: 0, count: bounds.count + 1)
  }

  public var count: Int { counts.reduce(0, +) }

  public mutating func record(_ value: Double) {
    guard value.isFinite else { return }
    counts[bounds.firstIndex { value <= $0 } ?? bounds.count] += 1
    sum += value
  }

  /// What another shard counted by the same bounds; of others nothing is taken.
  public mutating func add(_ other: CumulativeHistogram) {
    guard other.bounds == bounds else { return }
    for index in counts.indices { counts[index] += other.counts[index] }
    sum += other.sum
  }

  /// Seconds from a share's arrival to its answer.
  public static let shareSeconds = CumulativeHistogram(
    bounds: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10])
  /// Seconds between two found blocks. The bounds are those of the original's metric.
  public static let blockSeconds = CumulativeHistogram(bounds: [60, 300, 600, 1800, 3600, 7200, 14_400])
}

/// The times between blocks that were found while the process lives.
public struct BlockTimes: Sendable {
  public private(set) var histogram = CumulativeHistogram.blockSeconds
  private var seen: Int?
  private var lastAt: Double?

  public init() {}

  /// Call it about once a second: blocks within one look are as far apart as the look's share of each.
  ///
  /// - Parameters:
  ///   - count: blocks found since start.
  ///   - seconds: on any clock that only goes forward.
  public mutating func look(_ count: Int, at seconds: Double) {
    defer { seen = max(seen ?? 0, count) }
    let new = count - (seen ?? count)
    guard new > 0 else { return }
    if let lastAt {
      for _ in 0..<new { histogram.record((seconds - lastAt) / Double(new)) }
    } else {
      for _ in 1..<new { histogram.record(0) }
    }
    lastAt = seconds
  }
}
