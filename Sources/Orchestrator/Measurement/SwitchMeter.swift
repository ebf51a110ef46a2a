import Stratum

/// What a move costs, as seconds of mining, learned from the moves that were made.
///
/// A miner's shares come at random with a mean interval, so that from any moment the next one takes that long on
/// average, if no work is lost. What it takes longer after a move is what the move cost.
public struct SwitchMeter: Sendable {
  private var costs: [String: ForgettingMean] = [:]
  /// Sessions whose latest move was counted, and when they were moved.
  private var counted: [UInt64: MonotonicTime] = [:]

  /// What a move costs before any was seen, seconds.
  public static let firstGuess = 5.0
  /// Moves are followed so long, seconds.
  static let followedSeconds = 600.0
  private static let countedLimit = 100_000

  public init() {}

  /// Looks for miners that were moved of late. Cost: one comparison a miner, and more for those alone.
  public mutating func observe(_ miners: [MinerSnapshot], at now: MonotonicTime) {
    for miner in miners where miner.dwellSeconds < Self.followedSeconds {
      // Who has just connected was not moved.
      let moved = now.advanced(bySeconds: -miner.dwellSeconds)
      guard miner.connectedSeconds > miner.dwellSeconds + 1, let source = miner.source,
        counted[miner.session].map({ moved.seconds(since: $0) > 2 }) ?? true
      else { continue }
      let work = ShareWork(of: miner.difficulty.target(for: miner.algorithm)).approximate
      guard miner.hashrate.hashesPerSecond > 0 else { continue }
      let interval = work / miner.hashrate.hashesPerSecond
      guard interval < Self.followedSeconds / 4 else { continue }
      if let last = miner.lastShareSeconds, last < miner.dwellSeconds {
        add(miner.dwellSeconds - last - interval, source, miner.session, moved: moved, at: now)
      } else if miner.dwellSeconds > max(30, 5 * interval) {
        add(miner.dwellSeconds - interval, source, miner.session, moved: moved, at: now)
      }
    }
    guard counted.count > 0 else { return }
    counted = counted.filter { now.seconds(since: $0.value) < Self.followedSeconds + 10 }
  }

  private mutating func add(
    _ seconds: Double, _ source: String, _ session: UInt64, moved: MonotonicTime, at now: MonotonicTime
  ) {
    guard counted.count < Self.countedLimit else { return }
    counted[session] = moved
    costs[source, default: ForgettingMean(prior: Self.firstGuess, priorWeight: 5, halfLifeSeconds: 86_400)]
      .add(min(seconds, 300), at: now)
  }

  /// Seconds of mining that a move to the source costs, 0 or more; `nil` before any move there was seen.
  public func costSeconds(of source: String) -> Double? { costs[source]?.value.map { max(0, $0) } }
}
