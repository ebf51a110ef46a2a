/// What is known of a miner beside its shares.
public struct MinerTraits: Sendable, Equatable {
  /// Its account's level of consciousness, 1 to 9; `nil` where nobody keeps one.
  public var level: Int?
  /// Where it is, in the operator's own words.
  public var region: String?
  public var tags: Set<String>

  public init(level: Int? = nil, region: String? = nil, tags: Set<String> = []) {
    self.level = level
    self.region = region
    self.tags = tags
  }
}
