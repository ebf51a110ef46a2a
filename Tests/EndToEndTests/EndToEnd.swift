import Foundation
import NIOPosix
import TestSupport
import Testing

/// The built binary as its users meet it: real sockets, real hashes, real nodes. One test at a time: each of them
/// fills the machine.
@Suite(.serialized) struct EndToEnd {
  /// A threshold of difficulty that no vardiff leaves: tests say how much work a share is.
  static func fixedDifficulty(_ difficulty: String) -> String {
    "vardiff: { target: 15s, start: \(difficulty), minimum: \(difficulty), maximum: \(difficulty) }\n"
  }

  static func embeddedPool(
    interval: String = "3600s", name: String = "zion", database: String = "sqlite:pool.sqlite"
  ) -> String {
    """
    local:
      name: \(name)
      node: embedded
      embedded: { network: test, interval: \(interval) }
      database: "\(database)"

    """
  }

  static let noLocalPool = "local: { enabled: false }\n"

  /// Address number `index`: any 20 bytes are an address.
  static func address(_ index: Int) -> String {
    let digits = String(index, radix: 16)
    return "ZION_" + String(repeating: "0", count: 40 - digits.count) + digits
  }

  /// `count` miners on `loops`, each with an address, a worker name and a search space of its own.
  static func miners(
    _ count: Int, at port: Int, on loops: MultiThreadedEventLoopGroup, sharesPerSecond: Double,
    adjust: (inout MinerOptions, Int) -> Void = { _, _ in }
  ) -> [TestMiner] {
    (0..<count).map { index in
      var options = MinerOptions(port: port, user: "\(address(index + 1)).rig\(index)")
      options.seed = UInt64(index + 1)
      options.sharesPerSecond = sharesPerSecond
      adjust(&options, index)
      return TestMiner(options, on: loops)
    }
  }

  /// Runs `body` with event loops for miners and pools, and shuts them down whatever happens.
  static func withLoops<Result>(
    _ count: Int = 1, _ body: (MultiThreadedEventLoopGroup) async throws -> Result
  ) async throws -> Result {
    let loops = MultiThreadedEventLoopGroup(numberOfThreads: count)
    do {
      let result = try await body(loops)
      try await loops.shutdownGracefully()
      return result
    } catch {
      try await loops.shutdownGracefully()
      throw error
    }
  }
}

extension [TestMiner] {
  /// Logs all in, one after the other.
  func startAndWait() async throws {
    for miner in self { miner.start() }
    for miner in self {
      try await eventually("login of \(miner.options.user)", detail: { miner.read { $0.loginError ?? "" } }) {
        miner.read { $0.isAuthorized && !$0.jobs.isEmpty }
      }
    }
  }

  /// No more shares, and an answer to every one that was sent.
  func rest() async throws {
    for miner in self { try await miner.rest() }
  }

  func stop() {
    for miner in self { miner.stop() }
  }

  var acceptedCount: Int { reduce(0) { $0 + $1.read { $0.accepted.count } } }
  var disconnects: Int { reduce(0) { $0 + $1.read { $0.disconnects } } }
  var oddities: [String] { flatMap { miner in miner.read { $0.oddities } } }

  /// All rejections with their counts.
  var rejections: [String: Int] {
    reduce(into: [:]) { $0.merge($1.read { $0.rejections }, uniquingKeysWith: +) }
  }

  /// Waits until each miner has had `count` more shares accepted than now.
  func mine(_ count: Int, within limit: Duration = .seconds(30)) async throws {
    let goals = map { miner in (miner, miner.read { $0.accepted.count } + count) }
    for (miner, goal) in goals {
      try await eventually("\(goal) shares of \(miner.options.user)", within: limit, detail: { "\(self.rejections)" }) {
        miner.read { $0.accepted.count } >= goal
      }
    }
  }

  /// Waits until the present job of each carries the text in its coinbase.
  func areAt(_ tag: String, within limit: Duration = .seconds(30)) async throws {
    let needle = [UInt8](tag.utf8)
    for miner in self {
      try await eventually("\(miner.options.user) at \(tag)", within: limit) {
        miner.read { $0.jobs.last?.coinbaseContains(needle) ?? false }
      }
    }
  }
}
