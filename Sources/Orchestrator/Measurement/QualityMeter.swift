import Stratum

/// How well each source serves, worked out from snapshot to snapshot.
public struct QualityMeter: Sendable {
  private struct Line: Sendable {
    var rejects = RatioPosterior()
    var stales = RatioPosterior()
    var disconnects = HourWindow()
    var jobGaps = HourWindow()
    var accepted = 0
    var rejected = 0
    var late = 0
    var broken = 0
    var newestNews = MonotonicTime.zero
  }

  private var lines: [String: Line] = [:]
  private var race = NewBlockRace()
  private var switches = SwitchMeter()

  public init() {}

  /// Once a tick. Cost: linear in sources and miners, without allocation for miners at rest.
  public mutating func observe(_ snapshot: FleetSnapshot, coins: (SourceSnapshot) -> String?) {
    for source in snapshot.sources {
      var line = lines[source.name] ?? Line()
      count(source, into: &line, at: snapshot.at)
      // News is repeated in every snapshot while it is kept.
      for news in source.observed.blockNews where news.at > line.newestNews {
        line.newestNews = news.at
        race.heard(
          source: source.name, algorithm: source.algorithm, coin: coins(source), news.position, at: news.at)
      }
      lines[source.name] = line
    }
    switches.observe(snapshot.miners, at: snapshot.at)
  }

  private func count(_ source: SourceSnapshot, into line: inout Line, at now: MonotonicTime) {
    let (counters, observed) = (source.counters, source.observed)
    // A shard that gives no report makes sums smaller for a moment.
    func news(_ sum: Int, _ last: inout Int) -> Int {
      defer { last = max(last, sum) }
      return max(0, sum - last)
    }
    let accepted = news(counters.sourceAccepted, &line.accepted)
    let rejected = news(counters.sourceRejected, &line.rejected)
    let late = min(news(observed.rejectedStale, &line.late), rejected)
    line.rejects.count(hits: rejected - late, trials: accepted + rejected, at: now)
    line.stales.count(hits: late, trials: accepted + rejected, at: now)
    line.disconnects.count(news(observed.disconnects, &line.broken), at: now)
    if let age = source.jobAgeSeconds { line.jobGaps.note(age, at: now) }
  }

  /// Sets the quality of a source, from what was observed and what the snapshot itself says.
  public func fill(_ source: inout SourceSnapshot, at now: MonotonicTime) {
    var quality = SourceQuality()
    quality.replyMillisecondsP50 = source.replyMillisecondsP50
    quality.replyMillisecondsP99 = source.replyMillisecondsP99
    quality.connectMilliseconds = source.connectMillisecondsP50
    quality.connectMillisecondsP99 = source.connectMillisecondsP99
    quality.latenessSeconds = race.latenessSeconds(of: source.name)
    quality.switchCostSeconds = switches.costSeconds(of: source.name)
    if let line = lines[source.name] {
      quality.answers = line.accepted + line.rejected
      if quality.answers > 0 {
        quality.rejectRatio = line.rejects.mean
        quality.staleRatio = line.stales.mean
        let (rejects, stales) = (line.rejects.standardDeviation, line.stales.standardDeviation)
        quality.ratioDeviation = (rejects * rejects + stales * stales).squareRoot()
      }
      quality.disconnectsPerHour = line.disconnects.perHour(at: now)
      quality.longestJobGapSeconds = line.jobGaps.highest(at: now)
    }
    source.quality = quality
  }

  /// Mean time between the blocks that a source told of.
  public func blockIntervalSeconds(of source: String) -> Double? { race.blockIntervalSeconds(of: source) }
}
