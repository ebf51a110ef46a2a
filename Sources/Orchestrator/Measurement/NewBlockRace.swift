import Stratum

/// How much later than the first a source tells of each new block of its chain.
///
/// Two sources are of one chain when they have the same algorithm and tell of the same block: no name is asked for.
public struct NewBlockRace: Sendable {
  private struct Key: Hashable {
    var algorithm: Algorithm
    var position: Work.Content.Position
    /// A height alone does not tell chains apart.
    var coin: String?
  }

  private struct Race: Sendable {
    var first: MonotonicTime
    /// Who has told of it, and when.
    var arrivals: [String: MonotonicTime]
  }

  private var races: [Key: Race] = [:]
  private var order: [Key] = []
  private var lateness: [String: ForgettingMean] = [:]
  /// Since a source first told of any block: before, it cannot have been late.
  private var lastBlock: [String: MonotonicTime] = [:]
  private var intervals: [String: ForgettingMean] = [:]

  /// Blocks remembered; older ones count no more.
  public static let blockLimit = 256
  /// Later than this is not lateness: the source was not there.
  public static let latestSeconds = 300.0

  public init() {}

  /// A source told of a block. The same news again changes nothing; news may come in any order.
  public mutating func heard(
    source: String, algorithm: Algorithm, coin: String? = nil, _ position: Work.Content.Position, at: MonotonicTime
  ) {
    let key: Key
    switch position {
    case .above: key = Key(algorithm: algorithm, position: position)
    case .at: key = Key(algorithm: algorithm, position: position, coin: coin ?? source)
    }
    guard var race = races[key] else {
      if order.count >= Self.blockLimit, let oldest = order.first {
        races[oldest] = nil
        order.removeFirst()
      }
      races[key] = Race(first: at, arrivals: [source: at])
      order.append(key)
      return noteInterval(source, at: at)
    }
    guard race.arrivals[source] == nil else { return }
    race.first = min(race.first, at)
    race.arrivals[source] = at
    if race.arrivals.count == 2 {
      // Only now it is a race: whoever was alone gets its time too.
      for (name, time) in race.arrivals { note(name, time, race.first) }
    } else {
      note(source, at, race.first)
    }
    races[key] = race
    noteInterval(source, at: at)
  }

  private mutating func note(_ source: String, _ time: MonotonicTime, _ first: MonotonicTime) {
    let late = time.seconds(since: first)
    guard late <= Self.latestSeconds else { return }
    lateness[source, default: ForgettingMean(halfLifeSeconds: 7_200)].add(late, at: time)
  }

  private mutating func noteInterval(_ source: String, at: MonotonicTime) {
    if let last = lastBlock[source], at > last {
      intervals[source, default: ForgettingMean(halfLifeSeconds: 21_600)].add(at.seconds(since: last), at: at)
    }
    lastBlock[source] = max(lastBlock[source] ?? at, at)
  }

  /// Mean over the last hours, seconds; `nil` before another source has told of one of its blocks.
  public func latenessSeconds(of source: String) -> Double? { lateness[source]?.value }

  /// Mean time between the blocks that it told of; `nil` before the second.
  public func blockIntervalSeconds(of source: String) -> Double? { intervals[source]?.value }
}
