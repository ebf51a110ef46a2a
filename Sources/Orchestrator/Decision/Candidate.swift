import Glibc

/// One multiplicative part of what a source earns: `("fee", 0.99)`, `("rejects", 0.985)`, `("late blocks", 0.97)`,
/// `("consciousness", 1.05)`.
public struct RevenueTerm: Sendable, Equatable, Codable {
  public var name: String
  /// Above 0; 1 changes nothing.
  public var factor: Double

  public init(_ name: String, _ factor: Double) {
    self.name = name
    self.factor = factor
  }
}

/// A source as one decision sees it.
public struct Candidate: Sendable, Equatable {
  public var source: String
  /// Currency (or coin) per hash at this moment, before terms; `nil`: nothing new is known. For the explanation: what
  /// is forecast comes from `Decider.observe`.
  public var revenue: Double?
  public var terms: [RevenueTerm]
  /// Standard deviation of the logarithm of all terms together: what is measured on few shares is not known well.
  public var doubt: Double
  /// 0 to 1.
  public var risk: Double
  /// Why it may not be chosen, in words; `nil` when it may.
  public var exclusion: String?
  /// Mining lost by a move to it, seconds, as learned; `nil`: not known yet.
  public var switchCostSeconds: Double?
  /// What its PPLNS window adds to that; `nil`: it has none.
  public var ramp: PayoutRamp?

  public init(
    source: String, revenue: Double? = nil, terms: [RevenueTerm] = [], doubt: Double = 0, risk: Double = 0,
    exclusion: String? = nil, switchCostSeconds: Double? = nil, ramp: PayoutRamp? = nil
  ) {
    self.source = source
    self.revenue = revenue
    self.terms = terms
    self.doubt = doubt
    self.risk = risk
    self.exclusion = exclusion
    self.switchCostSeconds = switchCostSeconds
    self.ramp = ramp
  }
}

/// How one source did in a decision. Natural logarithms, so that a difference of 0.01 is one percent.
public struct Score: Sendable, Equatable, Codable {
  public var source: String
  /// Seen at this moment, before terms; `nil`: nothing new.
  public var revenue: Double?
  public var terms: [RevenueTerm]
  /// Expected log revenue before terms; `nil`: nothing is known of what it pays.
  public var level: Double?
  /// `level` and the logarithms of all terms.
  public var forecast: Double?
  /// Standard deviation of `level` that more observations of revenue would settle.
  public var deviation: Double
  /// Standard deviation of what they would not: of `level`, and of the terms that were measured on few shares.
  public var doubt: Double
  public var risk: Double
  /// `forecast` less what the risk takes; this is what is compared.
  public var value: Double?
  /// Value above the current source's.
  public var gain: Double?
  /// What `gain` must exceed: the policy's least gain, the switch cost over the expected dwell, and the doubt.
  public var threshold: Double
  public var switchCostSeconds: Double
  /// Of those, what its PPLNS window is not filled with during the expected dwell; `nil` where it has none.
  public var payoutRampSeconds: Double?
  /// How long a move to it is expected to last.
  public var expectedDwellSeconds: Double
  /// Why it may not be chosen whatever it earns; `nil` when it may.
  public var exclusion: String?
  /// Why it was not chosen; `nil` for the chosen one.
  public var rejection: Rejection?
  /// The same in words.
  public var rejectedBecause: String? { rejection?.description }

  enum CodingKeys: String, CodingKey {
    case source, revenue, terms, level, forecast, deviation, doubt, risk, value, gain, threshold, switchCostSeconds
    case payoutRampSeconds, expectedDwellSeconds, exclusion
    case rejection = "rejectedBecause"
  }

  init(_ candidate: Candidate, forecast: Market.Forecast?, riskAversion: Double) {
    source = candidate.source
    revenue = candidate.revenue
    terms = candidate.terms
    level = forecast?.mean
    deviation = forecast?.deviation ?? 0
    let lasting = forecast?.doubt ?? 0
    doubt = (lasting * lasting + candidate.doubt * candidate.doubt).squareRoot()
    risk = candidate.risk
    threshold = 0
    switchCostSeconds = 0
    expectedDwellSeconds = 0
    exclusion = candidate.exclusion
    self.forecast = Self.forecast(level: level, terms: terms)
    value = self.forecast.map { $0 + Self.riskDiscount(risk, aversion: riskAversion) }
  }

  static func forecast(level: Double?, terms: [RevenueTerm]) -> Double? {
    level.map { terms.reduce($0) { $0 + log(max($1.factor, 1e-9)) } }
  }

  /// A source of risk 1 counts for a fifth less at aversion 1; never for less than nothing.
  static func riskDiscount(_ risk: Double, aversion: Double) -> Double {
    log(max(0.05, 1 - 0.2 * min(max(risk, 0), 1) * max(0, aversion)))
  }
}
