import Stratum

/// What is remembered of one address, beyond its connections.
struct AddressConduct: Sendable {
  /// Names that are remembered as good; beyond, the one that was quiet for longest is forgotten.
  static let nameLimit = 64
  static let strikeSeconds = 3600.0
  /// Strikes that are remembered.
  static let strikeLimit = 64

  private struct Strike: Sendable {
    var name: String?
    var at: MonotonicTime
  }

  private(set) var lastSeen: MonotonicTime
  private var scores = ViolationScores()
  private var strikes: [Strike] = []
  private var goodNames: [String: MonotonicTime] = [:]

  init(at now: MonotonicTime) { lastSeen = now }

  mutating func accepted(_ name: String, at now: MonotonicTime) {
    lastSeen = now
    goodNames[name] = now
    guard goodNames.count > Self.nameLimit, let quietest = goodNames.min(by: { $0.value < $1.value }) else { return }
    goodNames[quietest.key] = nil
  }

  /// Whether a name other than `name` had a share accepted lately.
  func good(within seconds: Double, at now: MonotonicTime, except name: String?) -> Bool {
    goodNames.contains { $0.key != name && now.seconds(since: $0.value) <= seconds }
  }

  /// - Returns: the points of all violations now.
  mutating func note(_ violation: Violation, _ rules: ConductRules, at now: MonotonicTime) -> Double {
    lastSeen = now
    scores.note(violation, rules, at: now)
    return scores.total(rules, at: now)
  }

  func evidence(_ rules: ConductRules, at now: MonotonicTime) -> [ViolationTally] {
    scores.evidence(rules, at: now)
  }

  /// - Returns: disconnections within the hour, this one too.
  mutating func strike(_ name: String?, at now: MonotonicTime) -> Int {
    lastSeen = now
    strikes.removeAll { now.seconds(since: $0.at) > Self.strikeSeconds }
    strikes.append(Strike(name: name, at: now))
    if strikes.count > Self.strikeLimit { strikes.removeFirst() }
    return strikes.count
  }

  func strikeCount(at now: MonotonicTime) -> Int {
    strikes.count { now.seconds(since: $0.at) <= Self.strikeSeconds }
  }

  func strikes(of name: String) -> Int { strikes.count { $0.name == name } }

  mutating func forgive() {
    scores = ViolationScores()
    strikes = []
  }

  mutating func forgive(_ name: String) { strikes.removeAll { $0.name == name } }
}
