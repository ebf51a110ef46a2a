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
}
