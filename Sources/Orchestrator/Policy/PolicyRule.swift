/// `when` something measured of a source is out of bounds for a while, `then` do something about it.
public struct PolicyRule: Sendable, Equatable {
  public var when: Condition
  public var then: Action

  public init(when: Condition, then: Action) {
    self.when = when
    self.then = then
  }

  public struct Condition: Sendable, Equatable {
    public var metric: Metric
    /// The sources that are watched, each by itself.
    public var sources: PolicySelector
    public var bound: Bound
    /// Without a break for so long, seconds, 0 to a day. A value that is not known breaks it.
    public var forSeconds: Double

    public init(metric: Metric, sources: PolicySelector = PolicySelector(), bound: Bound, forSeconds: Double = 0) {
      self.metric = metric
      self.sources = sources
      self.bound = bound
      self.forSeconds = forSeconds
    }
  }

  /// In the metric's unit.
  public enum Bound: Sendable, Equatable {
    case above(Double)
    case below(Double)

    func isCrossed(by value: Double) -> Bool {
      switch self {
      case .above(let limit): value > limit
      case .below(let limit): value < limit
      }
    }
  }

  public enum Action: Sendable, Equatable {
    /// The source is left alone for so long, seconds. Then it has another chance: what was measured before does not
    /// count against it, and the condition has to hold anew.
    case avoid(seconds: Double)
    /// As long as the condition holds.
    case mode(Policy.Mode)
    /// The weight of some sources (with no selector: of the one that met the condition) is multiplied as long as the
    /// condition holds. 0 to 100.
    case weight(of: PolicySelector?, factor: Double)
  }

  /// What can be measured of a source.
  public enum Metric: String, Sendable, CaseIterable {
    /// Expected part of the shares rejected for other reasons than being late, 0 to 1.
    case rejectRatio = "reject_ratio"
    /// Expected part of the shares that it calls stale, 0 to 1.
    case staleRatio = "stale_ratio"
    /// Median time until a share is answered, milliseconds.
    case replyMilliseconds = "reply_ms"
    /// Median time until a connection stands, milliseconds.
    case connectMilliseconds = "connect_ms"
    /// How much later than the first it announces a block, seconds.
    case lateness
    case disconnectsPerHour = "disconnects_per_hour"
    /// Since its last job, seconds.
    case jobAge = "job_age"
    /// Work credited over work accepted, 0 to 1 and above.
    case creditRatio = "credit_ratio"
    /// Work that it accepts, hashes per second.
    case hashrate
    /// What a TH/s earns in a day, in the currency of the prices.
    case revenue
    /// Age of its job or price, whichever is older, seconds.
    case priceAge = "price_age"

    public enum Unit: Sendable { case ratio, milliseconds, seconds, perHour, hashesPerSecond, currencyPerTerahashDay }

    public var unit: Unit {
      switch self {
      case .rejectRatio, .staleRatio, .creditRatio: .ratio
      case .replyMilliseconds, .connectMilliseconds: .milliseconds
      case .lateness, .jobAge, .priceAge: .seconds
      case .disconnectsPerHour: .perHour
      case .hashrate: .hashesPerSecond
      case .revenue: .currencyPerTerahashDay
      }
    }

    /// `nil` when nobody knows.
    public func value(of source: SourceSnapshot) -> Double? {
      let quality = source.quality
      return switch self {
      case .rejectRatio: quality.rejectRatio
      case .staleRatio: quality.staleRatio
      case .replyMilliseconds: quality.replyMillisecondsP50 ?? source.replyMillisecondsP50
      case .connectMilliseconds: quality.connectMilliseconds
      case .lateness: quality.latenessSeconds
      case .disconnectsPerHour: quality.disconnectsPerHour
      case .jobAge: source.jobAgeSeconds
      case .creditRatio: quality.creditRatio
      case .hashrate: source.hashrate.hashesPerSecond
      case .revenue: source.economics?.currencyPerHash.map { $0 * 1e12 * 86_400 }
      case .priceAge: source.economics?.ageSeconds
      }
    }
  }
}
