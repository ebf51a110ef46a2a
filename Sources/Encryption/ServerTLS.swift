import NIOConcurrencyHelpers
import NIOCore
import NIOSSL

/// The certificate that new connections are shown; another may take its place at any time. Connections that are there
/// keep theirs.
public final class ServerTLS: Sendable {
  /// The first byte of a TLS connection: a handshake record. Source: RFC 8446 §5.1.
  public static let firstByte: UInt8 = 22

  private let current: NIOLockedValueBox<ServerCertificate>

  public init(_ certificate: ServerCertificate) { current = NIOLockedValueBox(certificate) }

  public func use(_ certificate: ServerCertificate) { current.withLockedValue { $0 = certificate } }

  /// Makes the channel speak TLS from the bytes on that `handler` hands on. On the channel's event loop.
  public func begin(behind handler: any ChannelHandler, in context: ChannelHandlerContext) throws {
    let tls = NIOSSLServerHandler(context: current.withLockedValue { $0.context })
    try context.pipeline.syncOperations.addHandler(tls, position: .after(handler))
  }
}

/// Takes TLS and plain connections at one port, by their first byte; then it is gone.
public final class TLSDetector: ChannelInboundHandler, RemovableChannelHandler {
  public typealias InboundIn = ByteBuffer
  public typealias InboundOut = ByteBuffer

  private let tls: ServerTLS

  public init(_ tls: ServerTLS) { self.tls = tls }

  public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == ServerTLS.firstByte {
      do {
        try tls.begin(behind: self, in: context)
      } catch {
        return context.fireErrorCaught(error)
      }
    }
    context.fireChannelRead(wrapInboundOut(bytes))
    context.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// Whether the channel speaks TLS. On its event loop.
  public static func isEncrypted(_ channel: any Channel) -> Bool {
    (try? channel.pipeline.syncOperations.handler(type: NIOSSLServerHandler.self)) != nil
  }
}
