import Foundation
import Hashing
import Logging
import Pool
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct SoloTests {
    @Test(.timeLimit(.minutes(3)))
    func `with solo the coinbase of each block pays the miner that found it`() async throws {
      let folder = try TemporaryFolder("solo")
      let server = try ZionServer(
        "pool", in: folder,
        settings: "algorithm: cosmic_harmony\n" + EndToEnd.fixedDifficulty("0.25")
          + EndToEnd.embeddedPool(interval: "1s") + "  rewards: { scheme: solo }\n")
      try await server.start()
      let addresses = [EndToEnd.address(0xaaa), EndToEnd.address(0xbbb)].map { $0.replacing("aaa", with: "AAA") }
        .map { $0.replacing("bbb", with: "BBB") }
      let miners = try addresses.enumerated().map { index, address in
        try ServerProcess(
          "miner\(index)", in: server.folder,
          arguments: [
            "mine", "--url", server.url, "--user", "\(address).rig", "--algorithm", "cosmic_harmony", "--threads", "1",
          ])
      }
      for miner in miners { try miner.start() }
      for (address, miner) in zip(addresses, miners) {
        try await eventually(
          "a block of \(address)", within: .seconds(90), every: .milliseconds(200),
          detail: { "\(server.process.tail)\n\(miner.tail)" }
        ) {
          #expect(miner.isRunning, "\(miner.tail)")
          let answer = try await server.api.get("/api/miner/\(address)")
          return answer.json["blocks"].array.contains { ["immature", "mature"].contains($0["state"].string) }
        }
      }
      for miner in miners { miner.kill(SIGINT) }
      for miner in miners { #expect(try await miner.end() == .status(0), "\(miner.tail)") }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      try await expectPayments(in: server, to: addresses)
    }

    @Test(.timeLimit(.minutes(3)))
    func `on a bitcoin node, too, blocks pay whoever found them`() async throws {
      let folder = try TemporaryFolder("solo-bitcoin")
      let nodes = try await BitcoindPair.start()
      var addresses: [String] = []
      for _ in 0..<3 { addresses.append(try #require(try await nodes.call("getnewaddress").string)) }
      let server = try ZionServer(
        "pool", in: folder,
        settings: EndToEnd.fixedDifficulty("0.0000001")
          + EndToEnd.bitcoinPool(name: "zion", tag: "/solo/", address: addresses[2], url: nodes.urls[0])
          + "  rewards: { scheme: solo }\n")
      try await server.start()
      let before = try #require(try await nodes.call("getblockcount").int)
      let finders = try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(2, at: server.port, on: loops, sharesPerSecond: 2) { options, index in
          options.user = "\(addresses[index]).rig"
        }
        try await miners.startAndWait()
        try await miners.mine(4)
        try await miners.rest()
        #expect(miners.oddities == [] && miners.disconnects == 0)
        defer { miners.stop() }
        return miners.map { miner in Set(miner.read { $0.accepted.map(\.hash) }) }
      }
      try await eventually("our blocks on the chain", detail: { server.process.tail }) {
        try await nodes.call("getblockcount").int ?? 0 > before + 1
      }
      try await nodes.agree()
      for height in (before + 1)...(try #require(try await nodes.call("getblockcount").int)) {
        let hash = try #require(try await nodes.call("getblockhash", "\(height)", node: 1).string)
        let block = try await nodes.call("getblock", "\"\(hash)\"", node: 1)
        let coinbase = try #require(block["tx"][0].string)
        let transaction = try await nodes.call("getrawtransaction", "\"\(coinbase)\",1", node: 1)
        let paid = transaction["vout"].array.flatMap { $0["scriptPubKey"]["addresses"].array.compactMap(\.string) }
        let finder = try #require(finders.firstIndex { $0.contains(hash) }, "block \(height) is none of our shares")
        #expect(paid == [addresses[finder]])
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    /// What the chain says, once nobody else has it open.
    private func expectPayments(in server: ZionServer, to addresses: [String]) async throws {
      let chain = try EmbeddedChain(
        directory: server.folder.appendingPathComponent("data/chain-test").path,
        parameters: ChainParameters(network: "test", blockSeconds: 1), hashes: Kernels(),
        verifyMix: { _ in false }, now: { UnixTime(seconds: UInt32(Date().timeIntervalSince1970)) },
        log: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
      let height = await chain.height()
      var paid: [String: Int] = [:]
      for number in 1...height {
        let hash = try #require(await chain.hash(at: number))
        let payments = try #require(await chain.payments(of: hash))
        // The fees, and one of the miners; the pool's own address gets nothing.
        let largest = try #require(payments.max { $0.value < $1.value })
        #expect(addresses.contains(largest.address))
        #expect(payments.filter { addresses.contains($0.address) }.count == 1)
        #expect(!payments.contains { $0.address == "ZION_SACRED_B0FA7E2A234D8C2F08545F02295C98" })
        paid[largest.address, default: 0] += 1
      }
      for address in addresses {
        #expect(paid[address, default: 0] > 0)
        #expect(await chain.balance(of: address).total > .zero)
      }
    }
  }
}
