/// What is known of a miner beside its shares, and can make one source better for it than for others.
public struct MinerTraits: Sendable, Equatable {
  /// Its account's level of consciousness at the local pool, 1 to 9; 1 where nobody keeps one.
  public var level: Int
  /// What the bonus of this miner at the local pool is expected to be, as a part of its base pay; 0 or more.
  ///
  /// Of a block with bonus pot P (what the fund still allows) and reward R, work of multiplier m in a window whose
  /// mean multiplier is M earns P ÷ R × m ÷ M beside each unit of base pay (design.md §6).
  public var expectedBonus: Double
  /// Where it is, in the operator's own words.
  public var region: String?
  public var tags: Set<String>

  public init(level: Int = 1, expectedBonus: Double = 0, region: String? = nil, tags: Set<String> = []) {
    self.level = level
    self.expectedBonus = expectedBonus
    self.region = region
    self.tags = tags
  }
}
