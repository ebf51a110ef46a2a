import NIOCore
import NIOPosix
import NIOSSL
import Stratum

/// Opens sockets to upstreams. TLS verifies the certificate against the system's roots, with SNI.
public struct UpstreamConnector: Sendable {
  private let tls: NIOSSLContext?

  /// - Throws: when `needsTLS` and the system's certificate roots cannot be read.
  public init(needsTLS: Bool) throws {
    tls = needsTLS ? try NIOSSLContext(configuration: .makeClientConfiguration()) : nil
  }

  struct NoTLS: Error {}

  func connect(
    to endpoint: UpstreamConfiguration.Endpoint, on loop: any EventLoop, handler: NIOLoopBound<UpstreamLink>
  ) -> EventLoopFuture<Void> {
    let tls = tls
    return ClientBootstrap(group: loop)
      .connectTimeout(.seconds(Int64(UpstreamTimeouts.connectSeconds)))
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelOption(.socketOption(.so_keepalive), value: 1)
      .channelOption(.writeBufferWaterMark, value: .init(low: 256 * 1024, high: 1024 * 1024))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if endpoint.usesTLS {
            guard let tls else { throw NoTLS() }
            try channel.pipeline.syncOperations.addHandler(
              try NIOSSLClientHandler(context: tls, serverHostname: endpoint.host))
          }
          try channel.pipeline.syncOperations.addHandler(handler.value)
        }
      }
      .connect(host: endpoint.host, port: endpoint.port)
      .map { _ in }
  }
}
