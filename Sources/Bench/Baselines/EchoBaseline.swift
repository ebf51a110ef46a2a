import NIOCore
import NIOPosix

/// The least that a NIO program can do for a miner: split lines, answer each with a constant reply of a share's size.
/// What the product does beyond that is what the ratios show.
public enum EchoBaseline {
  /// Serves until the process is ended.
  public static func run(port: Int, loops: Int) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let server = try await BaselineServer.bootstrap(on: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(EchoHandler()) }
      }
      .bind(host: "127.0.0.1", port: port).get()
    try await server.closeFuture.get()
  }
}

enum BaselineServer {
  /// The socket options that the product's miner port has.
  static func bootstrap(on group: any EventLoopGroup) -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(.maxMessagesPerRead, value: 16)
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 512))
  }
}

private final class EchoHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// As long as the answer to a share with a seven-digit id.
  private static let reply = ByteBuffer(string: "{\"id\":1000000,\"result\":true,\"error\":null}\n")
  private var carry = ByteBuffer()
  private var hasWritten = false

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    if carry.readableBytes > 0 {
      carry.writeBuffer(&bytes)
      swap(&carry, &bytes)
      carry = ByteBuffer()
    }
    while let end = bytes.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
      bytes.moveReaderIndex(to: end + 1)
      context.write(wrapOutboundOut(Self.reply), promise: nil)
      hasWritten = true
    }
    if bytes.readableBytes > 0 { carry = bytes }
  }

  /// One write for all that one read brought.
  func channelReadComplete(context: ChannelHandlerContext) {
    guard hasWritten else { return }
    hasWritten = false
    context.flush()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
