import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Stratum

/// An upstream pool that does what a test tells it to, however rude. It verifies every share by hashing it itself.
public final class FakePool: Sendable {
  public let name: String
  /// The same over `stop()` and `listen()`.
  public let port: Int
  let state: NIOLockedValueBox<FakePoolState>
  private let group: any EventLoopGroup
  private let tls: NIOSSLContext?
  private let server = NIOLockedValueBox<(any Channel)?>(nil)

  /// Listens at once. Jobs carry `name` in their coinbase. With a certificate it speaks TLS only.
  public init(
    _ name: String, difficulty: Double, certificate: TestCertificate? = nil, on group: any EventLoopGroup
  ) async throws {
    self.name = name
    tls = try certificate?.serverContext()
    self.group = group
    port = try FreePort.take(1)[0]
    state = NIOLockedValueBox(FakePoolState(name: name, difficulty: difficulty))
    try await listen()
  }

  deinit { server.withLockedValue { $0 }?.close(promise: nil) }

  /// What came in so far.
  public var record: FakePoolRecord { state.withLockedValue { $0.record } }

  public var connectionCount: Int { state.withLockedValue { $0.connections.count } }

  /// Opens the port again after `stop()`.
  public func listen() async throws {
    let (state, tls) = (state, tls)
    let channel = try await ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
          try channel.pipeline.syncOperations.addHandlers([LineHandler(), FakePoolConnection(state)])
        }
      }
      .bind(host: "127.0.0.1", port: port).get()
    server.withLockedValue { $0 = channel }
  }

  /// Gone: the port is closed and so is every connection.
  public func stop() async throws {
    let channel = server.withLockedValue { server in
      defer { server = nil }
      return server
    }
    try await channel?.close()
    dropConnections()
  }

  /// Closes every connection; the port stays open.
  public func dropConnections() {
    for channel in channels { channel.close(promise: nil) }
  }

  /// A new block: everything before it is stale.
  public func newBlock() {
    state.withLockedValue { $0.addJob(onNewBlock: true, id: nil) }
    announce()
  }

  /// Another job on the same block; earlier ones still count. `id` may be one that was used before.
  public func newJob(id: String? = nil) {
    state.withLockedValue { $0.addJob(onNewBlock: false, id: id) }
    announce()
  }

  /// The id of the present job.
  public var jobID: String { state.withLockedValue { $0.jobs.last?.id ?? "" } }

  /// For later jobs, as the protocol has it; a job follows at once.
  public func setDifficulty(_ difficulty: Double) {
    state.withLockedValue { $0.difficulty = difficulty }
    newJob()
  }

  /// What its blocks pay, in atomic units, and how hard they are, from a job that follows at once.
  public func pays(_ reward: UInt64, nBits: UInt32 = 0x1d00_ffff) {
    state.withLockedValue { ($0.reward, $0.nBits) = (reward, nBits) }
    newJob()
  }

  /// Its blocks are those of every other pool of the same chain, block for block; a block follows at once.
  public func joinChain(_ chain: UInt8) {
    state.withLockedValue { $0.chain = chain }
    newBlock()
  }

  /// Of every `count` good shares the last is refused; 0 for none.
  public func refuseOne(of count: Int) { state.withLockedValue { $0.refusesEvery = count } }

  /// Nobody is let in from now on.
  public func refuseLogins() { state.withLockedValue { $0.refusesLogins = true } }

  /// Answers come so much later from now on.
  public func delayAnswers(by delay: TimeAmount) { state.withLockedValue { $0.answerDelay = delay } }

  /// Every connection gets another extranonce1, told by `mining.set_extranonce`, and a job under it.
  public func changeExtranonces() {
    state.withLockedValue { $0.changeExtranonces() }
    newBlock()
  }

  /// Half-open: connections and port stay, nothing is answered or sent any more, new ones are only accepted.
  public func hang() { state.withLockedValue { $0.isHung = true } }

  /// Answers again; what came in meanwhile is lost.
  public func recover() {
    state.withLockedValue { $0.isHung = false }
    newBlock()
  }

  /// Answers every share with this error, or judges them again.
  public func refuseShares(_ error: (code: Int, message: String)?) {
    state.withLockedValue { $0.refusal = error }
  }

  /// Sends the bytes as they are to every connection, half lines and nonsense included.
  public func sendRaw(_ bytes: [UInt8]) {
    for channel in channels { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }
  }

  public func sendRaw(_ text: String) { sendRaw(Array(text.utf8)) }

  /// Tells every connection to come again, here.
  public func askToReconnect(waitSeconds: Int = 0) {
    sendRaw(#"{"id":null,"method":"client.reconnect","params":["127.0.0.1",\#(port),\#(waitSeconds)]}"# + "\n")
  }

  private var channels: [any Channel] { state.withLockedValue { $0.connections.values.map(\.channel) } }

  private func announce() {
    state.withLockedValue { state in
      guard !state.isHung else { return }
      for (id, connection) in state.connections where connection.isAuthorized {
        let (channel, lines) = (connection.channel, ByteBuffer(string: state.linesForJob(to: id)))
        channel.eventLoop.execute { channel.writeAndFlush(lines, promise: nil) }
      }
    }
  }
}

/// What a `FakePool` saw.
public struct FakePoolRecord: Sendable {
  public struct Share: Sendable {
    /// In display order.
    public let hash: String
    public let user: String
    public let jobID: String
    /// Serial number of the job, unique even where ids are reused.
    public let job: Int
  }
  public var accepted: [Share] = []
  /// With the reason.
  public var rejected: [(reason: String, share: Share)] = []
  /// Submits that came while hung: never answered.
  public var unanswered = 0
  public var connects = 0
  public var users: [String] = []
  public var malformed: [String] = []

  public var acceptedHashes: Set<String> { Set(accepted.map(\.hash)) }
}
