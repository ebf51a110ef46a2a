import Stratum
import TestSupport
import Testing

@testable import Pool

/// A miner that comes when a round is young, where its shares are worth most, and leaves before it is old.
@Suite struct PoolHoppingTests {
  /// Shares of equal work, of which one in so many is a block.
  private static let sharesToABlock = 200
  private static let work = ShareWork(hashes: 1 << 32)
  private static let blocks = 2_000
  private static let rates = ExchangeRates(networkWork: [.sha256d: ShareWork(hashes: work.hashes * 200)])

  /// - Returns: what a hopper's share was paid, against what a share is worth.
  private func gain(_ scheme: RewardScheme, seed: UInt64) throws -> Double {
    let reward = Int64(1_000_000)
    let rules = RewardRules(scheme: scheme, bonusPerBlock: .zero)
    var random = SeededRandom(seed: seed)
    var shares: [String] = []
    var (round, found) = (0, 0)
    var (paid, count) = (Int64(0), 0)
    while found < Self.blocks {
      // Both are as fast; where a round has 43.5 % of a block's shares, PROP pays less than it is worth.
      let isHopping = Double(round) < 0.435 * Double(Self.sharesToABlock)
      let account = isHopping && Bool.random(using: &random) ? "hopper" : "honest"
      shares.append(account)
      round += 1
      if account == "hopper" { count += 1 }
      guard Int.random(in: 0..<Self.sharesToABlock, using: &random) == 0 else { continue }
      found += 1
      let works = try works(of: shares, round: round, scheme)
      let split = try Split(
        of: BlockEarnings(reward: AtomicUnits(reward), finder: account, works: works, rates: Self.rates), rules: rules)
      paid += split.lines.first { $0.account == "hopper" }?.base.value ?? 0
      round = 0
      if shares.count > 4_000 { shares.removeFirst(shares.count - 1_000) }
    }
    return Double(paid) / Double(count) / (Double(reward) / Double(Self.sharesToABlock))
  }

  private func works(of shares: [String], round: Int, _ scheme: RewardScheme) throws -> [WindowWork] {
    let all = shares.reversed().lazy.map { WindowWork(account: $0, algorithm: .sha256d, work: Self.work) }
    guard scheme == .pplns else { return WorkTally(all.prefix(round)).works }
    var window = try PPLNSWindow(
      ofBlockWith: .sha256d, networkWork: ShareWork(hashes: Self.work.hashes * 200), hundredths: 200,
      rates: Self.rates)
    for share in all where try window.take(share: share) == .full { break }
    return window.works
  }

  @Test func `attack 7, pool hopping: with PPLNS, which is what a pool does by itself, a hopper's share earns as any`()
    throws
  {
    #expect(RewardRules().scheme == .pplns)
    for seed in 1...2 as ClosedRange<UInt64> {
      let prop = try gain(.prop, seed: seed)
      #expect(prop > 1.2, "where it works it pays: \(prop)")
      let pplns = try gain(.pplns, seed: seed)
      #expect((0.92...1.08).contains(pplns), "\(pplns)")
    }
  }
}
