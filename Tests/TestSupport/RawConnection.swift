import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A connection that sends any bytes and keeps every line that comes back.
public final class RawConnection: Sendable {
  private let channel: any Channel
  private let received: NIOLockedValueBox<[String]>

  /// - Parameter address: of this machine, that it connects from.
  public init(
    port: Int, from address: String? = nil, tls: TestTLS? = nil, on group: any EventLoopGroup
  ) async throws {
    let received = NIOLockedValueBox<[String]>([])
    self.received = received
    channel = try await ClientBootstrap(group: group)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          if let tls { try channel.pipeline.syncOperations.addHandler(tls.handler()) }
          try channel.pipeline.syncOperations.addHandlers([LineHandler(), Collector(received)])
        }
      }
      .bound(to: address)
      .connect(host: "127.0.0.1", port: port).get()
  }

  deinit { channel.close(promise: nil) }

  public var lines: [String] { received.withLockedValue { $0 } }

  /// The lines that are JSON.
  public var messages: [JSON] { lines.compactMap { JSON(Array($0.utf8)) } }

  public var isClosed: Bool { !channel.isActive }

  /// What cannot be sent because the other side has closed is lost, as on any network.
  public func send(_ bytes: [UInt8]) { channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil) }

  public func send(line: String) { send(Array((line + "\n").utf8)) }

  public func close() { channel.close(promise: nil) }

  private final class Collector: ChannelInboundHandler {
    typealias InboundIn = String
    private let received: NIOLockedValueBox<[String]>

    init(_ received: NIOLockedValueBox<[String]>) { self.received = received }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      let line = unwrapInboundIn(data)
      received.withLockedValue { $0.append(line) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
  }
}
