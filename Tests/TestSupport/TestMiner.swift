import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Stratum

/// A miner of the Bitcoin dialect that does real work: it hashes, keeps to what it was told, and writes down everything.
///
/// Difficulty, extranonce and version mask hold from the next job on, as the protocol has it.
public final class TestMiner: Sendable {
  public let options: MinerOptions
  private let group: any EventLoopGroup
  private let book: NIOLockedValueBox<MinerRecord>
  private let life: NIOLockedValueBox<Life>

  private struct Life {
    var isWanted = false
    var channel: (any Channel)?
  }

  public init(_ options: MinerOptions, on group: any EventLoopGroup) {
    self.options = options
    self.group = group
    book = NIOLockedValueBox(MinerRecord())
    life = NIOLockedValueBox(Life())
  }

  deinit { life.withLockedValue { $0.channel }?.close(promise: nil) }

  public var record: MinerRecord { book.withLockedValue { $0 } }

  /// Reads a part of the record without copying the whole.
  public func read<Part>(_ part: (MinerRecord) -> Part) -> Part { book.withLockedValue { part($0) } }

  /// Connects, and stays connected until `stop()` (or the first disconnect without `reconnects`).
  public func start() {
    life.withLockedValue { $0.isWanted = true }
    connect(on: group.next())
  }

  /// Connects, and waits until the miner is logged in and has a job.
  public func startAndWait(within limit: Duration = .seconds(20)) async throws {
    start()
    try await eventually("login of \(options.user)", within: limit, detail: { self.read { $0.loginError ?? "" } }) {
      self.read { $0.isAuthorized && !$0.jobs.isEmpty }
    }
  }

  /// Closes the connection for good.
  public func stop() {
    let channel = life.withLockedValue { life in
      life.isWanted = false
      return life.channel
    }
    channel?.close(promise: nil)
  }

  /// Stops finding shares, stays connected, and waits for the answers that are still to come.
  public func rest(within limit: Duration = .seconds(20)) async throws {
    book.withLockedValue { $0.isResting = true }
    try await eventually("answers to \(options.user)", within: limit) {
      self.read { $0.shares.allSatisfy { $0.reply != .pending } }
    }
  }

  /// Finds shares until there are enough or `limit` is over, and rests then.
  public func mine(within limit: Duration, until isEnough: () throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    resume()
    while try !isEnough(), .now < end { try await Task.sleep(for: .milliseconds(200)) }
    try await rest()
  }

  /// Finds shares again.
  public func resume() { book.withLockedValue { $0.isResting = false } }

  /// Sends a line of the test's own.
  public func send(_ line: String) {
    let channel = life.withLockedValue { $0.channel }
    channel?.writeAndFlush(ByteBuffer(string: line + "\n"), promise: nil)
  }

  private func connect(on loop: any EventLoop) {
    guard life.withLockedValue({ $0.isWanted }) else { return }
    let (options, book) = (options, book)
    let bootstrap = ClientBootstrap(group: loop)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .connectTimeout(.seconds(5))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls = options.tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
          try channel.pipeline.syncOperations.addHandlers([LineHandler(), MinerConnection(options, book: book)])
        }
      }
    ((try? bootstrap.bound(to: options.localAddress)) ?? bootstrap)
      .connect(host: "127.0.0.1", port: options.port)
      .whenComplete { [weak self] result in
        guard let self else { return }
        switch result {
        case .success(let channel): connected(channel)
        case .failure: connectLater(on: loop)
        }
      }
  }

  private func connected(_ channel: any Channel) {
    let isWanted = life.withLockedValue { life in
      life.channel = channel
      return life.isWanted
    }
    guard isWanted else { return channel.close(promise: nil) }
    channel.closeFuture.whenComplete { [weak self] _ in self?.connectLater(on: channel.eventLoop) }
  }

  private func connectLater(on loop: any EventLoop) {
    guard options.reconnects, life.withLockedValue({ $0.isWanted }) else { return }
    loop.scheduleTask(in: .milliseconds(100)) { [weak self] in self?.connect(on: loop) }
  }
}
