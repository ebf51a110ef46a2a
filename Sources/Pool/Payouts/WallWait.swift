import Stratum

/// A wait by the wall clock. A clock that was set back meanwhile ends it: otherwise a clock that was an hour ahead for a
/// second would keep everybody waiting for that hour.
struct WallWait: Equatable, Sendable {
  let since: UnixTime
  let until: UnixTime

  /// - Parameter seconds: rounded up to whole ones.
  init(seconds: Double, from now: UnixTime) {
    since = now
    until = now.advanced(by: Int64(seconds.rounded(.up)))
  }

  func isOver(at now: UnixTime) -> Bool { now >= until || now < since }
}
