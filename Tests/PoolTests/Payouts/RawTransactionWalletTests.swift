import Stratum
import TestSupport
import Testing

@testable import Pool

/// Against a real node: what it signs, sends and says afterwards.
@Suite(.serialized)
struct RawTransactionWalletTests {
  @Test(.timeLimit(.minutes(3)))
  func `a payout pays exactly what was asked for, and is followed to its confirmations`() async throws {
    let chain = try await WalletChain.start()
    let wallet = try chain.rawWallet()
    #expect(try await wallet.spendable() == AtomicUnits(250 * 100_000_000))
    let outputs = try await chain.outputs(10_000_000, 123_456_789, 5_000_000_001)
    let payout = try await wallet.prepare(outputs, fees: .pool)
    #expect(payout.amounts == outputs.map(\.amount))
    #expect(payout.fee > .zero)
    #expect(try await wallet.status(of: payout.txid) == .unknown)
    #expect(Set(try await wallet.locked()) == Set(payout.inputs))
    let left = Int64(250 - 50 * payout.inputs.count) * 100_000_000
    #expect(try await wallet.spendable() == AtomicUnits(left))

    #expect(await wallet.broadcast(payout.rawTransaction) == .accepted)
    #expect(try await wallet.status(of: payout.txid) == .mempool)
    let again = await wallet.broadcast(payout.rawTransaction)
    #expect(again == .alreadyKnown || again == .accepted)
    try await chain.arrival(of: payout.txid, node: 1)
    try await chain.mine(2)
    guard case .confirmed(confirmations: 2, let block) = try await wallet.status(of: payout.txid) else {
      Issue.record("two blocks are on top of it")
      return
    }
    let mined = try await chain.pair.call("getblock", #""\#(block.displayHex)""#)
    #expect(mined["tx"].array.contains(.string(payout.txid.displayHex)))
    #expect(try await chain.received(outputs, confirmations: 2) == outputs.map(\.amount.value))
    #expect(await wallet.broadcast(payout.rawTransaction) == .alreadyKnown)

    // The fee is what the node calls it too.
    let own = try await chain.pair.call("gettransaction", #""\#(payout.txid.displayHex)""#)
    #expect(own["fee"].double == -Double(payout.fee.value) / 1e8)
    chain.pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `miners who pay the fee share it, to the unit`() async throws {
    let chain = try await WalletChain.start()
    let wallet = try chain.rawWallet()
    let outputs = try await chain.outputs(100_000_000, 200_000_000, 300_000_003)
    let payout = try await wallet.prepare(outputs, fees: .miners)
    let gross = outputs.map(\.amount.value)
    let net = payout.amounts.map(\.value)
    #expect(gross.reduce(0, +) - net.reduce(0, +) == payout.fee.value)
    #expect(zip(gross, net).allSatisfy { $0 - $1 == payout.fee.value / 3 || $0 - $1 <= payout.fee.value / 3 + 2 })
    #expect(await wallet.broadcast(payout.rawTransaction) == .accepted)
    try await chain.arrival(of: payout.txid, node: 1)
    try await chain.mine()
    #expect(try await chain.received(outputs, confirmations: 1) == net)
    chain.pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `a payout that is not made leaves nothing locked, and says why`() async throws {
    let chain = try await WalletChain.start(coins: 2)
    var settings = WalletSettings()
    settings.feePerKilobyte = AtomicUnits(200_000)
    settings.maximumFee = AtomicUnits(10)
    let dear = try chain.rawWallet(settings)
    let outputs = try await chain.outputs(100_000_000)
    let error = await #expect(throws: WalletError.self) { _ = try await dear.prepare(outputs, fees: .pool) }
    guard case .feeTooHigh(let fee, limit: AtomicUnits(10)) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(fee.value > 20_000, "200,000 for 1,000 bytes")
    settings.maximumFee = AtomicUnits(1_000_000)
    settings.maximumFeePerKilobyte = AtomicUnits(100_000)
    await #expect(throws: WalletError.self) { _ = try await chain.rawWallet(settings).prepare(outputs, fees: .pool) }
    #expect(try await dear.locked() == [])

    let wallet = try chain.rawWallet()
    let many = try await chain.outputs(20_000_000_000)
    let poor = await #expect(throws: WalletError.self) { _ = try await wallet.prepare(many, fees: .pool) }
    guard case .insufficientFunds = poor else {
      Issue.record("\(String(describing: poor))")
      return
    }
    var stranger = outputs
    stranger[0].address = "no address"
    let refused = await #expect(throws: WalletError.self) { _ = try await wallet.prepare(stranger, fees: .pool) }
    guard case .outputsRefused(let words) = refused else {
      Issue.record("\(String(describing: refused))")
      return
    }
    #expect(words.contains("no address"))
    // The node would pay the address, but not by the script that we know for it.
    var other = outputs
    other[0].script[5] ^= 1
    await #expect(throws: WalletError.otherTransaction("nothing for \(other[0].address)")) {
      _ = try await wallet.prepare(other, fees: .pool)
    }
    #expect(try await wallet.locked() == [])
    await #expect(throws: WalletError.unreasonable("it has no outputs")) {
      _ = try await wallet.prepare([], fees: .pool)
    }
    await #expect(throws: WalletError.unreasonable("\(outputs[0].address) is in it twice")) {
      _ = try await wallet.prepare(outputs + outputs, fees: .pool)
    }
    chain.pair.stop()
    await #expect(throws: WalletError.self) { _ = try await wallet.prepare(outputs, fees: .pool) }
    guard case .unclear = await wallet.broadcast([1, 2, 3]) else {
      Issue.record("a node that is away said nothing")
      return
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `inputs are locked anew after the node forgot, and given back`() async throws {
    let chain = try await WalletChain.start(coins: 2)
    let wallet = try chain.rawWallet()
    let first = try await wallet.prepare(try await chain.outputs(4_000_000_000), fees: .pool)
    // What a restart does.
    try await chain.pair.call("lockunspent", "true")
    #expect(try await wallet.locked() == [])
    try await wallet.relock(first.inputs)
    try await wallet.relock(first.inputs)
    #expect(try await wallet.locked() == first.inputs)
    let second = try await wallet.prepare(try await chain.outputs(4_000_000_000), fees: .pool)
    #expect(Set(second.inputs).isDisjoint(with: first.inputs))
    let third = try await chain.outputs(4_000_000_000)
    await #expect(throws: WalletError.self) { _ = try await wallet.prepare(third, fees: .pool) }

    try await wallet.release(first.inputs)
    try await wallet.release(first.inputs)
    let again = try await wallet.prepare(third, fees: .pool)
    #expect(again.inputs == first.inputs)
    // Of two that spend the same, the node takes one.
    #expect(await wallet.broadcast(again.rawTransaction) == .accepted)
    guard case .rejected = await wallet.broadcast(first.rawTransaction) else {
      Issue.record("its input is spent")
      return
    }
    guard case .rejected = await wallet.broadcast([1, 2, 3]) else {
      Issue.record("that is no transaction")
      return
    }
    #expect(try await wallet.status(of: first.txid) == .unknown)
    // Spent inputs are no trouble to either.
    try await wallet.relock(again.inputs)
    try await wallet.release(again.inputs)
    chain.pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `a payout whose input was spent by another confirmed transaction is conflicted, as deep as that is`()
    async throws
  {
    let chain = try await WalletChain.start(coins: 1)
    let wallet = try chain.rawWallet()
    let ours = try await wallet.prepare(try await chain.outputs(100_000_000), fees: .pool)
    // The same coin, spent by somebody who has the wallet's key.
    try await wallet.release(ours.inputs)
    let theirs = try await wallet.prepare(try await chain.outputs(200_000_000), fees: .pool)
    #expect(theirs.inputs == ours.inputs)
    try await chain.pair.call("setnetworkactive", "false", node: 1)
    try await eventually("the nodes are apart") {
      try await chain.pair.call("getconnectioncount", node: 0).int == 0
    }
    #expect(await wallet.broadcast(ours.rawTransaction) == .accepted)
    try await chain.pair.call("sendrawtransaction", #""\#(Hex.encode(theirs.rawTransaction))""#, node: 1)
    try await chain.pair.call("generate", "2", node: 1)
    #expect(try await wallet.status(of: ours.txid) == .mempool)
    try await chain.pair.call("setnetworkactive", "true", node: 1)
    try await chain.pair.agree()
    try await eventually("the wallet sees the conflict") {
      try await wallet.status(of: ours.txid) == .conflicted(depth: 2)
    }
    #expect(try await wallet.status(of: theirs.txid) != .unknown)
    chain.pair.stop()
  }
}
