import Foundation
import Pool
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// From the miner's hash to the coins in its wallet, with the programs that users have.
  @Suite struct MoneyTests {
    @Test(.timeLimit(.minutes(5)))
    func `three miners are paid what their blocks brought, and the node's wallet shows exactly those outputs`()
      async throws
    {
      let pool = try await MoneyPool(payouts: "{ interval: 10s, threshold: 0.01, minimum: 0.001, confirmations: 2 }")
      try await pool.mineAndPay()
      for address in pool.miners {
        let received = try #require(
          try await pool.nodes.call("getreceivedbyaddress", "\"\(address)\",0", node: 1).double)
        let paid = try #require(try await pool.balance(address)["paid"])
        #expect(Coin.bitcoin.text(AtomicUnits(Int64((received * 1e8).rounded()))) == paid)
      }
      let payouts = try await pool.zion("payouts", "--json")
      #expect(payouts.json.array.allSatisfy { $0["state"].string == "final" }, "\(payouts.output)")
      #expect(Set(payouts.json.array.compactMap { $0["address"].string }) == Set(pool.miners))

      let block = try #require(
        try await pool.zion("block", "list", "--json", "--limit", "1000").json.array.last?["height"].int)
      let shown = try await pool.zion("block", "show", "\(block)")
      #expect(shown.output.contains(", credited"), "\(shown.output)")
      #expect(pool.miners.contains { shown.output.contains($0) }, "\(shown.output)")
      let audit = try await pool.zion("audit", "verify")
      #expect(audit.status == 0 && audit.output.hasPrefix("OK "), "\(audit.output)")
      try await pool.reconcile()
      let metrics = try await pool.server.api.get("/metrics").text
      #expect(metrics.contains("\nzion_ledger_imbalance_atomic 0\n"))
      #expect(try await pool.server.process.stop() == .status(0), "\(pool.server.process.tail)")
    }

    @Test(.timeLimit(.minutes(5)))
    func `a pool that has paid answers in the shapes that Miningcore and ZION document`() async throws {
      let pool = try await MoneyPool(payouts: "{ interval: 10s, threshold: 0.01, minimum: 0.001, confirmations: 2 }")
      try await EndToEnd.withLoops { loops in
        // Somebody is connected, as `miners` and a pool's `topMiners` show.
        let present = EndToEnd.miners(1, at: pool.server.port, on: loops, sharesPerSecond: 0.2) { options, _ in
          options.user = "\(pool.miners[0]).present"
        }
        try await present.startAndWait()
        try await pool.mineAndPay()
        try await present.rest()
        let api = pool.server.api
        let block = try #require(try await api.get("/api/blocks").json["blocks"].array.first)
        let height = try #require(block["height"].int)
        for (name, path) in GoldenPages.all(pool: "zion", miner: pool.miners[0], height: height) {
          let answer = try await api.get(path)
          #expect(answer.status == 200, "\(path): \(answer.text)")
          #expect(ShapeCheck.differences(of: answer.json, from: try GoldenPages.golden(name)) == [], "\(path)")
        }
        let pools = try await api.get("/api/pools").json["pools"]
        #expect(pools[0]["id"].string == "zion")
        let golden = try GoldenPages.golden("miningcore-pools")["pools"][0]
        #expect(ShapeCheck.differences(of: pools[0], from: golden) == [])
        present.stop()
      }
      #expect(try await pool.server.process.stop() == .status(0), "\(pool.server.process.tail)")
    }

    @Test(.timeLimit(.minutes(5)))
    func `what the chain takes back is taken back to the unit, and given again when it returns`() async throws {
      let pool = try await MoneyPool(payouts: "{ enabled: false }")
      let before = try #require(try await pool.nodes.call("getblockcount").int)
      try await pool.mine()
      let first = try #require(try await pool.nodes.call("getblockhash", "\(before + 1)").string)
      try await pool.nodes.call("generate", "130")
      try await pool.nodes.agree()
      let height = try #require(try await pool.nodes.call("getblockcount").int)
      #expect(height > before + 130)
      try await pool.matured()
      let booked = try await pool.settled { $0.allSatisfy { (Double($0) ?? 0) > 0 } }

      for node in 0..<2 { try await pool.nodes.call("invalidateblock", "\"\(first)\"", node: node) }
      let reversed = try await pool.settled { $0.allSatisfy { $0 == "0.00000000" } }
      #expect(reversed.count == 3)
      for node in 0..<2 { try await pool.nodes.call("reconsiderblock", "\"\(first)\"", node: node) }
      try await pool.nodes.agree()
      let again = try await pool.settled { $0 == booked }
      #expect(again == booked)
      let audit = try await pool.zion("audit", "verify")
      #expect(audit.status == 0, "\(audit.output)")
      #expect(try await pool.server.process.stop() == .status(0))
    }
  }
}

/// A pool on a real node, three miners' addresses, and the commands of its operator.
struct MoneyPool: Sendable {
  let folder: TemporaryFolder
  let nodes: BitcoindPair
  let server: ZionServer
  let miners: [String]

  /// - Parameter payouts: of the configuration.
  init(payouts: String) async throws {
    folder = try TemporaryFolder("money")
    nodes = try await BitcoindPair.start(blocks: 5)
    let address = try #require(try await nodes.call("getnewaddress").string)
    var miners: [String] = []
    for _ in 0..<3 { miners.append(try #require(try await nodes.call("getnewaddress", node: 1).string)) }
    self.miners = miners
    // On regtest every share is a block of two hashes; the window holds a hundred.
    server = try ZionServer(
      "pool", in: folder,
      settings: EndToEnd.fixedDifficulty("0.0000001")
        + EndToEnd.bitcoinPool(name: "zion", tag: "/money/", address: address, url: nodes.urls[0])
        + "  rewards: { window: 100 }\n  payouts: \(payouts)\n")
    try await server.start()
  }

  /// All three mine at once, a share a second: on regtest every hash is a block, and only the first at a height counts.
  func mine() async throws {
    try await EndToEnd.withLoops { loops in
      let all = EndToEnd.miners(miners.count, at: server.port, on: loops, sharesPerSecond: 1) { options, index in
        options.user = "\(miners[index]).rig\(index)"
      }
      try await all.startAndWait()
      try await all.mine(5)
      try await all.rest()
      all.stop()
    }
  }

  /// Mines, lets the blocks mature, and waits until all three were paid.
  func mineAndPay() async throws {
    try await mine()
    try await nodes.call("generate", "101")
    try await nodes.agree()
    // Booked, planned, sent.
    let process = server.process
    try await eventually("all three are being paid", within: .seconds(60), detail: { process.tail }) {
      for address in miners where try await !isPositive(address, "underway") { return false }
      return true
    }
    try await nodes.call("generate", "2")
    try await eventually("all three are paid", within: .seconds(90), detail: { process.tail }) {
      for address in miners where try await !isPositive(address, "paid") { return false }
      return true
    }
  }

  /// Runs a command on the pool's database.
  func zion(_ arguments: String...) async throws -> CommandOutcome {
    try await CommandOutcome.of(arguments + ["--config", "zion.yaml"], in: server.folder)
  }

  /// The node's own blocks have brought coins that the ledger does not know: it says so, and agrees once they are booked.
  func reconcile() async throws {
    let coin = Coin.bitcoin
    let before = try await zion("audit", "reconcile", "--json")
    #expect(before.status == 2, "\(before.output)")
    let held = try #require(before.json["held"].string.flatMap { coin.amount($0) })
    // Below zero: everything is paid out, and the network's fees came from coins that the ledger does not know.
    let text = try #require(before.json["expected"].string)
    let expected = try #require(coin.amount(text.drop { $0 == "-" })).value * (text.hasPrefix("-") ? -1 : 1)
    #expect(held.value > expected)
    let strange = AtomicUnits(held.value - expected)
    let deposit = try await zion("ledger", "deposit", coin.text(strange), "--account", "remainder", "--id", "generated")
    #expect(deposit.status == 0, "\(deposit.output)")
    let after = try await zion("audit", "reconcile")
    #expect(after.status == 0 && after.output.contains("OK they agree"), "\(after.output)")
  }

  func balance(_ address: String) async throws -> [String: String] {
    let outcome = try await zion("balance", address, "--json")
    guard outcome.status == 0 else { return [:] }
    return ["confirmed", "immature", "underway", "paid"].reduce(into: [:]) { $0[$1] = outcome.json[$1].string }
  }

  func isPositive(_ address: String, _ what: String) async throws -> Bool {
    try await balance(address)[what].flatMap(Double.init) ?? 0 > 0
  }

  /// Waits until no block and no balance is on its way any more.
  func matured() async throws {
    let process = server.process
    try await eventually("all blocks are mature", within: .seconds(90), detail: { process.tail }) {
      guard try await server.api.get("/api/pools/zion/blocks?state=pending&pageSize=100").json.array.isEmpty else {
        return false
      }
      for miner in miners where try await balance(miner)["immature"] != "0.00000000" { return false }
      return true
    }
  }

  /// The confirmed balances of all three, as soon as they are as expected.
  func settled(_ isExpected: @Sendable ([String]) -> Bool) async throws -> [String] {
    let process = server.process
    try await eventually(
      "balances as expected", within: .seconds(90), every: .milliseconds(200), detail: { process.tail }
    ) {
      isExpected(try await confirmed())
    }
    return try await confirmed()
  }

  private func confirmed() async throws -> [String] {
    var all: [String] = []
    for miner in miners { all.append(try await balance(miner)["confirmed"] ?? "?") }
    return all
  }
}

/// What a command printed, and how it ended.
struct CommandOutcome: Sendable {
  let status: Int32
  let output: String

  var json: JSON { JSON(Data(output.utf8)) ?? JSON(Data("null".utf8)) ?? .null }

  static func of(_ arguments: [String], in folder: URL) async throws -> CommandOutcome {
    let process = try ServerProcess("command-\(UUID().uuidString)", in: folder, arguments: arguments)
    try process.start()
    let exit = try await process.end(within: .seconds(60))
    guard case .status(let status) = exit else { return CommandOutcome(status: -1, output: process.output) }
    return CommandOutcome(status: status, output: process.output)
  }
}
