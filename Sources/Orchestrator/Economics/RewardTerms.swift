/// What the operator knows of a pool's money that its jobs do not show.
public struct RewardTerms: Sendable, Equatable {
  /// Something that comes on top of each block's reward, such as coins that are mined along with it.
  public struct Addend: Sendable, Equatable {
    public enum Amount: Sendable, Equatable {
      /// A part of the block reward: 0.02 is two percent. 0 to 10.
      case fraction(Double)
      /// Coins of this pool's own coin for each block.
      case coins(Double)
    }

    public var name: String
    public var amount: Amount

    public init(name: String, amount: Amount) {
      self.name = name
      self.amount = amount
    }
  }

  /// Coins that a block pays, instead of what the job shows: for jobs that do not show it (KawPow), and for pools that
  /// pay something else (PPS leaves the transaction fees out).
  public var blockReward: Double?
  /// Digits behind the point of one coin, 0 to 18.
  public var decimals: Int
  /// Scripts of coinbase outputs that are not the miners'.
  public var otherScripts: Set<[UInt8]>
  public var addends: [Addend]
  /// Between two blocks of the chain, seconds; `nil`: as observed.
  public var blockIntervalSeconds: Double?

  public init(
    blockReward: Double? = nil, decimals: Int = 8, otherScripts: Set<[UInt8]> = [], addends: [Addend] = [],
    blockIntervalSeconds: Double? = nil
  ) {
    self.blockReward = blockReward
    self.decimals = max(0, min(18, decimals))
    self.otherScripts = otherScripts
    self.addends = addends
    self.blockIntervalSeconds = blockIntervalSeconds
  }
}
