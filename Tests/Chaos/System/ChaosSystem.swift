import Foundation
import GRDB
import NIOPosix
import TestSupport

/// Everything of one run: the server, its miners, its upstream pools, its node, its database, and the ways between them.
final class ChaosSystem: Sendable {
  static let names = ["alpha", "beta"]
  /// Hard enough that a share is work, easy enough that two cores find all that a run asks for.
  static let difficulty = 0.0000002
  static let minerCount = 6
  /// So many of them mine nowhere but at the local pool.
  static let ownMiners = 2

  let plan: ChaosPlan
  let folder: URL
  let server: ChaosServer
  let upstreams: [FakePool]
  let upstreamWays: [Relay]
  let minersWay: Relay
  let miners: [TestMiner]
  /// Finds blocks of the embedded chain while all others rest.
  let closer: TestMiner?
  let nodes: BitcoindPair?
  let nodeWay: NodeProxy?
  let postgres: PostgresServer?
  let postgresWay: Relay?
  /// As a reader takes it, which no weather reaches.
  let databaseURL: String
  let loops: MultiThreadedEventLoopGroup

  init(_ plan: ChaosPlan, folder: URL, on loops: MultiThreadedEventLoopGroup) async throws {
    self.plan = plan
    self.folder = folder
    self.loops = loops
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    var upstreams: [FakePool] = []
    var ways: [Relay] = []
    for name in Self.names {
      let pool = try await FakePool(name, difficulty: Self.difficulty, on: loops)
      upstreams.append(pool)
      ways.append(try await Relay(to: pool.port, on: loops))
    }
    (self.upstreams, upstreamWays) = (upstreams, ways)

    var local = "local:\n  name: zion\n  rewards: { window: 100 }\n  share_grace: 2s\n"
    if plan.world.database == .postgres {
      let postgres = try await PostgresServer.start()
      databaseURL = try PostgresServer.makeDatabase(in: postgres.url)
      guard let port = URL(string: postgres.url)?.port else { throw ChaosError("\(postgres.url) has no port") }
      let way = try await Relay(to: port, on: loops)
      local += "  database: \"\(databaseURL.replacingOccurrences(of: ":\(port)/", with: ":\(way.port)/"))\"\n"
      (self.postgres, postgresWay) = (postgres, way)
    } else {
      (postgres, postgresWay) = (nil, nil)
      databaseURL = "sqlite:\(folder.appendingPathComponent("data/pool.sqlite").path)"
      local += "  database: \"sqlite:pool.sqlite\"\n"
    }

    var accounts = (1...Self.minerCount).map { "ZION_" + String(repeating: "0", count: 39) + "\($0)" }
    if plan.world.node == .bitcoin {
      let nodes = try await BitcoindPair.start(blocks: 5)
      let way = try NodeProxy(to: nodes.rpcPorts[0])
      guard let address = try await nodes.call("getnewaddress").string else { throw ChaosError("no address") }
      for index in accounts.indices {
        accounts[index] = try await nodes.call("getnewaddress", node: 1).string ?? ""
      }
      local += """
          node: bitcoin
          address: \(address)
          bitcoin: { urls: ["http://\(BitcoindPair.user):\(BitcoindPair.password)@127.0.0.1:\(way.port)/"], poll: 200ms }
          payouts: { interval: 10s, threshold: 0.01, minimum: 0.001, confirmations: 2 }

        """
      (self.nodes, nodeWay) = (nodes, way)
    } else {
      local += "  node: embedded\n  algorithms: [sha256d, yespower]\n  embedded: { network: chaos, interval: 2s }\n"
      (nodes, nodeWay) = (nil, nil)
    }

    var random = SeededRandom(seed: plan.seed ^ UInt64(getpid()) << 32)
    let ports = try ChaosPorts.take(2, using: &random)
    server = try ChaosServer(
      in: folder, ports: (ports[0], ports[1]),
      configuration: Self.configuration(plan.world, ways: ways) + local, policy: Self.policy(plan.world))
    minersWay = try await Relay(to: ports[0], on: loops)
    let minersPort = minersWay.port
    miners = accounts.enumerated().map { index, account in
      let isOwn = index < Self.ownMiners
      var options = MinerOptions(port: minersPort, user: "\(account).\(isOwn ? "own" : "rig")\(index)")
      options.seed = plan.seed &* 1000 &+ UInt64(index + 1)
      if isOwn, plan.world.node == .embedded {
        // Blocks of the embedded chain are a matter of seconds in this, and of half an hour in sha256d.
        (options.algorithm, options.password) = (.yespower, "a=yespower")
      }
      options.sharesPerSecond = plan.world.node == .bitcoin ? 0.8 : 1.5
      options.resumesSession = index % 2 == 0
      options.sendsLateShares = index % 3 == 0
      return TestMiner(options, on: loops)
    }
    if plan.world.node == .embedded {
      // Of the own miners' account, whose work the policy leaves here; a block is some twenty of its shares.
      var options = miners[0].options
      options.user = "\(accounts[0]).own-closer"
      (options.seed, options.sharesPerSecond) = (plan.seed &* 1000, 10)
      closer = TestMiner(options, on: loops)
    } else {
      closer = nil
    }
  }

  var everyMiner: [TestMiner] { miners + (closer.map { [$0] } ?? []) }

  private static func configuration(_ world: ChaosWorld, ways: [Relay]) -> String {
    let pools = zip(names, ways).map { name, way in
      "  - { name: \(name), url: \"stratum+tcp://127.0.0.1:\(way.port)\", user: farm, extranonce2: 2 }\n"
    }
    return """
      reply: \(world.reply.rawValue)
      vardiff:
        target: 1s
        start: 0.0000001
        minimum: 0.00000005
        maximum: 0.0000002
        algorithms: { yespower: { start: 0.0002, minimum: 0.0001, maximum: 0.0004 } }
      pools:
      \(pools.joined())
      """
  }

  private static func policy(_ world: ChaosWorld) -> String {
    let order = world.prefersLocal ? ["zion"] + names : names + ["zion"]
    return """
      name: chaos
      mode: failover
      order: [\(order.joined(separator: ", "))]
      min_dwell: 1s
      failback_after: 2s
      pins:
        - who: { worker: "own*" }
          to: { pool: zion }

      """
  }

  /// Sees to the end of all that was started.
  func stop() async {
    for miner in everyMiner { miner.stop() }
    server.process.kill(SIGKILL)
    nodes?.stop()
    nodeWay?.stop()
    if let postgres {
      postgres.thaw()
      try? await postgres.kill()
    }
    for pool in upstreams { try? await pool.stop() }
    for way in upstreamWays + [minersWay] + (postgresWay.map { [$0] } ?? []) { try? await way.stop() }
  }
}
