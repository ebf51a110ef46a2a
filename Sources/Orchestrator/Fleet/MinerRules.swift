import Stratum

/// Where a miner is and what it is, in the operator's own words.
public struct MinerLabel: Sendable, Equatable, Codable {
  public var region: String?
  public var tags: Set<String>

  public init(region: String? = nil, tags: Set<String> = []) {
    self.region = region
    self.tags = tags
  }
}

/// What one line of `miners` says, of the miners for whom everything that it names holds. With nothing named it means
/// all.
public struct MinerRule: Sendable, Equatable {
  /// A pattern for the worker's name: `*` stands for any letters, also none.
  public var worker: String?
  /// A pattern for the account.
  public var account: String?
  /// Where it connects from.
  public var network: NetworkRange?
  public var label: MinerLabel

  public init(
    worker: String? = nil, account: String? = nil, network: NetworkRange? = nil, label: MinerLabel = MinerLabel()
  ) {
    self.worker = worker
    self.account = account
    self.network = network
    self.label = label
  }

  /// - Parameter address: of its connection, without the port; `nil` when nobody knows, which is in no network.
  func matches(_ miner: MinerIdentity, at address: String?) -> Bool {
    if let worker, !WordPattern(worker).matches(miner.worker) { return false }
    if let account, !WordPattern(account).matches(miner.account) { return false }
    if let network, !(address.map(network.contains) ?? false) { return false }
    return true
  }
}

/// Gives miners their regions and tags.
public struct MinerRules: Sendable, Equatable {
  /// In the operator's order.
  public var rules: [MinerRule]
  /// What a miner may say of itself: groups of miners are decided about one by one, and it is not for miners to make
  /// new ones.
  public var regions: Set<String>
  public var tags: Set<String>

  public init(_ rules: [MinerRule] = [], regions: Set<String> = [], tags: Set<String> = []) {
    self.rules = rules
    self.regions = regions.union(rules.compactMap(\.label.region))
    self.tags = rules.reduce(into: tags) { $0.formUnion($1.label.tags) }
  }

  /// The region of the first rule that means the miner and has one, else its own word; the tags of all rules that mean
  /// it, and its own.
  ///
  /// - Parameter own: what the miner says of itself; words that are not in `regions` and `tags` are left out.
  public func label(_ miner: MinerIdentity, at address: String?, own: MinerLabel = MinerLabel()) -> MinerLabel {
    var label = MinerLabel(tags: own.tags.intersection(tags))
    for rule in rules where rule.matches(miner, at: address) {
      label.region = label.region ?? rule.label.region
      label.tags.formUnion(rule.label.tags)
    }
    label.region = label.region ?? own.region.flatMap { regions.contains($0) ? $0 : nil }
    return label
  }
}
