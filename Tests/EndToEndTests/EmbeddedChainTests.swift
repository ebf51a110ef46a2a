import Foundation
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct EmbeddedChainTests {
    // Difficulties of tens of shares a second: a pool that judges hundreds leaves its miner no processor to find blocks.
    @Test(
      .timeLimit(.minutes(3)), arguments: [("sha256d", "0.0001"), ("cosmic_harmony", "0.05"), ("scrypt", "0.001")])
    func `zion mine finds a block on the embedded chain and the block matures`(
      algorithm: String, difficulty: String
    ) async throws {
      let folder = try TemporaryFolder("embedded")
      let server = try ZionServer(
        "pool", in: folder,
        settings: "algorithm: \(algorithm)\n" + EndToEnd.fixedDifficulty(difficulty)
          + EndToEnd.embeddedPool(interval: "1s"))
      try await server.start()
      let address = EndToEnd.address(0xabc)
      let miner = try ServerProcess(
        "miner", in: server.folder,
        arguments: [
          "mine", "--url", server.url, "--user", "\(address).rig1", "--algorithm", algorithm, "--threads", "2",
        ])
      try miner.start()

      // A block matures at 10 confirmations, so this waits for at least 11 blocks of about a second.
      try await eventually("a mature block", within: .seconds(60), every: .milliseconds(200), detail: { miner.tail }) {
        #expect(miner.isRunning, "\(miner.tail)")
        let answer = try await server.api.get("/api/miner/\(address)")
        return answer.json["blocks"].array.contains { $0["state"].string == "mature" }
      }
      let account = try await server.api.get("/api/miner/\(address)")
      #expect(account.status == 200)
      let stats = try await server.api.get("/api/stats")
      #expect(stats.status == 200)
      #expect(stats.json["shares"]["accepted"].int ?? 0 > 0, "\(stats.text)")
      #expect(stats.json["blocks"]["found"].int ?? 0 > 0, "\(stats.text)")

      miner.kill(SIGINT)
      #expect(try await miner.end() == .status(0), "\(miner.tail)")
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
