import Stratum

/// Which sources are meant: those for which everything that is set here holds. One with nothing set means all.
public struct PolicySelector: Sendable, Equatable {
  /// Name of a pool, or of one source of it (`NAME:ALGORITHM`).
  public var pool: String?
  /// As in `SourceTraits.coin`, in either case.
  public var coin: String?
  public var region: String?
  public var tag: String?

  public init(pool: String? = nil, coin: String? = nil, region: String? = nil, tag: String? = nil) {
    self.pool = pool
    self.coin = coin
    self.region = region
    self.tag = tag
  }

  public func matches(_ source: SourceSnapshot) -> Bool {
    if let pool, !source.isCalled(pool) { return false }
    if let coin, source.traits.coin?.uppercased() != coin.uppercased() { return false }
    if let region, source.traits.region != region { return false }
    if let tag, !source.traits.tags.contains(tag) { return false }
    return true
  }
}

extension PolicySelector: CustomStringConvertible {
  /// `pool alpha`, `coin BTC and region eu`, `every pool`.
  public var description: String {
    let parts = [("pool", pool), ("coin", coin), ("region", region), ("tag", tag)].compactMap { name, value in
      value.map { "\(name) \($0)" }
    }
    return parts.isEmpty ? "every pool" : parts.joined(separator: " and ")
  }
}

/// Which miners are meant: those for which everything that is set here holds.
public struct MinerSelector: Sendable, Equatable {
  public var algorithm: Algorithm?
  /// A pattern for the worker's name: `*` stands for any letters, also none.
  public var worker: String?
  /// A pattern for the account.
  public var account: String?
  /// Levels of consciousness at the local pool, 1 to 9.
  public var level: ClosedRange<Int>?
  public var region: String?
  public var tag: String?

  public init(
    algorithm: Algorithm? = nil, worker: String? = nil, account: String? = nil, level: ClosedRange<Int>? = nil,
    region: String? = nil, tag: String? = nil
  ) {
    self.algorithm = algorithm
    self.worker = worker
    self.account = account
    self.level = level
    self.region = region
    self.tag = tag
  }

  public func matches(_ miner: MinerSnapshot) -> Bool {
    if let algorithm, miner.algorithm != algorithm { return false }
    if let worker, !WordPattern(worker).matches(miner.identity.worker) { return false }
    if let account, !WordPattern(account).matches(miner.identity.account) { return false }
    if let level, !level.contains(miner.traits.level) { return false }
    if let region, miner.traits.region != region { return false }
    if let tag, !miner.traits.tags.contains(tag) { return false }
    return true
  }
}

extension MinerSelector: CustomStringConvertible {
  /// `worker rig* and level 6 to 9`, `every miner`.
  public var description: String {
    var parts: [String] = []
    if let algorithm { parts.append("algorithm \(algorithm.rawValue)") }
    if let worker { parts.append("worker \(worker)") }
    if let account { parts.append("account \(account)") }
    if let level {
      parts.append(
        level.count == 1 ? "level \(level.lowerBound)" : "level \(level.lowerBound) to \(level.upperBound)")
    }
    if let region { parts.append("region \(region)") }
    if let tag { parts.append("tag \(tag)") }
    return parts.isEmpty ? "every miner" : parts.joined(separator: " and ")
  }
}

/// Miners that mine at a certain source while one that `to` means can take them; otherwise the rest of the policy
/// looks after them. The first pin that means a miner holds.
public struct PolicyPin: Sendable, Equatable {
  public var who: MinerSelector
  public var to: PolicySelector

  public init(who: MinerSelector, to: PolicySelector) {
    self.who = who
    self.to = to
  }
}

/// Letters in which `*` stands for any, also none. Costs the product of both lengths at worst, and both are short.
struct WordPattern {
  private let pattern: [UInt8]

  init(_ pattern: String) { self.pattern = Array(pattern.utf8) }

  func matches(_ word: String) -> Bool {
    let word = Array(word.utf8)
    var (at, place) = (0, 0)
    // Where the last star stands, and what it has taken so far.
    var star: (at: Int, place: Int)?
    while place < word.count {
      if at < pattern.count, pattern[at] == UInt8(ascii: "*") {
        star = (at, place)
        at += 1
      } else if at < pattern.count, pattern[at] == word[place] {
        at += 1
        place += 1
      } else if let last = star {
        star = (last.at, last.place + 1)
        (at, place) = (last.at + 1, last.place + 1)
      } else {
        return false
      }
    }
    return pattern[at...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}
