import FoundationEssentials

/// How times are written for clients that want no numbers.
enum PageTime {
  /// `2026-11-28T23:22:13Z`, from seconds since 1970.
  static func text(_ seconds: Int64) -> String {
    Date(timeIntervalSince1970: Double(seconds)).formatted(.iso8601)
  }

  /// `2026-11-28`
  static func day(_ seconds: Int64) -> String { String(text(seconds).prefix(10)) }

  static func year(_ seconds: Int64) -> Int { Int(text(seconds).prefix(4)) ?? 1970 }
}
