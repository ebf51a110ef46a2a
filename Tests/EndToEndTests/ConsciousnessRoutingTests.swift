import Foundation
import NIOPosix
import Pool
import Stratum
import TestSupport
import Testing

extension EndToEnd {
  /// Two miners that differ by nothing but their level, each where it earns more.
  @Suite struct ConsciousnessRoutingTests {
    private static let beginner = EndToEnd.address(1).uppercased()
    private static let cosmic = EndToEnd.address(2).uppercased()
    private static let ballast = EndToEnd.address(3).uppercased()

    private static func policy(weight: String) -> String {
      """
      name: conscious
      mode: optimize_profit
      min_dwell: 2s
      failback_after: 1s
      decision: { moves_per_hour: 60, consciousness_weight: \(weight) }
      pins: [ { who: { worker: ballast }, to: { pool: zion } } ]

      """
    }

    /// A bonus pot of ten coins beside what a block pays: with nobody else above the first level it adds a fifth or so to
    /// a beginner's pay, and twice that to a miner of the sixth level.
    @Test(.timeLimit(.minutes(4)))
    func `a miner of the sixth level is sent to the local pool and one of the first upstream, by the numbers`()
      async throws
    {
      let folder = try TemporaryFolder("conscious")
      try await EndToEnd.withLoops(1) { loops in
        let pool = try await FakePool("ups", difficulty: 0.0000002, on: loops)
        let feed = try await FakeFeed(.body("{}"), on: loops)
        let server = try ZionServer(
          "proxy", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + """
            prices:
              ZION: { static: 1 }
              UPS: { feeds: [ { url: "\(feed.url)", pointer: /UPS, every: 500ms, timeout: 1s, max_age: 1m } ] }
            pools:
              - { name: ups, url: "stratum+tcp://127.0.0.1:\(pool.port)", user: farm, extranonce2: 2, coin: UPS }

            """ + EndToEnd.embeddedPool() + """
                algorithms: [sha256d]
                coinbase_tag: /local/
                rewards: { bonus: 10, consciousness_keys: [\(folder.url.path)/keeper.pub] }

              """,
          policy: Self.policy(weight: "100%"))
        try await earnALevel(server, in: folder, on: loops)

        try await server.start()
        let miners = EndToEnd.miners(3, at: server.port, on: loops, sharesPerSecond: 1) { options, index in
          options.user = [Self.beginner, Self.cosmic, Self.ballast][index] + (index == 2 ? ".ballast" : ".rig")
          options.sharesPerSecond = index == 2 ? 8 : 1
        }
        try await miners.startAndWait()
        let price = try await priceUpstream(at: 1.33, of: server)
        feed.answer(.body("{\"UPS\": \(price)}"))

        try await Array(miners[..<1]).areAt("/ups/")
        try await Array(miners[1...]).areAt("/local/")
        try await miners.mine(2)
        try await expectNumbers(server)

        // Off: the same two miners, the same prices.
        try Data(Self.policy(weight: "0%").utf8).write(to: server.folder.appendingPathComponent("policy.yaml"))
        try await Array(miners[..<2]).areAt("/ups/")
        try await Array(miners[2...]).areAt("/local/")
        // An answer of the API may be two seconds old.
        try await eventually("the bonus is gone from the scores") {
          try await self.scores(server, level: 6)["zion"]?["terms"].array
            .contains { $0["name"].string?.hasPrefix("consciousness") == true } == false
        }

        miners.stop()
        try await pool.stop()
        try await feed.stop()
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }

    /// Work in the window by one account of the first level, and experience for another, by an operator's key.
    private func earnALevel(
      _ server: ZionServer, in folder: TemporaryFolder, on loops: MultiThreadedEventLoopGroup
    ) async throws {
      let seed = [UInt8](repeating: 7, count: 32)
      let key = try #require(Ed25519PrivateKey(seed: seed))
      func pem(_ what: String, _ head: String, _ bytes: [UInt8]) throws -> String {
        let body = Data(try #require(Hex.decode(head)) + bytes).base64EncodedString()
        return "-----BEGIN \(what)-----\n\(body)\n-----END \(what)-----\n"
      }
      _ = try folder.write(pem("PRIVATE KEY", "302e020100300506032b657004220420", seed), to: "keeper.pem")
      _ = try folder.write(pem("PUBLIC KEY", "302a300506032b6570032100", key.publicKey.bytes), to: "keeper.pub")
      chmod(folder.url.appendingPathComponent("keeper.pem").path, 0o600)

      try await server.start()
      let ballast = EndToEnd.miners(1, at: server.port, on: loops, sharesPerSecond: 20) { options, _ in
        options.user = Self.ballast + ".ballast"
      }
      try await ballast.startAndWait()
      try await ballast.areAt("/local/")
      try await ballast.mine(40)
      try await ballast.rest()
      let table = try ShareTable(server.database)
      try await eventually("the ballast's shares in the database") { try table.hashes().count >= 40 }
      ballast.stop()
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")

      // 400 points of karma are 100,000 of experience, with which the sixth level begins.
      let credit = try await CommandOutcome.of(
        [
          "consciousness", "credit", "--kind", "karma", "--points", "400", "--account", Self.cosmic, "--period",
          "2026-W48", "--key", folder.url.appendingPathComponent("keeper.pem").path, "--config", "zion.yaml",
        ], in: server.folder)
      #expect(credit.status == 0, "\(credit.output)")
    }

    /// With what price of its coin the upstream earns `factor` times what the local pool does before any bonus.
    private func priceUpstream(at factor: Double, of server: ZionServer) async throws -> Double {
      @Sendable func coins(_ name: String) async throws -> Double? {
        let pools = try await server.api.get("/api/profitability").json["pools"].array
        return pools.first { $0["name"].string == name }?["expected"]["coinsPerHash"].double
      }
      try await eventually("what both pools pay in coins", detail: { server.process.tail }) {
        let (local, upstream) = (try await coins("zion"), try await coins("ups"))
        return local != nil && upstream ?? 0 > 0
      }
      return factor * (try #require(try await coins("zion"))) / (try #require(try await coins("ups")))
    }

    private func scores(_ server: ZionServer, level: Int) async throws -> [String: JSON] {
      let decisions = try await server.api.get("/api/orchestrator/scores").json["decisions"].array
      let decision = try #require(decisions.first { $0["group"].string == "sha256d level \(level)" }, "\(decisions)")
      return Dictionary(decision["scores"].array.map { ($0["source"].string ?? "", $0) }) { first, _ in first }
    }

    /// Revenue times all terms.
    private func worth(_ score: JSON?) throws -> Double {
      let score = try #require(score)
      return try score["terms"].array.reduce(try #require(score["revenue"].double)) { product, term in
        product * (try #require(term["factor"].double))
      }
    }

    private func bonus(_ score: JSON?, level: Int) throws -> Double {
      let term = score?["terms"].array.first { $0["name"].string == "consciousness level \(level)" }
      return try #require(term?["factor"].double, "\(score ?? .null)") - 1
    }

    private func expectNumbers(_ server: ZionServer) async throws {
      let (low, high) = (try await scores(server, level: 1), try await scores(server, level: 6))
      // The one difference: the sixth level's multiplier is twice the first one's.
      let (small, large) = (try bonus(low["zion"], level: 1), try bonus(high["zion"], level: 6))
      #expect(small > 0.1 && abs(large / small - 2) < 1e-6, "\(small), \(large)")
      // So that each is where it is worth more, and the other pool's score says by how much it would lose there.
      #expect(try worth(low["ups"]) > worth(low["zion"]))
      #expect(try worth(high["zion"]) > worth(high["ups"]))
      #expect(low["ups"]?["rejectedBecause"].isNull == true && high["zion"]?["rejectedBecause"].isNull == true)
      let reasons = [low["zion"], high["ups"]].map { $0?["rejectedBecause"].string ?? "" }
      #expect(reasons.allSatisfy { $0.contains("gain −") && $0.contains("% is not above") }, "\(reasons)")
      print("level 1: bonus \(small), stays upstream; level 6: bonus \(large), local: \(reasons)")
    }
  }
}
