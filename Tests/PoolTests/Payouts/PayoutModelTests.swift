import Stratum
import TestSupport
import Testing

@testable import Pool

/// Each miner is paid exactly once, whatever is lost, late, doubled or cut off.
struct PayoutModelTests {
  /// Runs one history and returns what occurred in it.
  private func history(seed: UInt64, route: PayoutOrder.Route) -> [String: Int] {
    var model = ModelPayer(seed: seed, route: route)
    var random = SeededRandom(seed: seed ^ 0xabcd_ef01)
    for round in 0..<3_000 {
      model.isCalm = round >= 250
      model.now += UInt32.random(in: 1...240, using: &random)
      disturb(&model, &random)
      if round % 20 == 0 {
        if !model.isCalm { model.earn() }
        model.plan()
      }
      model.tick()
      // A reviewer comes now and then, when everything that was on its way has arrived.
      if round % 250 == 249 { model.resolveReviews() }
      if round == 250 { for payer in [0, 1] { model.restart(payer) } }
      if model.isCalm, model.isDone { break }
    }
    #expect(model.isDone, "seed \(seed): \(model.stored.values.map(\.state))")
    #expect(model.settled == model.earned, "seed \(seed)")
    model.settleCalls()
    for _ in 0..<8 { model.chain.mine(Array(model.chain.mempool)) }
    #expect(model.chain.paid == model.earned, "seed \(seed): \(model.chain.paid)")
    for (what, count) in model.count where what.hasPrefix("submissions") {
      #expect(count <= 1 || route == .signed, "seed \(seed): \(what) \(count)")
    }
    return model.count
  }

  private func disturb(_ model: inout ModelPayer, _ random: inout SeededRandom) {
    let mempool = model.chain.mempool.sorted { $0.displayHex < $1.displayHex }
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: model.chain.mine(mempool.filter { _ in Bool.random(using: &random) })
    case 30..<34: model.chain.rebroadcast()
    case 34..<36 where !model.isCalm:
      model.chain.reorganise(depth: Int.random(in: 1...5, using: &random), keeps: Bool.random(using: &random))
    case 36..<38 where !model.isCalm:
      if let txid = mempool.randomElement(using: &random) { model.chain.forget(txid) }
    case 38..<39 where !model.isCalm:
      if let txid = model.open.randomElement(using: &random) { model.chain.steal(txid) }
    case 39..<41 where !model.isCalm:
      model.note("crashes")
      model.restart(Int.random(in: 0...1, using: &random))
    default: break
    }
  }

  @Test(arguments: PayoutOrder.Route.allCases)
  func `each miner is paid exactly once, over 500 histories`(route: PayoutOrder.Route) {
    var total: [String: Int] = [:]
    for seed in 0..<500 as Range<UInt64> {
      total.merge(history(seed: seed, route: route).filter { !$0.key.hasPrefix("submissions") }, uniquingKeysWith: +)
    }
    // The histories are worth something only if all this occurred in them.
    for what in ["final", "conflicted", "cancelled", "crashes", "lost races", "seen", "confirmed", "review"] {
      #expect((total[what] ?? 0) > 20, "\(what): \(total)")
    }
  }
}
