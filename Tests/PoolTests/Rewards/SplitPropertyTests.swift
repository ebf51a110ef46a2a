import Stratum
import TestSupport
import Testing

@testable import Pool

/// What holds for every split, over many random blocks.
struct SplitPropertyTests {
  static let seeds = 0..<1500 as Range<UInt64>

  @Test func `two computations that share no arithmetic agree to the unit`() throws {
    var several = 0
    var short = 0
    for seed in Self.seeds {
      let example = RewardCase(seed: seed)
      let split = try Split(of: example.earnings(), rules: example.rules)
      let naive = NaiveSplit(of: example)
      for line in split.lines {
        #expect(line.base.value == naive.base[line.account] ?? 0, "seed \(seed), \(line.account)")
        #expect(line.bonus.value == naive.bonus[line.account] ?? 0, "seed \(seed), \(line.account)")
      }
      #expect(Set(split.lines.map(\.account)).isSuperset(of: naive.base.keys), "seed \(seed)")
      #expect(split.remainder.value == naive.remainder, "seed \(seed)")
      if example.networkWork.count > 1 && split.lines.count > 1 { several += 1 }
      if try !example.window().isFull { short += 1 }
    }
    #expect(several > 300)
    #expect((300...1200).contains(short))
  }

  @Test(arguments: RewardScheme.allCases)
  func `no unit of any pot is made or lost`(scheme: RewardScheme) throws {
    for seed in Self.seeds {
      var example = RewardCase(seed: seed)
      example.rules.scheme = scheme
      guard scheme != .solo || !example.shares.isEmpty else { continue }
      let split = try Split(of: example.earnings(), rules: example.rules)
      let base = split.lines.reduce(0) { $0 + $1.base.value }
      #expect(base + split.remainder.value + split.reserve.value == example.reward.value, "seed \(seed)")
      #expect(split.lines.allSatisfy { $0.base >= .zero && $0.bonus >= .zero }, "seed \(seed)")
      #expect(split.bonusPaid <= split.bonusPot, "seed \(seed)")
      #expect(split.bonusPot <= example.fund, "seed \(seed)")
      // Flooring loses less than a unit a line.
      if example.rules.shortWindow == .miners, !split.lines.isEmpty {
        #expect(split.remainder.value < split.lines.count, "seed \(seed)")
      }
    }
  }

  @Test func `the order in which work is told changes nothing`() throws {
    for seed in 0..<300 as Range<UInt64> {
      let example = RewardCase(seed: seed)
      var random = SeededRandom(seed: seed)
      var block = try example.earnings()
      let split = try Split(of: block, rules: example.rules)
      // Split up and out of order.
      block.works = block.works.flatMap { item in
        var half = item
        half.work.hashes /= 2
        var rest = item
        rest.work.hashes -= half.work.hashes
        return [half, rest]
      }.shuffled(using: &random)
      #expect(try Split(of: block, rules: example.rules) == split, "seed \(seed)")
    }
  }

  @Test func `a hundred names in place of one never earn more bonus`() throws {
    var lost = 0
    for seed in 0..<400 as Range<UInt64> {
      let example = RewardCase(seed: seed)
      let block = try example.earnings()
      let split = try Split(of: block, rules: example.rules)
      guard let whole = split.lines.max(by: { $0.weight < $1.weight }) else { continue }
      var random = SeededRandom(seed: ~seed)

      var divided = block
      divided.works.removeAll { $0.account == whole.account }
      divided.multipliers[whole.account] = nil
      let names = (0..<100).map { "\(whole.account)/\($0)" }
      for work in whole.works {
        var rest = work.work.hashes
        for name in names.dropLast() {
          let part = rest / 2 > 0 ? UInt128.random(in: 0...rest / 20, using: &random) : 0
          rest -= part
          divided.works.append(
            WindowWork(account: name, algorithm: work.algorithm, work: ShareWork(hashes: part)))
        }
        divided.works.append(
          WindowWork(account: names[99], algorithm: work.algorithm, work: ShareWork(hashes: rest)))
      }
      // The experience is divided too: no part's level is above the whole's.
      let levels = ConsciousnessMultipliers.all.filter { $0 <= whole.multiplierBasisPoints }
      for name in names { divided.multipliers[name] = levels.randomElement(using: &random) }

      let parts = try Split(of: divided, rules: example.rules).lines.filter { names.contains($0.account) }
      let bonus = parts.reduce(0) { $0 + $1.bonus.value }
      let base = parts.reduce(0) { $0 + $1.base.value }
      #expect(bonus <= whole.bonus.value, "seed \(seed)")
      #expect(base <= whole.base.value, "seed \(seed)")
      if bonus < whole.bonus.value { lost += 1 }
    }
    #expect(lost > 100)
  }
}
