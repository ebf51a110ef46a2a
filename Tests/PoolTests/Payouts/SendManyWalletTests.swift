import Stratum
import TestSupport
import Testing

@testable import Pool

/// Against a real node: what was sent is found by its comment.
@Suite(.serialized)
struct SendManyWalletTests {
  private let now = UnixTime(seconds: UInt32(1_600_000_000))

  @Test(.timeLimit(.minutes(3)))
  func `a payout is sent once and found by its comment, however long the history`() async throws {
    let chain = try await WalletChain.start(coins: 8)
    let wallet = try chain.sendManyWallet(pageSize: 3)
    let outputs = try await chain.outputs(10_000_000, 123_456_789, 5_000_000_001)
    guard case .sent(let txid) = await wallet.send(outputs, fees: .pool, comment: "batch one") else {
      Issue.record("the wallet has the money")
      return
    }
    for index in 0..<4 {
      _ = await wallet.send(try await chain.outputs(10_000_000), fees: .pool, comment: "later \(index)")
    }
    let found = try await wallet.find(comment: "batch one", since: now)
    #expect(found.map(\.txid) == [txid])
    #expect(found.first?.outputs == Dictionary(uniqueKeysWithValues: outputs.map { ($0.address, $0.amount) }))
    #expect((found.first?.fee ?? .zero) > .zero)
    #expect(try await wallet.find(comment: "batch", since: now) == [])
    #expect(try await wallet.status(of: txid) == .mempool)
    try await chain.arrival(of: txid, node: 1)
    try await chain.mine()
    #expect(try await chain.received(outputs, confirmations: 1) == outputs.map(\.amount.value))
    var short = WalletSettings()
    short.historyLimit = 3
    let forgetful = try chain.sendManyWallet(short, pageSize: 3)
    await #expect(throws: WalletError.historyTooLong(entries: 3)) {
      _ = try await forgetful.find(comment: "batch one", since: now)
    }
    chain.pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `the fee is the miners' when they bear it, and what cannot be sent is refused`() async throws {
    let chain = try await WalletChain.start(coins: 2)
    let wallet = try chain.sendManyWallet()
    let outputs = try await chain.outputs(100_000_000, 200_000_000)
    guard case .sent(let txid) = await wallet.send(outputs, fees: .miners, comment: "b") else {
      Issue.record("the wallet has the money")
      return
    }
    let match = try #require(try await wallet.find(comment: "b", since: now).first)
    #expect(match.txid == txid)
    #expect(match.outputs.values.reduce(0) { $0 + $1.value } + match.fee.value == 300_000_000)
    try await chain.arrival(of: txid, node: 1)
    #expect(try await chain.received(outputs) == outputs.map { match.outputs[$0.address]?.value ?? 0 })

    guard case .refused = await wallet.send(try await chain.outputs(90_000_000_000), fees: .pool, comment: "c") else {
      Issue.record("the wallet has not that much")
      return
    }
    var stranger = try await chain.outputs(1_000_000)
    stranger[0].address = "no address"
    guard case .refused(let reason) = await wallet.send(stranger, fees: .pool, comment: "d") else {
      Issue.record("the address is none")
      return
    }
    #expect(reason.contains("no address"))
    for comment in ["c", "d"] { #expect(try await wallet.find(comment: comment, since: now) == []) }
    chain.pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `a node that hangs leaves it open, and has sent it when it is back`() async throws {
    let chain = try await WalletChain.start(coins: 2)
    var hasty = WalletSettings()
    // Long enough for a busy machine to have put the request into the node's socket, frozen as that is.
    hasty.sendTimeoutSeconds = 5
    let outputs = try await chain.outputs(100_000_000)
    chain.pair.freeze(0)
    guard case .unclear = await (try chain.sendManyWallet(hasty)).send(outputs, fees: .pool, comment: "x") else {
      Issue.record("the node said nothing")
      return
    }
    chain.pair.thaw(0)
    let wallet = try chain.sendManyWallet()
    // It was in the node's socket all the time.
    try await eventually("the wallet has sent it") {
      try await wallet.find(comment: "x", since: now).count == 1
    }
    try await eventually("the miner's wallet has heard of it") {
      try await chain.received(outputs) == [100_000_000]
    }
    chain.pair.stop()
  }

  @Test func `only what fails before a transaction is made counts as refused`() {
    for code in [-6, -5, -3, -8, -12, -13, -32601] {
      guard case .refused = SendManyWallet.result(of: .refused(code: code, message: "")) else {
        Issue.record("\(code)")
        return
      }
    }
    let open: [NodeError] = [
      .refused(code: -4, message: "Error: The transaction was rejected!"), .refused(code: -1, message: ""),
      .timeout(seconds: 1), .unreachable(""), .malformed(""), .notReady("HTTP 500"), .cancelled,
    ]
    for error in open {
      guard case .unclear = SendManyWallet.result(of: error) else {
        Issue.record("\(error)")
        return
      }
    }
  }

  @Test func `a node's words on a transaction are understood in every version`() {
    for (code, words) in [
      (-27, "transaction already in block chain"), (-26, "257: txn-already-known"), (-25, "txn-already-in-mempool"),
      (-27, "Transaction outputs already in utxo set"), (-26, "Transaction already in the mempool"),
      (-26, "txn-same-nonwitness-data-in-mempool"),
    ] {
      #expect(RawTransactionWallet.result(of: .refused(code: code, message: words)) == .alreadyKnown)
    }
    for (code, words) in [
      (-25, "Missing inputs"), (-26, "258: txn-mempool-conflict"), (-25, "bad-txns-inputs-missingorspent"),
      (-26, "66: insufficient priority"), (-22, "TX decode failed"),
    ] {
      #expect(RawTransactionWallet.result(of: .refused(code: code, message: words)) == .rejected(reason: words))
    }
    for error in [NodeError.timeout(seconds: 3), .refused(code: -1, message: "?"), .notReady("Loading")] {
      #expect(RawTransactionWallet.result(of: error) == .unclear(reason: error.description))
    }
  }
}
