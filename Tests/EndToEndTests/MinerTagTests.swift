import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// Regions and tags that rules and passwords give to miners, and a policy that goes by them.
  @Suite struct MinerTagTests {
    @Test(.timeLimit(.minutes(2)))
    func `a pin by tag moves the miners that have the tag, and no others`() async throws {
      let folder = try TemporaryFolder("miner-tags")
      try await EndToEnd.withLoops(1) { loops in
        let pools = [
          try await FakePool("alpha", difficulty: 0.0000002, on: loops),
          try await FakePool("beta", difficulty: 0.0000002, on: loops),
        ]
        let upstreams = zip(["alpha", "beta"], pools).map { name, pool in
          "  - { name: \(name), url: \"stratum+tcp://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2 }\n"
        }
        let server = try ZionServer(
          "proxy", in: folder,
          settings: EndToEnd.fixedDifficulty("0.0000002") + "pools:\n" + upstreams.joined() + EndToEnd.noLocalPool
            + """
            miners:
              - { worker: "roof*", tags: [solar] }
              - { network: 127.0.0.0/8, region: home }

            """,
          policy: """
            name: sunny
            mode: failover
            order: [alpha, beta]
            min_dwell: 0s
            pins: [ { who: { tag: solar }, to: { pool: beta } } ]

            """)
        try await server.start()
        // By a rule, by its own word, and two that have no tag: one of them says a word that nobody knows.
        let users = [
          ("farm.roof1", "x"), ("farm.cellar1", "tags=solar"), ("farm.cellar2", "x"), ("farm.x", "tags=sun"),
        ]
        let miners = EndToEnd.miners(users.count, at: server.port, on: loops, sharesPerSecond: 2) { options, index in
          (options.user, options.password) = users[index]
        }
        try await miners.startAndWait()
        try await Array(miners[..<2]).areAt("/beta/")
        try await miners.mine(2)
        try await Array(miners[2...]).areAt("/alpha/")
        #expect(miners.disconnects == 0)

        let sessions = try await server.api.get("/api/miners").json["sessions"].array
        func tags(_ worker: String) -> [String]? {
          sessions.first { $0["worker"].string == worker }?["tags"].array.compactMap(\.string)
        }
        #expect(sessions.allSatisfy { $0["region"].string == "home" })
        #expect(tags("roof1") == ["solar"] && tags("cellar1") == ["solar"])
        #expect(tags("cellar2") == [] && tags("x") == [])
        miners.stop()
        for pool in pools { try await pool.stop() }
        #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
      }
    }
  }
}
