/// Seconds since 1970, as a block header carries it.
public struct UnixTime: Hashable, Sendable, Comparable {
  public var seconds: UInt32

  public init(seconds: UInt32) { self.seconds = seconds }

  public static func < (a: UnixTime, b: UnixTime) -> Bool { a.seconds < b.seconds }

  /// Saturates at the ends of the 32-bit range.
  public func advanced(by delta: Int64) -> UnixTime {
    UnixTime(seconds: UInt32(clamping: Int64(seconds) + delta))
  }
}

/// A point on a clock that only goes forward, for waiting and measuring. Never mixed with `UnixTime`.
public struct MonotonicTime: Hashable, Sendable, Comparable {
  public var nanoseconds: UInt64

  public init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  public static let zero = MonotonicTime(nanoseconds: 0)
  public static func < (a: MonotonicTime, b: MonotonicTime) -> Bool { a.nanoseconds < b.nanoseconds }

  /// Seconds from `earlier` to this point; 0 when `earlier` is later.
  public func seconds(since earlier: MonotonicTime) -> Double {
    nanoseconds > earlier.nanoseconds ? Double(nanoseconds - earlier.nanoseconds) / 1e9 : 0
  }

  /// Saturates at the ends of the range.
  public func advanced(bySeconds seconds: Double) -> MonotonicTime {
    let delta = min(max(seconds, -9e9), 9e9) * 1e9
    if delta >= 0 {
      let (sum, overflow) = nanoseconds.addingReportingOverflow(UInt64(delta))
      return MonotonicTime(nanoseconds: overflow ? .max : sum)
    }
    return MonotonicTime(nanoseconds: nanoseconds - min(nanoseconds, UInt64(-delta)))
  }
}
