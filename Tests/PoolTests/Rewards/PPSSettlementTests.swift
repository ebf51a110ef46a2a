import Stratum
import TestSupport
import Testing

@testable import Pool

/// Shares paid as they come, out of a reserve.
struct PPSSettlementTests {
  private let terms = PPSSettlement.Terms(reward: AtomicUnits(50_000_000), feeBasisPoints: 200)

  private func group(_ account: String, _ work: UInt128, of networkWork: UInt128) -> PPSSettlement.Group {
    PPSSettlement.Group(
      account: account, algorithm: .sha256d, networkWork: ShareWork(hashes: networkWork),
      work: ShareWork(hashes: work))
  }

  private func settle(
    _ groups: [PPSSettlement.Group], reserve: Int64, carries: [String: UInt32] = [:]
  ) -> PPSSettlement.Outcome {
    PPSSettlement(of: groups, terms: terms, reserve: AtomicUnits(reserve), carries: carries).outcome
  }

  private func credit(_ account: String, _ amount: Int64, carry: UInt32 = 0) -> PPSSettlement.Credit {
    PPSSettlement.Credit(account: account, amount: AtomicUnits(amount), carry: carry)
  }

  @Test func `a share earns its part of a block less the fee, in the order of accounts`() {
    let outcome = settle(
      [group("b", 1, of: 1000), group("a", 5, of: 1000), group("b", 1, of: 500)], reserve: 1_000_000)
    #expect(outcome == .settled([credit("a", 245_000), credit("b", 147_000)], total: AtomicUnits(392_000)))
  }

  @Test func `what the reserve cannot pay stays pending, whole`() {
    let groups = [group("a", 5, of: 1000), group("b", 1, of: 1000)]
    #expect(settle(groups, reserve: 293_999) == .short(by: AtomicUnits(1)))
    #expect(settle(groups, reserve: 0) == .short(by: AtomicUnits(294_000)))
    #expect(settle(groups, reserve: -9) == .short(by: AtomicUnits(294_000)))
    #expect(
      settle(groups, reserve: 294_000)
        == .settled([credit("a", 245_000), credit("b", 49_000)], total: AtomicUnits(294_000)))
  }

  @Test func `a fraction of a unit is carried until it is one`() {
    // 49,000,000 ÷ 2^27 = 0.365078… units a share, which 32 bits of fraction hold exactly.
    var carries: [String: UInt32] = [:]
    var paid: Int64 = 0
    for _ in 0..<1000 {
      guard case .settled(let credits, let total) = settle([group("a", 1, of: 1 << 27)], reserve: 5, carries: carries)
      else { break }
      #expect(credits.count == 1)
      carries["a"] = credits.first?.carry
      paid += total.value
    }
    #expect(paid == 365)
    #expect(carries["a"] == 336_936_960)
  }

  @Test func `nothing is earned by nothing, and nothing traps`() {
    #expect(settle([], reserve: 0) == .settled([], total: .zero))
    #expect(settle([group("a", 0, of: 0)], reserve: 0) == .settled([credit("a", 0)], total: .zero))
    #expect(settle([group("a", .max, of: 0)], reserve: 5) == .short(by: AtomicUnits(.max)))
    let free = PPSSettlement.Terms(reward: AtomicUnits(.max), feeBasisPoints: .max)
    let kept = PPSSettlement(of: [group("a", .max, of: 1)], terms: free, reserve: .zero, carries: [:])
    #expect(kept.outcome == .settled([credit("a", 0)], total: .zero))
  }

  @Test func `credits follow the definition, and never exceed the reserve`() {
    var short = 0
    for seed in 0..<1000 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let terms = PPSSettlement.Terms(
        reward: random.amount(bits: 50), feeBasisPoints: UInt32.random(in: 0...10_000, using: &random))
      var groups: [PPSSettlement.Group] = []
      for _ in 0..<Int.random(in: 0...8, using: &random) {
        let networkWork = random.number(bits: 80)
        groups.append(
          group("a\(Int.random(in: 0..<4, using: &random))", random.number(bits: 80) % networkWork, of: networkWork))
      }
      let carries = ["a0": UInt32.random(in: 0...(.max), using: &random)]
      let reserve = random.amount(bits: 54)

      var earned: [String: UInt128] = [:]
      for group in groups {
        let value =
          Natural(group.work.hashes) * Natural(units: terms.reward.value)
          * Natural(UInt128(10_000 - terms.feeBasisPoints)) * Natural(1 << 32)
        let fixed = value.quotient(by: Natural(group.networkWork.hashes) * Natural(UInt128(10_000)))
        earned[group.account] = (earned[group.account] ?? UInt128(carries[group.account] ?? 0)) + fixed
      }
      let total = earned.values.reduce(0) { $0 + Int64($1 >> 32) }
      switch PPSSettlement(of: groups, terms: terms, reserve: reserve, carries: carries).outcome {
      case .settled(let credits, let sum):
        #expect(sum <= reserve)
        #expect(sum.value == total, "seed \(seed)")
        #expect(credits.map(\.account) == earned.keys.sorted(), "seed \(seed)")
        for credit in credits {
          let exact = UInt128(credit.amount.value) << 32 | UInt128(credit.carry)
          #expect(exact == earned[credit.account], "seed \(seed)")
        }
      case .short(let missing):
        short += 1
        #expect(missing.value == total - reserve.value, "seed \(seed)")
        #expect(missing > .zero)
      }
    }
    #expect((50...950).contains(short))
  }
}
