import Foundation
import Hashing
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// Every proof of work through the built binary.
  @Suite struct AlgorithmTests {
    private static func miner(
      _ algorithm: String, at server: ZionServer, address: String, threads: Int = 1, _ more: [String]
    ) throws -> ServerProcess {
      try ServerProcess(
        "miner-\(algorithm)", in: server.folder,
        arguments: [
          "mine", "--url", server.url, "--user", "\(address).\(algorithm)", "--algorithm", algorithm, "--threads",
          "\(threads)", "--for", "90", "--json",
        ] + more)
    }

    @Test(.timeLimit(.minutes(5)))
    func `zion mine finds shares in each of the ten algorithms, and blocks in those of the mission`() async throws {
      let folder = try TemporaryFolder("algorithms")
      let server = try ZionServer("pool", in: folder, settings: EndToEnd.embeddedPool(interval: "120s"))
      try await server.start()
      let address = EndToEnd.address(0xa1)
      for algorithm in Algorithm.allCases {
        let wantsBlock = [.cosmicHarmony, .yescrypt, .kawpow].contains(algorithm)
        let miner = try Self.miner(
          algorithm.rawValue, at: server, address: address, threads: 2,
          wantsBlock ? ["--blocks", "1"] : ["--shares", "2"])
        try miner.start()
        #expect(try await miner.end(within: .seconds(100)) == .status(0), "\(algorithm): \(miner.tail)")
      }
      try await eventually("all shares are stored", detail: { (try? await server.api.get("/api/stats").text) ?? "" }) {
        let miner = try await server.api.get("/api/miner/\(address)")
        return miner.json["workers"].array.count == Algorithm.allCases.count
      }
      try await eventually("every block has been sent") {
        try await server.api.get("/api/blocks").json["blocks"].array.allSatisfy { $0["state"].string != "found" }
      }
      let blocks = try await server.api.get("/api/blocks").json["blocks"].array
      for algorithm in ["cosmic_harmony", "yescrypt", "kawpow"] {
        let own = blocks.filter { $0["algorithm"].string == algorithm }
        #expect(!own.isEmpty, "no block in \(algorithm)")
        #expect(
          own.allSatisfy { ["submitted", "immature", "mature", "orphaned"].contains($0["state"].string ?? "") },
          "\(own)")
      }
      let metrics = try await server.api.get("/metrics").text
      #expect(metrics.contains("zion_verifier_verified_total{algorithm=\"kawpow\"}"), "\(metrics)")
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }

    @Test(.timeLimit(.minutes(3)))
    func `one port serves miners of four algorithms at once, and says what it does not serve`() async throws {
      let folder = try TemporaryFolder("mixed")
      let local = EndToEnd.embeddedPool(interval: "120s")
        .replacing(
          "  node: embedded", with: "  algorithms: [sha256d, cosmic_harmony, yescryptR16, kawpow]\n  node: embedded")
      let server = try ZionServer("pool", in: folder, settings: local)
      try await server.start()
      let names = ["sha256d", "cosmic_harmony", "yescryptR16", "kawpow"]
      let miners = try names.map { name in
        try Self.miner(name, at: server, address: EndToEnd.address(0xb2), ["--shares", "3"])
      }
      for miner in miners { try miner.start() }
      try await EndToEnd.withLoops { loops in
        // By the name, by the password, and by a name that nobody knows.
        let user = EndToEnd.address(0xb3)
        for (user, password, words) in [
          ("\(user).r+scrypt", "x", "No pool here serves scrypt; served: cosmic_harmony, kawpow, sha256d, yescryptR16"),
          ("\(user).r", "a=yespower", "No pool here serves yespower"),
          ("\(user).r", "a=randomx", "No pool here serves randomx"),
          ("\(user).r+randomx", "x", "'randomx' after + is no algorithm here"),
        ] {
          let stranger = try await RawConnection(port: server.port, on: loops)
          stranger.send(line: #"{"id":1,"method":"mining.subscribe","params":["cpuminer/2.5"]}"#)
          stranger.send(line: #"{"id":2,"method":"mining.authorize","params":["\#(user)","\#(password)"]}"#)
          try await eventually("an answer to \(user) \(password)", detail: { "\(stranger.lines)" }) {
            stranger.messages.contains { $0["id"].int == 2 }
          }
          let answer = try #require(stranger.messages.first { $0["id"].int == 2 })
          #expect(answer["error"][0].int == 24)
          #expect(answer["error"][1].string?.hasPrefix(words) == true, "\(answer)")
        }
      }
      for (name, miner) in zip(names, miners) {
        #expect(try await miner.end(within: .seconds(100)) == .status(0), "\(name): \(miner.tail)")
      }
      let pools = try await server.api.get("/api/pools").json["pools"].array
      for name in names {
        let pool = try #require(pools.first { $0["algorithm"].string == name })
        #expect(pool["name"].string == "zion:\(name)")
        #expect(pool["told"]["accepted"].int ?? 0 >= 3, "\(name): \(pool)")
      }
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
