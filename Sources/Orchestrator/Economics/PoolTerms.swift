/// What the operator wrote about one pool's money and place.
public struct PoolTerms: Sendable, Equatable {
  public var traits: SourceTraits
  public var reward: RewardTerms

  public init(traits: SourceTraits = SourceTraits(), reward: RewardTerms = RewardTerms()) {
    self.traits = traits
    self.reward = reward
  }
}
