import Stratum
import TestSupport
import Testing

@testable import Pool

/// Who gets what of a block, in cases that can be checked by hand.
struct BlockSplitTests {
  private let rates = ExchangeRates(networkWork: [.sha256d: ShareWork(hashes: 1000)])

  private func work(_ account: String, _ hashes: UInt128, _ algorithm: Algorithm = .sha256d) -> WindowWork {
    WindowWork(account: account, algorithm: algorithm, work: ShareWork(hashes: hashes))
  }

  private func earnings(_ works: [WindowWork], reward: Int64 = 1000, fund: Int64 = 0) -> BlockEarnings {
    BlockEarnings(
      reward: AtomicUnits(reward), finder: "finder", works: works, rates: rates, fund: AtomicUnits(fund))
  }

  private func rules(_ scheme: RewardScheme = .pplns, bonus: Int64 = 100) -> RewardRules {
    RewardRules(scheme: scheme, bonusPerBlock: AtomicUnits(bonus))
  }

  @Test func `the standard bonus and window are the mission's`() {
    #expect(RewardRules().bonusPerBlock == AtomicUnits(1_569_634_703))
    #expect(RewardRules().windowHundredths == 200)
    #expect(RewardRules().scheme == .pplns)
  }

  @Test func `base goes by work, and what flooring leaves is the remainder`() throws {
    let split = try Split(of: earnings([work("c", 1), work("a", 1), work("b", 1)]), rules: rules())
    #expect(split.lines.map(\.account) == ["a", "b", "c"])
    #expect(split.lines.map(\.base.value) == [333, 333, 333])
    #expect(split.remainder == AtomicUnits(1))
    #expect(split.reserve == .zero)
  }

  @Test func `lines are in the order of bytes, not of any language`() throws {
    let names = ["b", "B", "ä", "Z", "a", "_"]
    let split = try Split(of: earnings(names.map { work($0, 5) }), rules: rules())
    #expect(split.lines.map(\.account) == ["B", "Z", "_", "a", "b", "ä"])
  }

  @Test func `eco factors are weights inside the pot`() throws {
    var block = earnings([work("a", 1 << 20), work("b", 1 << 20, .cosmicHarmony)])
    block.rates = ExchangeRates(networkWork: [
      .sha256d: ShareWork(hashes: 1 << 30), .cosmicHarmony: ShareWork(hashes: 1 << 30),
    ])
    let split = try Split(of: block, rules: rules())
    #expect(split.lines.map(\.base.value) == [444, 555])
    let plain = RewardRules(eco: EcoFactors(overridden: [.cosmicHarmony: 10_000]))
    #expect(try Split(of: block, rules: plain).lines.map(\.base.value) == [500, 500])
  }

  @Test(
    arguments: [
      (.sha256d, 10_000), (.scrypt, 10_000), (.kawpow, 10_000), (.cosmicHarmony, 12_500), (.yescrypt, 11_500),
      (.yescryptR8, 11_500), (.yescryptR16, 11_500), (.yescryptR32, 11_500), (.yespower, 11_500),
      (.yespowerR16, 11_500),
    ] as [(Algorithm, UInt32)])
  func `every algorithm has its eco factor`(algorithm: Algorithm, basisPoints: UInt32) {
    #expect(EcoFactors().basisPoints(for: algorithm) == basisPoints)
    #expect(EcoFactors(overridden: [algorithm: 3]).basisPoints(for: algorithm) == 3)
  }

  @Test func `multipliers move the bonus and never the base`() throws {
    var block = earnings([work("a", 10), work("b", 10)], fund: 5000)
    block.multipliers = ["a": 30_000]
    let split = try Split(of: block, rules: rules(bonus: 100))
    #expect(split.lines.map(\.base.value) == [500, 500])
    #expect(split.lines.map(\.bonus.value) == [75, 25])
    #expect(split.bonusPaid == AtomicUnits(100))
  }

  @Test func `the bonus is never more than the fund holds, and what flooring leaves stays there`() throws {
    let block = earnings([work("a", 1), work("b", 1), work("c", 1)], fund: 50)
    let split = try Split(of: block, rules: rules(bonus: 100))
    #expect(split.bonusPot == AtomicUnits(50))
    #expect(split.lines.map(\.bonus.value) == [16, 16, 16])
    #expect(split.bonusPaid == AtomicUnits(48))
    #expect(try Split(of: block, rules: rules(bonus: 0)).bonusPaid == .zero)
  }

  @Test func `the finder of a SOLO block takes both pots, whoever else worked`() throws {
    let block = earnings([work("a", 10), work("finder", 3)], fund: 5000)
    let split = try Split(of: block, rules: rules(.solo))
    #expect(split.lines.map(\.account) == ["finder"])
    #expect(split.lines.first?.base == AtomicUnits(1000))
    #expect(split.lines.first?.bonus == AtomicUnits(100))
    #expect(split.isPaidByCoinbase)
    var nobody = block
    nobody.finder = nil
    #expect(throws: SplitError.finderUnknown) { try Split(of: nobody, rules: rules(.solo)) }
  }

  @Test func `a PPS block goes to the reserve, and its lines share the bonus`() throws {
    let split = try Split(of: earnings([work("a", 10), work("b", 30)], fund: 5000), rules: rules(.pps))
    #expect(split.reserve == AtomicUnits(1000))
    #expect(split.remainder == .zero)
    #expect(split.lines.map(\.base) == [.zero, .zero])
    #expect(split.lines.map(\.bonus.value) == [25, 75])
  }

  @Test(arguments: [RewardScheme.pplns, .prop])
  func `with no work at all the finder has everything, or nobody`(scheme: RewardScheme) throws {
    var block = earnings([], fund: 5000)
    let split = try Split(of: block, rules: rules(scheme))
    #expect(split.lines == [SplitLine(account: "finder", base: AtomicUnits(1000))])
    #expect(split.bonusPaid == .zero)
    block.finder = nil
    let orphaned = try Split(of: block, rules: rules(scheme))
    #expect(orphaned.lines == [])
    #expect(orphaned.remainder == AtomicUnits(1000))
  }

  @Test func `what a short window leaves goes where the rule says`() throws {
    var block = earnings([work("a", 300), work("b", 300)])
    block.fill = WindowFill(measured: 600, length: 2000)
    #expect(try Split(of: block, rules: rules()).lines.map(\.base.value) == [500, 500])
    let held = RewardRules(shortWindow: .pool, bonusPerBlock: .zero)
    let split = try Split(of: block, rules: held)
    #expect(split.lines.map(\.base.value) == [150, 150])
    #expect(split.remainder == AtomicUnits(700))
    // A round has no length that it could miss.
    let prop = RewardRules(scheme: .prop, shortWindow: .pool, bonusPerBlock: .zero)
    #expect(try Split(of: block, rules: prop).remainder == .zero)
  }

  @Test func `fees are kept beside the reward and not taken twice`() throws {
    var block = earnings([work("a", 1)])
    block.fees = [FeePayment(account: "dev", amount: AtomicUnits(77))]
    let split = try Split(of: block, rules: rules())
    #expect(split.fees == block.fees)
    #expect(split.lines.first?.base == AtomicUnits(1000))
  }

  @Test func `negative amounts and uncountable work stop the split`() {
    #expect(throws: SplitError.negative("reward", AtomicUnits(-1))) {
      try Split(of: earnings([], reward: -1), rules: rules())
    }
    #expect(throws: SplitError.negative("bonus fund", AtomicUnits(-1))) {
      try Split(of: earnings([], fund: -1), rules: rules())
    }
    #expect(throws: SplitError.negative("bonus per block", AtomicUnits(-5))) {
      try Split(of: earnings([]), rules: rules(bonus: -5))
    }
    #expect(throws: SplitError.weightOverflow("a")) {
      try Split(of: earnings([work("a", .max)]), rules: rules())
    }
    #expect(throws: SplitError.exchange(.unknownNetworkWork(.kawpow))) {
      try Split(of: earnings([work("a", 1, .kawpow)]), rules: rules())
    }
  }

  @Test func `the greatest numbers that can be counted are split exactly`() throws {
    let most = UInt128.max / 10_000
    var block = earnings([work("a", most), work("b", most), work("c", most)], reward: .max, fund: .max)
    block.multipliers = ["a": .max, "b": .max, "c": .max]
    let split = try Split(of: block, rules: rules(bonus: .max))
    let third = Int64.max / 3
    #expect(split.lines.map(\.base.value) == [third, third, third])
    #expect(split.lines.map(\.bonus.value) == [third, third, third])
    #expect(split.remainder.value == Int64.max - 3 * third)
  }
}
