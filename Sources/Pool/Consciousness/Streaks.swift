/// Days on end with accepted work.
public struct Streaks: Sendable, Equatable {
  /// Up to today; a day that is not over yet breaks nothing.
  public let current: Int64
  public let longest: Int64

  public init(of days: Set<UTCDay>, today: UTCDay) {
    func has(_ day: UTCDay?) -> Bool { day.map(days.contains) ?? false }
    var longest: Int64 = 0
    for first in days where !has(first.shifted(by: -1)) {
      var length: Int64 = 1
      while has(first.shifted(by: length)) { length += 1 }
      longest = max(longest, length)
    }
    self.longest = longest
    var back: Int64 = days.contains(today) ? 0 : 1
    var current: Int64 = 0
    while has(today.shifted(by: -back)) {
      current += 1
      back += 1
    }
    self.current = current
  }
}
