import Stratum
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct BitcoindTests {
    @Test(.timeLimit(.minutes(3)))
    func `a block that our miner finds is on both bitcoin nodes with our name in its coinbase`() async throws {
      let folder = try TemporaryFolder("bitcoin")
      let nodes = try await BitcoindPair.start()
      let address = try #require(try await nodes.call("getnewaddress").string)
      let server = try ZionServer(
        "pool", in: folder,
        settings: EndToEnd.fixedDifficulty("0.0000001")
          + EndToEnd.bitcoinPool(name: "zion", tag: "/end-to-end/", address: address, url: nodes.urls[0]))
      try await server.start()
      let before = try #require(try await nodes.call("getblockcount").int)

      let found = try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(1, at: server.port, on: loops, sharesPerSecond: 2) { options, _ in
          options.user = "\(address).rig1"
        }
        try await miners.startAndWait()
        try await miners.mine(3)
        try await miners.rest()
        #expect(miners.oddities == [])
        // On regtest a share is a block, unless another one was faster.
        let hashes = miners[0].read { $0.accepted.map(\.hash) }
        try await eventually("our blocks on the chain", detail: { server.process.tail }) {
          try await nodes.call("getblockcount").int ?? 0 > before
        }
        miners.stop()
        return hashes
      }

      try await nodes.agree()
      let height = try #require(try await nodes.call("getblockcount").int)
      for height in (before + 1)...height {
        let hash = try #require(try await nodes.call("getblockhash", "\(height)", node: 1).string)
        #expect(found.contains(hash), "block \(height) is none of our shares")
        let block = try await nodes.call("getblock", "\"\(hash)\"", node: 1)
        let coinbase = try #require(block["tx"][0].string)
        let transaction = try await nodes.call("getrawtransaction", "\"\(coinbase)\",1", node: 1)
        let script = try #require(transaction["vin"][0]["coinbase"].string)
        #expect(script.contains(Hex.encode(Array("/end-to-end/".utf8))), "\(script)")
        let paid = transaction["vout"].array.flatMap { $0["scriptPubKey"]["addresses"].array.compactMap(\.string) }
        #expect(paid == [address])
      }
      let account = try await server.api.get("/api/miner/\(address)")
      #expect(
        account.json["blocks"].array.contains { $0["hash"].string.map(found.contains) ?? false }, "\(account.text)")
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }

  /// A local pool that builds on a real node. `tag` names it in its coinbases.
  static func bitcoinPool(name: String, tag: String, address: String, url: String) -> String {
    """
    local:
      name: \(name)
      node: bitcoin
      address: \(address)
      bitcoin: { urls: ["\(url)"], poll: 100ms }
      coinbase_tag: \(tag)
      database: "sqlite:pool.sqlite"
      share_grace: 30s

    """
  }
}
