import AsyncHTTPClient
import Hashing
import Stratum
import TestSupport
import Testing

@testable import Pool

/// Against two real nodes: what they give, what they take, and what they refuse.
@Suite(.serialized)
struct BitcoindTests {
  private let kernels = Kernels()

  /// Shut down with the last test of the process: connections are closed after each call anyway.
  private static let http = HTTPClient(
    eventLoopGroupProvider: .singleton, configuration: BitcoinNode.httpConfiguration)

  private func node(_ url: String) throws -> BitcoinNode {
    var settings = BitcoinNode.Settings()
    settings.pollSeconds = 0.05
    return BitcoinNode(
      endpoint: try NodeEndpoint(url: url), algorithm: .sha256d, http: Self.http, settings: settings)
  }

  private func nodes(_ pair: BitcoindPair) throws -> BitcoinNodes {
    let start = ContinuousClock.now
    return BitcoinNodes(
      try pair.urls.map { try node($0) }, hashes: Kernels(),
      uptime: { MonotonicTime.zero.advanced(bySeconds: seconds(since: start)) }, log: .silent)
  }

  /// Our coinbase on the node's template, paid to an address of the node's wallet.
  private func job(_ template: BlockTemplate, on pair: BitcoindPair, node: any ChainNode) async throws -> JobTemplate {
    let text = try #require(try await pair.call("getnewaddress").string)
    let script = try #require(try await node.scriptPubKey(for: text))
    let fee = FeeOutput(account: "fee", script: script, basisPoints: 133)
    return try JobTemplate(
      template: template, plan: CoinbasePlan(poolScript: script, fees: [fee], salt: 0x1122_3344_5566_7788),
      using: kernels)
  }

  private func solve(_ job: JobTemplate) throws -> (block: [UInt8], hash: Hash256) {
    let whole = try #require(Extranonce([0, 0, 0, 1] + [UInt8](repeating: 7, count: 8)))
    let header = try BlockMaker.header(job, extranonce: whole, using: kernels)
    var search = NonceSearch(algorithm: .sha256d, header: header, target: job.template.target)
    let first = search.first(in: NonceSearch.everyNonce)
    let found = try #require(first)
    return (try BlockMaker.block(job, nonce: found.nonce, using: kernels), found.hash)
  }

  @Test(.timeLimit(.minutes(3)))
  func `a block with our coinbase is taken, and both nodes have it`() async throws {
    let pair = try await BitcoindPair.start(blocks: 101)
    let nodes = try nodes(pair)
    // A payment, so that the block carries more than its coinbase.
    let target = try #require(try await pair.call("getnewaddress").string)
    let payment = try #require(try await pair.call("sendtoaddress", #""\#(target)",1.5"#).string)
    try await eventually("the payment is in a template") {
      try await !nodes.template(for: .sha256d).transactions.isEmpty
    }

    let template = try await nodes.template(for: .sha256d)
    #expect(template.height == 102)
    #expect(template.transactions.map(\.txid.displayHex) == [payment])
    let job = try await job(template, on: pair, node: nodes)
    let (block, hash) = try solve(job)
    #expect(try await nodes.status(of: hash) == .notFound)
    #expect(await nodes.submit(block) == .accepted)
    #expect(await nodes.submit(block) == .accepted)
    #expect(try await nodes.status(of: hash) == .inChain(confirmations: 1))
    #expect(try await nodes.height() == 102)
    try await pair.agree()

    let stored = try await pair.call("getblock", #""\#(hash.displayHex)",2"#, node: 1)
    let coinbase = stored["tx"][0]
    #expect(coinbase["vin"][0]["coinbase"].string?.contains(Hex.encode(Array("/ZION/".utf8))) == true)
    let values = coinbase["vout"].array.map { Int64((($0["value"].double ?? 0) * 1e8).rounded()) }
    #expect(values == [job.coinbase.fees[0].amount.value, job.poolReward.value])
    #expect(values.reduce(0, +) == template.coinbaseValue.value)
    #expect(stored["tx"].array.count == 2)
    pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `proposals are judged, changes are heard of, and a lost branch is orphaned`() async throws {
    let pair = try await BitcoindPair.start(blocks: 2)
    let node = try node(pair.urls[0])
    let template = try await node.template(for: .sha256d)
    let job = try await job(template, on: pair, node: node)

    let good = try #require(job.proposal())
    #expect(try await node.propose(good) == .valid)
    var greedy = template
    greedy.coinbaseValue = AtomicUnits(template.coinbaseValue.value + 1)
    let bad = try #require(try await self.job(greedy, on: pair, node: node).proposal())
    #expect(try await node.propose(bad) == .rejected(reason: "bad-cb-amount"))
    var old = good
    old[4] ^= 1
    guard case .unclear = try await node.propose(old) else {
      Issue.record("a proposal on another block says nothing about our coinbase")
      return
    }

    async let change: Void = node.waitForChange(since: template.id)
    let (block, hash) = try solve(job)
    #expect(await node.submit(block) == .accepted)
    try await change
    var wrong = block
    wrong[50] ^= 1
    guard case .rejected = await node.submit(wrong) else {
      Issue.record("a block with a broken merkle root is refused for ever")
      return
    }
    #expect(await node.submit([1, 2, 3]) == .rejected(reason: "Block decode failed"))

    try await pair.call("invalidateblock", #""\#(hash.displayHex)""#)
    #expect(try await node.status(of: hash) == .orphaned)
    #expect(try await node.scriptPubKey(for: "ZION_0011") == nil)
    #expect(try await node.isValid(address: "not an address") == false)
    pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `a hundred waits that are given up hold no more than one of the node's threads`() async throws {
    let pair = try await BitcoindPair.start(blocks: 2)
    let node = try node(pair.urls[0])
    let template = try await node.template(for: .sha256d)
    #expect(template.longPollID != nil)
    for _ in 0..<100 {
      let waiting = Task { try await node.waitForChange(since: template.id) }
      #expect(try await node.height() == 2)
      waiting.cancel()
      _ = await waiting.result
    }
    async let change: Void = node.waitForChange(since: template.id)
    try await pair.call("generate", "1", node: 1)
    try await change
    #expect(try await node.template(for: .sha256d).height == 4)
    pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `when the first node dies the second is asked, and says why it gives nothing`() async throws {
    let pair = try await BitcoindPair.start(blocks: 2)
    let nodes = try nodes(pair)
    #expect(try await nodes.template(for: .sha256d).height == 3)
    pair.end(0)
    // A node alone makes no templates.
    await #expect(throws: NodeError.notReady("Bitcoin is not connected!")) {
      _ = try await nodes.template(for: .sha256d)
    }
    #expect(try await nodes.height() == 2)
    pair.stop()
  }

  @Test(.timeLimit(.minutes(3)))
  func `wrong credentials and a closed port are told apart`() async throws {
    let pair = try await BitcoindPair.start()
    let wrong = try node(pair.urls[0].replacing(BitcoindPair.password, with: "wrong"))
    await #expect(throws: NodeError.unauthorized) { _ = try await wrong.height() }
    pair.stop()
    let closed = try node(pair.urls[0])
    let error = await #expect(throws: NodeError.self) { _ = try await closed.height() }
    let text = error?.description ?? "no error"
    #expect(text.contains("cannot be reached") && text.contains("127.0.0.1"))
    #expect(!text.contains(BitcoindPair.password))
  }
}
