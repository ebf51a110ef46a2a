import Encryption
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Orchestrator
import Stratum

/// Opens sockets to upstreams. The same for all shards.
public struct UpstreamConnector: Sendable {
  private let tls: ClientTLS?
  /// Endpoints of which was said that they are plain over a public network.
  private let told = NIOLockedValueBox<Set<String>>([])

  /// - Throws: when `needsTLS` and TLS cannot be spoken.
  public init(needsTLS: Bool) throws { tls = needsTLS ? try ClientTLS() : nil }

  struct NoTLS: Error {}

  /// Whether what is sent crosses a public network in the clear, said once for each endpoint.
  typealias IsExposed = Bool

  func connect(
    to endpoint: UpstreamConfiguration.Endpoint, trusting trust: PeerTrust, on loop: any EventLoop,
    handler: NIOLoopBound<UpstreamLink>
  ) -> EventLoopFuture<IsExposed> {
    let (tls, told) = (tls, told)
    return ClientBootstrap(group: loop)
      .connectTimeout(.seconds(Int64(UpstreamTimeouts.connectSeconds)))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 * 1024, high: 1024 * 1024))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if endpoint.usesTLS {
            guard let tls else { throw NoTLS() }
            try channel.pipeline.syncOperations.addHandlers(tls.handlers(for: endpoint.host, trusting: trust))
          }
          try channel.pipeline.syncOperations.addHandler(handler.value)
        }
      }
      .connect(host: endpoint.host, port: endpoint.port)
      .map { channel in
        guard !endpoint.usesTLS, Self.isPublic(channel) else { return false }
        return told.withLockedValue { $0.insert("\(endpoint)").inserted }
      }
  }

  /// A plain connection that another process image opened. Nothing is read before the handler asks for it.
  func takeOver(
    _ socket: Int32, on loop: any EventLoop, handler: NIOLoopBound<UpstreamLink>
  ) -> EventLoopFuture<any Channel> {
    ClientBootstrap(group: loop)
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 * 1024, high: 1024 * 1024))
      .channelOption(.autoRead, value: false)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(handler.value) }
      }
      .withConnectedSocket(socket)
  }

  /// Whether the other end is reached over networks of others.
  static func isPublic(_ channel: any Channel) -> Bool {
    channel.remoteAddress?.ipAddress.flatMap { NetworkAddress(ofSocket: $0) }?.isPublic ?? false
  }
}
