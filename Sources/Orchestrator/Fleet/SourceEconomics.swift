/// What one source's own jobs say that a hash earns there, and what that is worth.
public struct SourceEconomics: Sendable, Equatable {
  /// The coin that it pays in.
  public var coin: String?
  /// What a block of the newest job pays to its miners, in coins; above 0.
  public var blockReward: Double
  /// Expected hashes for one block, from nBits; above 0.
  public var hashesPerBlock: Double
  /// Expected coins for one hash, the pool's fee taken off, addends of merge-mined coins in this coin's worth included.
  public var coinsPerHash: Double
  /// The same in the currency of the prices; `nil` without a price that can be trusted.
  public var currencyPerHash: Double?
  /// Age of the job, or of the price where that is older.
  public var ageSeconds: Double
  /// How far the figure can be trusted, 0 to 1.
  public var confidence: Double
  /// Why there is no price, in words.
  public var trouble: String?
  /// Between two blocks of its chain, seconds: as configured, or as observed.
  public var blockIntervalSeconds: Double?
  /// What the pool itself says that a hash earns, in coins, and how many times what its jobs say that was on average.
  /// An observation of unknown worth: nothing is decided by it.
  public var claimedCoinsPerHash: Double?
  public var claimRatio: Double?

  public init(
    coin: String?, blockReward: Double, hashesPerBlock: Double, coinsPerHash: Double, currencyPerHash: Double? = nil,
    ageSeconds: Double = 0, confidence: Double = 1, trouble: String? = nil
  ) {
    self.coin = coin
    self.blockReward = blockReward
    self.hashesPerBlock = hashesPerBlock
    self.coinsPerHash = coinsPerHash
    self.currencyPerHash = currencyPerHash
    self.ageSeconds = ageSeconds
    self.confidence = confidence
    self.trouble = trouble
  }
}
