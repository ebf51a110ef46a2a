/// What a set of sources paid over time, and what could be known of it when.
public struct Trace: Sendable, Equatable {
  /// What became known of a source just before a step.
  public struct Sighting: Sendable, Equatable {
    public var source: Int
    /// Per hash, in the trace's unit.
    public var revenue: Double
    /// Standard deviation of the logarithm of its lasting error.
    public var doubt: Double

    public init(source: Int, revenue: Double, doubt: Double = 0) {
      self.source = source
      self.revenue = revenue
      self.doubt = doubt
    }
  }

  /// A time in which nobody moves.
  public struct Step: Sendable, Equatable {
    /// When it begins, seconds since 1970.
    public var at: Double
    public var seconds: Double
    /// Nothing of this step itself: only of what was over when it began.
    public var sightings: [Sighting]
    /// What the sources last showed, as they showed it, for rules that look no further; by source, 0 when nothing.
    public var shown: [Double]
    /// What a hash earned there in this step, per second, by source.
    public var paid: [Double]

    public init(at: Double, seconds: Double, sightings: [Sighting], shown: [Double], paid: [Double]) {
      self.at = at
      self.seconds = seconds
      self.sightings = sightings
      self.shown = shown
      self.paid = paid
    }
  }

  /// The file's name.
  public var name: String
  /// Which sources, and when: `BCH/BTC 2017-08-01..2020-12-27`, or an algorithm.
  public var group: String
  public var sources: [String]
  public var steps: [Step]
  /// Seconds from the beginning of a step until it is known what it paid, but never before the next step; 0 for then.
  public var payDelay: Double

  public init(name: String, group: String, sources: [String], steps: [Step], payDelay: Double = 0) {
    self.name = name
    self.group = group
    self.sources = sources
    self.steps = steps
    self.payDelay = payDelay
  }

  /// How many steps have begun before it is known what the first one paid.
  var stepsBeforeFirstPay: Int {
    let known = (steps.first?.at ?? 0) + payDelay
    return steps.indices.first { $0 > 0 && steps[$0].at >= known } ?? steps.count
  }

  /// Of rows of values that are each known when their time is over.
  ///
  /// - Parameter warmsUp: the first row only tells what is known when mining begins, and pays nobody. Otherwise everyone
  ///   is paid for it, and policies begin knowing nothing.
  public init(
    name: String, group: String, sources: [String], rows: [(at: Double, values: [Double])], warmsUp: Bool = false
  ) {
    let usual = Self.usualInterval(rows.map(\.at))
    var steps: [Step] = []
    for index in rows.indices where index > 0 || !warmsUp {
      let row = rows[index]
      let next = index + 1 < rows.count ? rows[index + 1].at : row.at + usual
      let before = index > 0 ? rows[index - 1].values : row.values.map { _ in 0 }
      let sightings = before.enumerated().filter { $0.element > 0 }.map {
        Sighting(source: $0.offset, revenue: $0.element)
      }
      steps.append(
        Step(
          at: row.at, seconds: min(next - row.at, 4 * usual), sightings: sightings, shown: before, paid: row.values))
    }
    self.init(name: name, group: group, sources: sources, steps: steps)
  }

  /// The median distance of neighbours; 0 of fewer than two.
  static func usualInterval(_ times: [Double]) -> Double {
    let distances = zip(times.dropFirst(), times).map { $0 - $1 }.sorted()
    return distances.isEmpty ? 0 : distances[distances.count / 2]
  }
}
