/// Sources to which a move failed are left alone for a while: a minute, then half as long again each time.
struct SourceBackoff: Sendable {
  static let firstSeconds = 60.0
  static let factor = 1.5
  static let longestSeconds = 3600.0

  private struct Entry {
    var seconds: Double
    var until: Double
    var why: String
  }

  private var entries: [String: Entry] = [:]

  /// - Parameter now: seconds on any clock that only goes forward.
  mutating func failed(_ source: String, because why: String, at now: Double) {
    let seconds = entries[source].map { min(Self.longestSeconds, $0.seconds * Self.factor) } ?? Self.firstSeconds
    entries[source] = Entry(seconds: seconds, until: now + seconds, why: why)
  }

  /// A move to it was confirmed: the next failure begins anew.
  mutating func succeeded(_ source: String) { entries[source] = nil }

  /// What failed and how long it is left alone still, in words; `nil` when it may be tried.
  func exclusion(_ source: String, at now: Double) -> String? {
    guard let entry = entries[source], entry.until > now else { return nil }
    return "\(entry.why); tried again in \(Int((entry.until - now).rounded(.up))) s"
  }
}
