/// What the operator wrote about a pool: it does not change while the process lives.
public struct SourceTraits: Sendable, Equatable {
  /// The coin that it pays in, as an exchange writes it: `BTC`. Without one its revenue has no price.
  public var coin: String?
  /// Where it is, in the operator's own words: `eu-west`.
  public var region: String?
  public var tags: Set<String>
  /// What the pool keeps of each reward, 0 to 1: 0.02 is two percent.
  public var fee: Double
  public var scheme: PayoutScheme
  /// With PPLNS: how long ago a share may be that a block still pays, seconds; `nil` when nobody says so.
  public var windowSeconds: Double?

  public init(
    coin: String? = nil, region: String? = nil, tags: Set<String> = [], fee: Double = 0,
    scheme: PayoutScheme = .pplns, windowSeconds: Double? = nil
  ) {
    self.coin = coin
    self.region = region
    self.tags = tags
    self.fee = fee
    self.scheme = scheme
    self.windowSeconds = windowSeconds
  }
}

/// How a pool turns shares into money.
public enum PayoutScheme: String, Sendable, CaseIterable, Codable { case pps, fpps, pplns, prop, solo }
