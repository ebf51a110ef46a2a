import Hashing
import Logging
import NIOCore
import NIOEmbedded
import Stratum

@testable import Proxy

/// A shard on a clock of its own, with sources that tests control and miners that believe every line they get.
final class ModelFarm {
  private let clock: TestLoop
  let shard: Shard
  let sources: [ModelSource]
  private var clients: [any ModelClient] = []

  var loop: EmbeddedEventLoop { clock.embedded }
  var miners: [ModelMiner] { clients.compactMap { $0 as? ModelMiner } }

  /// Upstreams and, last, a local pool: all of SHA-256d.
  convenience init(upstreams: Int = 2, local: Bool = true) {
    var kinds = (0..<upstreams).map { ModelSource.Kind(name: "up\($0)") }
    if local { kinds.append(ModelSource.Kind(name: "local", adopts: true)) }
    self.init(kinds)
  }

  /// Connections that say nothing else mine SHA-256d.
  init(
    _ kinds: [ModelSource.Kind], caches: KawPowCaches? = nil, gate: any Gate = OpenGate(),
    logger: Logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
    _ adapt: (inout ShardConfiguration) -> Void = { _ in }
  ) {
    let clock = TestLoop()
    self.clock = clock
    let settings = Vardiff.Settings(minimum: Difficulty(clamping: 1e-12), maximum: Difficulty(clamping: 1e-9))
    let start = Difficulty(clamping: 2e-10)
    let plans = Algorithm.allCases.map { ($0, DifficultyPlan(vardiff: settings, start: start)) }
    var configuration = ShardConfiguration(
      algorithm: .sha256d, vardiff: settings, startDifficulty: start,
      others: Dictionary(plans) { first, _ in first }, staleGraceSeconds: 2, maximumConnections: 1000)
    adapt(&configuration)
    shard = Shard(
      index: 0, loop: clock, configuration: configuration,
      names: AnyName(), memory: WorkerMemory(), verifier: VerifierPool(threadCount: 1, caches: caches),
      caches: caches, entrance: Entrance(configuration.accept, gate: gate), logger: logger)
    let shard = shard
    sources = kinds.enumerated().map { index, kind in
      ModelSource(kind, prefix: UInt8(index + 1), makeFeedID: shard.makeFeedID)
    }
    shard.start(sources: sources, plan: .init(order: sources.map(\.name)))
  }

  func source(_ name: String) -> ModelSource? { sources.first { $0.name == name } }

  func connectSources() {
    for source in sources { source.connect() }
  }

  func connect(
    follows: Bool = true, user: String = "acct.rig", password: String = "x", agent: String = "model",
    resuming session: String? = nil, from address: String = "127.0.0.1"
  ) -> ModelMiner {
    let miner = ModelMiner(shard.makeConnection(), loop: loop, address: address)
    clients.append(miner)
    let resume = session.map { ",\"\($0)\"" } ?? ""
    miner.send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"\(agent)\"\(resume)]}")
    if follows { miner.send(#"{"id":2,"method":"mining.extranonce.subscribe","params":[]}"#) }
    miner.send("{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"\(user)\",\"\(password)\"]}")
    settle()
    return miner
  }

  /// A GPU miner. kawpowminer does not follow `mining.set_extranonce`.
  func connectKawPow(
    follows: Bool = false, user: String = "acct.rig", password: String = "x", agent: String = "kawpowminer/1.2.4",
    from address: String = "127.0.0.1"
  ) -> KawPowMiner {
    let miner = KawPowMiner(shard.makeConnection(), loop: loop, address: address)
    clients.append(miner)
    miner.socket.send("{\"id\":1,\"method\":\"mining.subscribe\",\"params\":[\"\(agent)\"]}")
    if follows { miner.socket.send(#"{"id":2,"method":"mining.extranonce.subscribe","params":[]}"#) }
    miner.socket.send("{\"id\":3,\"method\":\"mining.authorize\",\"params\":[\"\(user)\",\"\(password)\"]}")
    settle()
    return miner
  }

  func connectLogin() -> LoginMiner {
    let miner = LoginMiner(shard.makeConnection(), loop: loop)
    clients.append(miner)
    return miner
  }

  /// Has a share of the newest job accepted.
  func mine(_ miner: ModelMiner) {
    if let job = miner.jobs.last { _ = miner.submit(job) }
    settle()
  }

  /// Lets everything that was written arrive.
  func settle() {
    loop.run()
    for client in clients { client.read() }
  }

  func wait(_ seconds: Int64) {
    loop.advanceTime(by: .seconds(seconds))
    settle()
  }

  /// Lets the verifiers judge `count` shares. `false` when they do not.
  func verify(_ count: Int = 1) -> Bool {
    defer { settle() }
    return clock.runSent(count)
  }

  func stop() {
    shard.stop()
    settle()
    shard.verifier.stop()
  }

  /// `ACCOUNT.worker+algorithm`, whoever that is.
  private struct AnyName: NameChecking {
    func checkNow(_ user: String) -> NameCheck? {
      let halves = user.split(separator: "+", maxSplits: 1)
      let parts = (halves.first ?? "").split(separator: ".", maxSplits: 1).map(String.init)
      let algorithm = halves.count > 1 ? Algorithm(named: halves[1]) : nil
      return .accepted(MinerIdentity(account: parts.first ?? "", worker: parts.count > 1 ? parts[1] : ""), algorithm)
    }
    func check(_ user: String) async -> NameCheck { .refused("not asked") }
  }
}
