import Glibc

/// What every source is expected to earn, from what it was seen to earn.
///
/// All sources of an algorithm rise and fall with the same price; what a decision needs is how they stand to each other.
/// So the common movement is taken out (an index: the mean change of all sources' log revenue) and each source's
/// distance from it is forecast on its own.
public struct Market: Sendable {
  /// Sources that are remembered; the one that was not seen for longest makes room.
  public static let sourceLimit = 1000

  /// A source's expected log revenue.
  public struct Forecast: Sendable, Equatable {
    /// Natural logarithm of revenue per hash, in the unit of the observations.
    public var mean: Double
    /// Standard deviation of the mean: what more observations of the same kind would settle.
    public var deviation: Double
    /// Standard deviation of what they would not settle: an observation's own doubt, such as an unknown bias.
    public var doubt: Double
    /// Variance that the mean gains per second.
    public var wandering: Double
  }

  private struct Known: Sendable {
    var filter: LevelFilter
    var last: Double
    var doubt: Double

    mutating func see(_ value: Double, _ sighting: Sighting, at seconds: Double) {
      filter.observe(value, at: seconds)
      last = sighting.value
      doubt = sighting.doubt
    }
  }

  private struct Sighting: Sendable {
    var source: String
    var value: Double
    var doubt: Double
  }

  private var sources: [String: Known] = [:]
  private var index = 0.0
  /// Observations of the same moment move the index together.
  private var pending: [Sighting] = []
  private var pendingAt = 0.0

  public init() {}

  /// - Parameters:
  ///   - revenue: per hash, above 0; anything else says nothing and is left out.
  ///   - doubt: standard deviation of the logarithm of what is wrong with it for long, 0 where it is measured.
  ///   - seconds: of any clock that does not go back.
  public mutating func observe(_ source: String, revenue: Double, doubt: Double = 0, at seconds: Double) {
    guard revenue.isFinite, revenue > 0, doubt.isFinite, seconds.isFinite else { return }
    if seconds != pendingAt { settle() }
    guard seconds >= pendingAt || pending.isEmpty else { return }
    pendingAt = seconds
    pending.append(Sighting(source: source, value: log(revenue), doubt: max(0, doubt)))
  }

  /// Puts what was seen at the last moment into the forecasts. Without it the next moment does.
  mutating func settle() {
    guard !pending.isEmpty else { return }
    let seen = pending
    pending.removeAll(keepingCapacity: true)
    if !sources.isEmpty {
      var change = 0.0
      for sighting in seen {
        if let known = sources[sighting.source] { change += sighting.value - known.last }
      }
      index += change / Double(sources.count)
    }
    for sighting in seen {
      if sources[sighting.source] == nil { makeRoom() }
      let value = sighting.value - index
      // In place: what a filter remembers is not copied.
      sources[sighting.source, default: Known(filter: LevelFilter(value, at: pendingAt), last: 0, doubt: 0)]
        .see(value, sighting, at: pendingAt)
    }
  }

  /// `nil`: nothing was ever seen of it.
  func forecast(_ source: String) -> Forecast? {
    guard let known = sources[source] else { return nil }
    return Forecast(
      mean: index + known.filter.mean, deviation: known.filter.variance.squareRoot(), doubt: known.doubt,
      wandering: known.filter.wandering)
  }

  /// What the index takes from each source's movement is missing in its distance: variances of differences are this
  /// much larger than the distances' say.
  var correction: Double { sources.count > 1 ? Double(sources.count) / Double(sources.count - 1) : 1 }

  private mutating func makeRoom() {
    guard sources.count >= Self.sourceLimit else { return }
    let oldest = sources.min { $0.value.filter.observedAt < $1.value.filter.observedAt }
    if let oldest { sources[oldest.key] = nil }
  }
}
