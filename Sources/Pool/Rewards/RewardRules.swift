import Stratum

/// How a pool shares out what its blocks bring.
public enum RewardScheme: String, CaseIterable, Hashable, Sendable, Codable {
  /// By work in the window before the block: the last N shares, whoever found it.
  case pplns
  /// By all the work since the pool's last block.
  case prop
  /// The finder takes all: the coinbase pays it, and no wallet of the pool ever holds it.
  case solo
  /// Each share is paid from the reserve as it comes; a block's reward goes to the reserve.
  case pps
}

/// Who gets what the missing part of a short window would have earned: a young pool's first blocks.
public enum ShortWindow: String, CaseIterable, Hashable, Sendable, Codable {
  /// Those in the window share everything.
  case miners
  /// The remainder account: ⌊reward × missing ÷ length⌋. The bonus is not touched by it.
  case pool
}

/// What the operator decides about rewards.
public struct RewardRules: Sendable, Equatable {
  public var scheme: RewardScheme
  public var eco: EcoFactors
  /// The PPLNS window, in hundredths of a block's work; 200 is twice the network's difficulty.
  public var windowHundredths: UInt32
  public var shortWindow: ShortWindow
  /// What a block takes from the bonus fund, while it lasts; zero for no bonus.
  public var bonusPerBlock: AtomicUnits

  public static let standardWindowHundredths: UInt32 = 200
  /// 1,569.634703 ZION. Source: design.md §6.
  public static let standardBonusPerBlock = AtomicUnits(1_569_634_703)

  public init(
    scheme: RewardScheme = .pplns, eco: EcoFactors = EcoFactors(),
    windowHundredths: UInt32 = Self.standardWindowHundredths, shortWindow: ShortWindow = .miners,
    bonusPerBlock: AtomicUnits = Self.standardBonusPerBlock
  ) {
    self.scheme = scheme
    self.eco = eco
    self.windowHundredths = windowHundredths
    self.shortWindow = shortWindow
    self.bonusPerBlock = bonusPerBlock
  }

  /// As they hold for a block: whom its coinbase pays was settled with its work, whatever the configuration says by
  /// now. A block that paid the pool is nobody's alone.
  func holding(for block: BlockRecord) -> RewardRules {
    var rules = self
    if block.paysFinder { rules.scheme = .solo } else if scheme == .solo { rules.scheme = .pplns }
    return rules
  }
}
