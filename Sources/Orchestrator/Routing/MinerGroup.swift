import Stratum

/// Miners that are decided about together: what can make a source pay one miner better than another is the same for
/// all of them.
public struct MinerGroup: Hashable, Sendable, Comparable {
  public var algorithm: Algorithm
  /// Consciousness level, 1 to 9.
  public var level: Int
  public var region: String?

  public init(algorithm: Algorithm, level: Int = 1, region: String? = nil) {
    self.algorithm = algorithm
    self.level = level
    self.region = region
  }

  public init(of miner: MinerSnapshot) {
    self.init(algorithm: miner.algorithm, level: miner.traits.level, region: miner.traits.region)
  }

  /// `sha256d level 6 region eu`: what decisions and their readers call it.
  public var name: String {
    "\(algorithm.rawValue) level \(level)" + (region.map { " region \($0)" } ?? "")
  }

  public static func < (a: MinerGroup, b: MinerGroup) -> Bool { a.name < b.name }

  /// Looks at one of many without taking it out: a copy of a miner costs more than all else that is done with it.
  @inline(__always)
  func holds(_ index: Int, of miners: [MinerSnapshot]) -> Bool {
    level == miners[index].traits.level && algorithm == miners[index].algorithm
      && region == miners[index].traits.region
  }
}

/// What a decision needs to know of a group's miners together.
struct GroupTally {
  let group: MinerGroup
  private var count = 0
  private var bonuses = 0.0

  /// Mean expected bonus of its miners at the local pool.
  var meanBonus: Double { bonuses / Double(max(1, count)) }

  /// One pass, in which no miner is copied: neighbours are mostly of one group, and then nothing is looked up.
  static func of(_ miners: [MinerSnapshot]) -> [GroupTally] {
    var tallies: [GroupTally] = []
    var at = 0
    for index in miners.indices {
      if at == tallies.count || !tallies[at].group.holds(index, of: miners) {
        at = tallies.firstIndex { $0.group.holds(index, of: miners) } ?? tallies.count
        if at == tallies.count { tallies.append(GroupTally(group: MinerGroup(of: miners[index]))) }
      }
      tallies[at].count += 1
      tallies[at].bonuses += miners[index].traits.expectedBonus
    }
    return tallies
  }

  private init(group: MinerGroup) { self.group = group }
}
