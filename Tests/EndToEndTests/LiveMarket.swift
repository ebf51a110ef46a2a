import Foundation
import NIOPosix
import TestSupport
import Testing

extension EndToEnd {
  /// Pools that pay what the test says, a feed of prices, and a proxy that routes by revenue.
  struct LiveMarket {
    let pools: [FakePool]
    let feed: FakeFeed
    let server: ZionServer
    let miners: [TestMiner]

    static let difficulty = 0.0000002
    /// Of Bitcoin's first blocks: a hash earns 50 coins in 2^32.
    static let easiest: UInt32 = 0x1d00_ffff

    /// Pool `p0` pays the first of them, and so on.
    static let coins = ["AAA", "BBB", "CCC", "DDD"]

    init(
      _ count: Int, prices: [Double], miners minerCount: Int, sharesPerSecond: Double = 0.5, policy: String,
      in folder: TemporaryFolder, on loops: MultiThreadedEventLoopGroup
    ) async throws {
      var pools: [FakePool] = []
      for index in 0..<count {
        pools.append(try await FakePool("p\(index)", difficulty: Self.difficulty, on: loops))
      }
      let feed = try await FakeFeed(.body(Self.text(prices)), on: loops)
      let coins = (0..<count).map { index in
        "  \(Self.coins[index]): { feeds: [ { url: \"\(feed.url)\", pointer: /\(Self.coins[index]), every: 500ms, "
          + "timeout: 1s, max_age: 6s } ] }\n"
      }
      let upstreams = pools.enumerated().map { index, pool in
        "  - { name: p\(index), url: \"stratum+tcp://127.0.0.1:\(pool.port)\", user: farm, extranonce2: 2, "
          + "coin: \(Self.coins[index]), block_interval: 20s }\n"
      }
      server = try ZionServer(
        "proxy", in: folder,
        settings: EndToEnd.fixedDifficulty("0.0000002") + "reply: local\nprices:\n" + coins.joined() + "pools:\n"
          + upstreams.joined() + EndToEnd.noLocalPool,
        policy: policy)
      self.pools = pools
      self.feed = feed
      try await server.start()
      miners = EndToEnd.miners(minerCount, at: server.port, on: loops, sharesPerSecond: sharesPerSecond)
      try await miners.startAndWait()
    }

    static func text(_ prices: [Double]) -> String {
      "{" + prices.enumerated().map { "\"\(coins[$0])\": \($1)" }.joined(separator: ", ") + "}"
    }

    func say(_ prices: [Double]) { feed.answer(.body(Self.text(prices))) }

    func scores() async throws -> JSON { try await server.api.get("/api/orchestrator/scores").json }

    /// Decisions that moved miners from one pool to another, newest first.
    func moves() async throws -> [JSON] {
      try await server.api.get("/api/orchestrator/decisions").json["decisions"].array
        .filter { !$0["decision"]["from"].isNull }
    }

    /// Waits until every miner has a job of the pool. Returns the seconds that it took.
    @discardableResult
    func arrive(at pool: Int, within limit: Duration) async throws -> Double {
      let start = ContinuousClock.now
      let tag = [UInt8]("/p\(pool)/".utf8)
      try await eventually(
        "all miners at p\(pool)", within: limit, detail: { server.process.tail }
      ) {
        miners.allSatisfy { miner in miner.read { $0.jobs.last?.coinbaseContains(tag) == true } }
      }
      return seconds(since: start)
    }

    func stop() async throws {
      miners.stop()
      for pool in pools { try await pool.stop() }
      try await feed.stop()
      #expect(try await server.process.stop() == .status(0), "\(server.process.tail)")
    }
  }
}
