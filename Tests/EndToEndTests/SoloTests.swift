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
        settings: "algorithm: cosmic_harmony\n" + EndToEnd.fixedDifficulty("0.001")
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
        try await eventually("a block of \(address)", within: .seconds(90), every: .milliseconds(200)) {
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
