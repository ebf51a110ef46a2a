import Stratum

/// Blocks that accounts' work should have found, as a whole and by days, so that it can be looked at over several
/// windows: who begins to withhold after an honest year has luck enough in the year, and too little in the month.
struct LuckHistory: Sendable {
  /// Seconds back from the newest work, besides all of it.
  static let windows: [Int64] = [30 * 86_400, 7 * 86_400]
  static let windowCount = windows.count + 1
  /// What is kept together.
  static let sliceSeconds: Int64 = 86_400

  struct Window: Sendable {
    /// Seconds since 1970.
    var since: Int64
    var expected: [String: Double]
  }

  private var total: Window?
  /// Of a day at most, or of one page of shares.
  private var slices: [Window] = []

  /// - Parameters:
  ///   - expected: blocks by account, of work done after all that was added before.
  ///   - since: when it began. Where the clock was set back, times after this had not come yet: what was added under
  ///     them began no later than this, or its blocks would be looked for in the future and nobody had found any.
  ///   - end: when what follows it began.
  mutating func add(_ expected: [String: Double], since: Int64, until end: Int64) {
    for index in slices.indices where slices[index].since > since { slices[index].since = since }
    var all = Self.sum(total ?? Window(since: since, expected: [:]), expected)
    all.since = min(all.since, since)
    total = all
    if let last = slices.last, end <= last.since + Self.sliceSeconds {
      slices[slices.count - 1] = Self.sum(last, expected)
    } else {
      slices.append(Window(since: since, expected: expected))
    }
    guard let newest = slices.last?.since, let longest = Self.windows.max() else { return }
    slices.removeAll { $0.since < newest - longest }
  }

  private static func sum(_ window: Window, _ expected: [String: Double]) -> Window {
    Window(since: window.since, expected: window.expected.merging(expected) { $0 + $1 })
  }

  /// All work, and that of each window which is not all of it, from a slice's begin on.
  func looks() -> [Window] {
    guard let total, let newest = slices.last?.since else { return [] }
    return [total]
      + Self.windows.compactMap { seconds in
        let recent = slices.drop { $0.since < newest - seconds }
        guard let first = recent.first, first.since > total.since else { return nil }
        return recent.dropFirst().reduce(first) { Self.sum($0, $1.expected) }
      }
  }
}
