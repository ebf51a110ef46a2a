/// What is known of a miner beside its connection, and can make one source better for it than for others.
public struct MinerTraits: Sendable, Equatable {
  /// Consciousness level at the local pool, 1 to 9.
  public var level: Int
  /// What the bonus of this miner at the local pool is expected to be, as a part of its base pay; 0 or more.
  ///
  /// Of a block with bonus pot P (what the fund still allows) and reward R, work of multiplier m in a window whose
  /// mean multiplier is M earns P ÷ R × m ÷ M beside each unit of base pay (design.md §6).
  public var expectedBonus: Double
  /// In the operator's own words, as for `SourceTraits`.
  public var region: String?
  public var tags: Set<String>

  public init(level: Int = 1, expectedBonus: Double = 0, region: String? = nil, tags: Set<String> = []) {
    self.level = level
    self.expectedBonus = expectedBonus
    self.region = region
    self.tags = tags
  }
}
