import Encryption
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Proxy
import Stratum

/// Keeps one slot of the board connected: connects, and after a loss connects again, waiting longer each time.
final class PoolLink: Sendable {
  static let longestWaitSeconds = 30.0

  private let slot: Int
  private let address: StratumURL
  private let trust: PeerTrust
  private let template: PoolConnection.Parts
  private let group: any EventLoopGroup
  private let current = NIOLockedValueBox<Live?>(nil)

  /// The connection that there is now, and the loop that it may be touched on.
  private struct Live: Sendable {
    let connection: NIOLoopBound<PoolConnection>
    let loop: any EventLoop
  }

  /// - Parameter trust: whom we believe to be the pool, where `address` asks for TLS.
  init(address: StratumURL, trust: PeerTrust, template: PoolConnection.Parts, group: any EventLoopGroup) {
    self.address = address
    self.trust = trust
    self.template = template
    self.group = group
    slot = template.slot
  }

  /// Runs until the task is cancelled, or the pool refuses us for good.
  func run() async {
    var wait = 1.0
    var number: UInt64 = 0
    var address = address
    while !Task.isCancelled {
      number += 1
      template.say("connecting to \(address.endpoint)\(address.isEncrypted ? " (TLS)" : "")")
      let connectsBefore = template.progress.tally.connects
      let ending = await connect(to: address, number: number)
      if template.progress.tally.connects > connectsBefore { wait = 1 }
      let trouble: String
      switch ending {
      case .lost(let why): trouble = why
      case .moved(let port):
        address.endpoint.port = port ?? address.endpoint.port
        trouble = "the pool asked to reconnect"
      case .refused(let why):
        guard connectsBefore > 0 else {
          return template.progress.finish(.unusable(Self.advice(refusal: why, credentials: template.credentials)))
        }
        trouble = why
      }
      guard !Task.isCancelled else { return }
      template.progress.update { $0.trouble = trouble }
      template.say("\(trouble); again in \(Decimal.fixed(wait, decimals: 0)) s")
      do { try await Task.sleep(for: .seconds(wait)) } catch { return }
      wait = min(wait * 2, Self.longestWaitSeconds)
    }
  }

  /// From any thread. A share whose connection is gone is counted as lost.
  func deliver(_ share: MinedShare) {
    let live = current.withLockedValue { $0 }
    guard let live else {
      template.board.settled(for: slot)
      template.progress.update { $0.lost += 1 }
      return
    }
    live.loop.execute { live.connection.value.submit(share) }
  }

  /// Connects once and stays until that ends. Cancelling ends it at once, connected or not.
  private func connect(to address: StratumURL, number: UInt64) async -> PoolConnection.Ending {
    let loop = group.next()
    let ended = loop.makePromise(of: PoolConnection.Ending.self)
    let parts = PoolConnection.Parts(
      number: number, slot: slot, algorithm: template.algorithm, credentials: template.credentials,
      board: template.board, progress: template.progress, caches: template.caches, say: template.say)
    let (endpoint, trust) = (address.endpoint, trust)
    loop.execute {
      let connection = NIOLoopBound(PoolConnection(parts, ended: ended), eventLoop: loop)
      self.current.withLockedValue { $0 = Live(connection: connection, loop: loop) }
      ClientBootstrap(group: loop)
        .connectTimeout(.seconds(Int64(UpstreamTimeouts.connectSeconds)))
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .channelOption(.socketOption(.so_keepalive), value: 1)
        .channelInitializer { channel in
          channel.eventLoop.makeCompletedFuture {
            guard address.isEncrypted else { return }
            try channel.pipeline.syncOperations.addHandlers(ClientTLS().handlers(for: endpoint.host, trusting: trust))
          }
        }
        .connect(host: endpoint.host, port: endpoint.port)
        // A name may have several addresses, each tried on a channel of its own: only the winner gets the handler.
        .flatMapThrowing { try $0.pipeline.syncOperations.addHandler(connection.value) }
        .whenFailure { error in
          connection.value.end(.lost("cannot connect to \(endpoint): \(Self.words(for: error))"))
        }
    }
    let ending = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        ended.futureResult.whenSuccess { continuation.resume(returning: $0) }
      }
    } onCancel: {
      loop.execute { self.current.withLockedValue { $0 }?.connection.value.end(.lost("closed here")) }
    }
    current.withLockedValue { $0 = nil }
    return ending
  }

  static func words(for error: any Error) -> String {
    let words = UpstreamTrouble.words(for: error)
    return error is PeerRefused ? "the pool is not who it should be: \(words)" : words
  }

  private static func advice(refusal: String, credentials: UpstreamSession.Credentials) -> String {
    """
    the pool does not accept '\(credentials.user)': \(refusal).
    Check --user (ADDRESS.worker with an address that this pool pays to), --password, and that --algorithm is the \
    one that this port mines.
    """
  }
}
