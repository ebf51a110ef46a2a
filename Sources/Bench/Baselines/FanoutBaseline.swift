import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The least that a NIO program can do to tell everybody: on one line from any connection, the same bytes go to all
/// the others, one task a loop.
public enum FanoutBaseline {
  /// Serves until the process is ended. `bytes` is the length of the line that is sent, its line feed included.
  public static func run(port: Int, loops: Int, bytes: Int) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let line = ByteBuffer(string: String(repeating: "x", count: max(0, bytes - 1)) + "\n")
    let crowd = FanoutCrowd(line: line)
    let server = try await BaselineServer.bootstrap(on: group)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(FanoutHandler(crowd)) }
      }
      .bind(host: "127.0.0.1", port: port).get()
    try await server.closeFuture.get()
  }
}

/// All connections, by loop.
private final class FanoutCrowd: Sendable {
  private struct Members {
    let loop: any EventLoop
    var channels: [ObjectIdentifier: any Channel] = [:]
  }

  private let line: ByteBuffer
  private let loops = NIOLockedValueBox<[ObjectIdentifier: Members]>([:])

  init(line: ByteBuffer) { self.line = line }

  func add(_ channel: any Channel) {
    loops.withLockedValue {
      let loop = ObjectIdentifier(channel.eventLoop)
      $0[loop, default: Members(loop: channel.eventLoop)].channels[ObjectIdentifier(channel)] = channel
    }
  }

  func remove(_ channel: any Channel) {
    loops.withLockedValue {
      _ = $0[ObjectIdentifier(channel.eventLoop)]?.channels.removeValue(forKey: ObjectIdentifier(channel))
    }
  }

  func tellAll(but sender: any Channel) {
    for members in loops.withLockedValue({ Array($0.values) }) {
      members.loop.execute {
        for channel in members.channels.values where channel !== sender {
          channel.writeAndFlush(self.line, promise: nil)
        }
      }
    }
  }
}

private final class FanoutHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let crowd: FanoutCrowd

  init(_ crowd: FanoutCrowd) { self.crowd = crowd }

  func channelActive(context: ChannelHandlerContext) { crowd.add(context.channel) }
  func channelInactive(context: ChannelHandlerContext) { crowd.remove(context.channel) }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if bytes.readableBytesView.contains(UInt8(ascii: "\n")) { crowd.tellAll(but: context.channel) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
