import Stratum
import TestSupport
import Testing

@testable import Pool

struct PayoutPlanTests {
  private static let zion: Int64 = 1_000_000

  private func rules(_ change: (inout PayoutRules) -> Void = { _ in }) -> PayoutRules {
    var rules = PayoutRules(pool: "zion", chain: "regtest")
    rules.feeReserve = .zero
    change(&rules)
    return rules
  }

  private func candidate(_ address: String, _ zions: Int64, threshold: Int64? = nil) -> PayoutCandidate {
    PayoutCandidate(
      address: address, destination: .payable(script: Array(address.utf8)), balance: AtomicUnits(zions * Self.zion),
      threshold: threshold.map { AtomicUnits($0) })
  }

  private func plan(
    _ candidates: [PayoutCandidate], _ rules: PayoutRules, spendable: Int64 = .max, seed: UInt64 = 1
  ) -> PayoutPlan {
    var random = SeededRandom(seed: seed)
    return PayoutPlan(candidates, rules: rules, spendable: AtomicUnits(spendable), using: &random)
  }

  private func paid(_ plan: PayoutPlan) -> [[String]] { plan.orders.map { $0.outputs.map(\.address) } }

  @Test func `who has reached the threshold is paid, the most first, among equals the smaller address`() {
    let plan = plan(
      [candidate("b", 10), candidate("a", 10), candidate("d", 9), candidate("c", 30), candidate("e", 0)], rules())
    #expect(paid(plan) == [["c", "a", "b"]])
    #expect(plan.orders[0].outputs.map(\.amount.value) == [30, 10, 10].map { $0 * Self.zion })
    #expect(plan.orders[0].requiredApprovals == 0)
    #expect(plan.belowThreshold == 2)
    #expect(plan.waiting == [])
  }

  @Test func `a miner's own threshold counts, but never below the pool's least`() {
    let plan = plan(
      [
        candidate("low", 2, threshold: 2 * Self.zion), candidate("high", 50, threshold: 51 * Self.zion),
        candidate("one", 1, threshold: 5), candidate("none", 0, threshold: 0),
      ], rules())
    #expect(paid(plan) == [["low", "one"]])
    #expect(plan.belowThreshold == 2)
    var cents = candidate("x", 0, threshold: 1)
    cents.balance = AtomicUnits(999_999)
    #expect(self.plan([cents], rules()).belowThreshold == 1)
  }

  @Test func `one bad address does not keep the rest from being paid`() {
    var bad = candidate("bad", 100)
    bad.destination = .invalid(reason: "no address")
    var unsure = candidate("unsure", 90)
    unsure.destination = .unclear(reason: "node away")
    let plan = plan([candidate("good", 10), bad, unsure], rules())
    #expect(paid(plan) == [["good"]])
    #expect(plan.waiting.map(\.address) == ["bad", "unsure"])
    #expect(plan.waiting.map(\.reason) == [.invalidAddress("no address"), .unclearAddress("node away")])
  }

  @Test func `batches are bounded by outputs and by sum, and approvals are asked for above the limit only`() {
    let six = (1...6).map { candidate("m\($0)", 10 * $0) }
    let byOutputs = plan(six, rules { $0.maximumOutputs = 4 })
    #expect(paid(byOutputs) == [["m6", "m5", "m4", "m3"], ["m2", "m1"]])
    let bySum = plan(
      six,
      rules {
        $0.maximumTotal = AtomicUnits(70 * Self.zion)
        $0.approvalLimit = AtomicUnits(60 * Self.zion)
      })
    #expect(paid(bySum) == [["m6", "m1"], ["m5", "m2"], ["m4", "m3"]])
    #expect(bySum.orders.map(\.requiredApprovals) == [2, 2, 2])
    #expect(plan(six, rules { $0.approvalLimit = AtomicUnits(210 * Self.zion) }).orders[0].requiredApprovals == 0)
    #expect(plan(six, rules { $0.approvalLimit = AtomicUnits(210 * Self.zion - 1) }).orders[0].requiredApprovals == 2)
  }

  @Test func `a balance above what a batch holds is paid in parts`() {
    let plan = plan([candidate("rich", 100)], rules { $0.maximumTotal = AtomicUnits(30 * Self.zion) })
    #expect(plan.orders.map(\.total.value) == [30 * Self.zion])
    let rest = AtomicUnits(70 * Self.zion)
    #expect(
      plan.waiting == [
        .init(address: "rich", amount: rest, reason: .batchFull(limit: AtomicUnits(30 * Self.zion)))
      ])
  }

  @Test func `when the wallet has too little, what fits is paid and the rest is told why it waits`() {
    let four = [candidate("a", 40), candidate("b", 30), candidate("c", 20), candidate("d", 10)]
    let plan = plan(four, rules(), spendable: 75 * Self.zion)
    #expect(paid(plan) == [["a", "b"]])
    let left = AtomicUnits(5 * Self.zion)
    #expect(plan.waiting.map(\.reason) == [.fundsMissing(left: left), .fundsMissing(left: left)])
    #expect(paid(self.plan(four, rules(), spendable: 55 * Self.zion)) == [["a", "d"]])
    let reserve = rules { $0.feeReserve = AtomicUnits(Self.zion) }
    #expect(paid(self.plan(four, reserve, spendable: 40 * Self.zion)) == [["b"]])
    #expect(paid(self.plan(four, rules { $0.fees = .miners }, spendable: 40 * Self.zion)) == [["a"]])
    #expect(self.plan(four, rules(), spendable: -5).orders == [])
  }

  @Test func `dust waits, and two spellings of one address go into two batches`() {
    var small = candidate("small", 1, threshold: 1)
    small.balance = AtomicUnits(545)
    let tiny = rules { $0.minimumThreshold = AtomicUnits(1) }
    #expect(plan([small], tiny).waiting.map(\.reason) == [.dust(limit: AtomicUnits(546))])
    var twin = candidate("A", 20)
    twin.destination = .payable(script: Array("a".utf8))
    #expect(paid(plan([candidate("a", 20), twin, candidate("b", 10)], rules())) == [["A", "b"], ["a"]])
  }

  @Test func `attack 19, payout griefing: dust, unusual scripts and ten thousand tiny accounts keep nobody waiting`() {
    let hash = [UInt8](repeating: 7, count: 20)
    let standard: [[UInt8]] = [
      [0x76, 0xa9, 20] + hash + [0x88, 0xac], [0xa9, 20] + hash + [0x87], [0, 20] + hash,
      [0, 32] + hash + hash.prefix(12),
      [0x51, 32] + hash + hash.prefix(12), [33, 2] + hash + hash.prefix(12) + [0xac],
    ]
    // Nothing, data, anybody's, a version of the future, a hash cut short, and more than any wallet makes.
    let unusual: [[UInt8]] = [
      [], [0x6a, 4, 1, 2, 3, 4], [0x51], [0x60, 32] + hash + hash.prefix(12),
      [0x76, 0xa9, 19] + hash.dropLast() + [0x88, 0xac],
      [UInt8](repeating: 0x51, count: 10_000),
    ]
    var candidates = standard.enumerated().map { index, script in
      PayoutCandidate(
        address: "honest\(index)", destination: .init(script: script), balance: AtomicUnits(20 * Self.zion))
    }
    for (index, script) in unusual.enumerated() {
      // The most is owed to them: they stand first.
      candidates.append(
        PayoutCandidate(
          address: "odd\(index)", destination: .init(script: script), balance: AtomicUnits(1_000 * Self.zion)))
    }
    for index in 0..<10_000 {
      var tiny = candidate("tiny\(index)", 0, threshold: 0)
      tiny.balance = AtomicUnits(Self.zion - 1)
      candidates.append(tiny)
    }
    let spendable = 500 * Self.zion
    var random = SeededRandom(seed: 19)
    let plan = plan(candidates.shuffled(using: &random), rules { $0.maximumOutputs = 4 }, spendable: spendable)
    #expect(plan.orders.map(\.outputs.count) == [4, 2])
    #expect(Set(plan.orders.flatMap(\.outputs).map(\.address)) == Set(standard.indices.map { "honest\($0)" }))
    #expect(Set(plan.waiting.map(\.address)) == Set(unusual.indices.map { "odd\($0)" }))
    for one in plan.waiting { #expect("\(one.reason)".contains("nodes relay no payment to it")) }
    #expect(plan.belowThreshold == 10_000)
  }

  @Test func `any balances are paid exactly, within the funds, the same way in any order`() {
    for seed in 0..<300 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let candidates = (0..<Int.random(in: 0...60, using: &random)).map { index in
        var one = candidate("m\(index)", 0)
        one.balance = AtomicUnits(Int64.random(in: -5...60_000_000, using: &random))
        if Bool.random(using: &random) { one.threshold = AtomicUnits(Int64.random(in: 0...30_000_000, using: &random)) }
        if Int.random(in: 0..<8, using: &random) == 0 { one.destination = .invalid(reason: "?") }
        return one
      }
      let limits = rules {
        $0.maximumOutputs = Int.random(in: 1...20, using: &random)
        if Bool.random(using: &random) {
          $0.maximumTotal = AtomicUnits(Int64.random(in: 10_000_000...90_000_000, using: &random))
        }
        $0.feeReserve = AtomicUnits(Int64.random(in: 0...1_000_000, using: &random))
      }
      let spendable = Int64.random(in: 0...900_000_000, using: &random)
      let plan = plan(candidates, limits, spendable: spendable, seed: seed)
      #expect(self.plan(candidates.shuffled(using: &random), limits, spendable: spendable, seed: seed) == plan)
      let outputs = plan.orders.flatMap(\.outputs)
      let total = outputs.reduce(0) { $0 + $1.amount.value }
      #expect(total + Int64(plan.orders.count) * limits.feeReserve.value <= spendable)
      let waiting = Dictionary(uniqueKeysWithValues: plan.waiting.map { ($0.address, $0.amount.value) })
      let gets = Dictionary(uniqueKeysWithValues: outputs.map { ($0.address, $0.amount.value) })
      for one in candidates {
        let reached = one.balance.value >= max(1, limits.threshold(of: one).value)
        #expect((gets[one.address] ?? 0) + (waiting[one.address] ?? 0) == (reached ? one.balance.value : 0))
      }
      for order in plan.orders {
        #expect((1...limits.maximumOutputs).contains(order.outputs.count))
        #expect(order.total <= limits.maximumTotal ?? order.total)
      }
      #expect(Set(plan.orders.map(\.id)).count == plan.orders.count)
    }
  }

  @Test func `ids are UUIDs, of the randomness that was given`() throws {
    var random = SeededRandom(seed: 3)
    for _ in 0..<200 {
      let id = PayoutBatchID(using: &random)
      #expect(PayoutBatchID(id.text) == id)
      #expect(id.text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil)
    }
    let text = Sample.id().text
    for wrong in ["", text.uppercased() + "A", String(text.dropLast()), text.replacing("-", with: "0"), text + "-"] {
      #expect(PayoutBatchID(wrong) == nil)
    }
  }
}
