/// Slows a session whose shares cannot count: what it sends is answered, then not read for a while.
///
/// A balance that accepted shares and time fill, and wasted work empties. A farm behind one connection sends a few bad
/// shares among many good ones and never gets there; a flood does at once, and waits for itself alone.
public struct ShareBrake: Sendable, Codable {
  /// The balance of an honest session.
  public static let fullBalance = 200.0
  static let creditPerSecond = 2.0
  static let creditPerAcceptedShare = 4.0
  /// A wrong mix hash took a full verify to see.
  static let mixHashCost = 50.0
  public static let firstPauseSeconds = 1.0
  public static let longestPauseSeconds = 30.0

  private var balance = ShareBrake.fullBalance
  private var pause = ShareBrake.firstPauseSeconds
  private var last: MonotonicTime

  public init(at now: MonotonicTime) { last = now }

  public mutating func accepted(at now: MonotonicTime) {
    fill(Self.creditPerAcceptedShare, at: now)
  }

  /// How many seconds the session shall not be read; `nil` to go on.
  public mutating func rejected(_ reason: RejectReason, at now: MonotonicTime) -> Double? {
    fill(0, at: now)
    balance -= Self.cost(of: reason)
    guard balance < 0 else { return nil }
    // Half a balance for another try, so that one pause does not follow on another for a single bad share.
    balance = Self.fullBalance / 2
    defer { pause = min(pause * 2, Self.longestPauseSeconds) }
    return pause
  }

  private mutating func fill(_ credit: Double, at now: MonotonicTime) {
    balance = min(Self.fullBalance, balance + credit + Self.creditPerSecond * now.seconds(since: last))
    last = max(last, now)
    if balance >= Self.fullBalance { pause = Self.firstPauseSeconds }
  }

  /// Nothing for what is not the miner's fault: a block that was faster, a pool that is gone.
  static func cost(of reason: RejectReason) -> Double {
    switch reason {
    case .stale, .storageUnavailable, .upstreamLost, .upstream: 0
    case .mixHash: mixHashCost
    case .duplicate, .lowDifficulty, .unauthorized, .notSubscribed, .extranonceLength, .timeOutOfRange, .versionBits,
      .headerHash, .noncePrefix, .busy:
      1
    }
  }
}
