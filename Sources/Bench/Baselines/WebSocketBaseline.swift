import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// The least that a NIO program can do to tell WebSockets something: a frame for all of them, one task a loop. Every
/// message says when it was made.
public enum WebSocketBaseline {
  /// Serves until the process is ended. `bytes` is the length of a message.
  public static func run(port: Int, loops: Int, bytes: Int, everyMilliseconds: Int) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
    let crowd = WebSocketCrowd()
    let server = try await BaselineServer.bootstrap(on: group)
      .childChannelInitializer { channel in
        let upgrader = NIOWebSocketServerUpgrader(
          shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
          upgradePipelineHandler: { channel, _ in
            crowd.add(channel)
            channel.closeFuture.whenComplete { _ in crowd.remove(channel) }
            return channel.eventLoop.makeSucceededVoidFuture()
          })
        return channel.pipeline.configureHTTPServerPipeline(
          withServerUpgrade: (upgraders: [upgrader], completionHandler: { _ in }))
      }
      .bind(host: "127.0.0.1", port: port).get()
    let pause = TimeAmount.milliseconds(Int64(everyMilliseconds))
    group.next().scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
      let stamp = "t=\(Clock.now.nanoseconds);"
      crowd.tellAll(ByteBuffer(string: stamp + String(repeating: "x", count: max(0, bytes - stamp.utf8.count))))
    }
    try await server.closeFuture.get()
  }
}

private final class WebSocketCrowd: Sendable {
  private struct Members {
    let loop: any EventLoop
    var channels: [ObjectIdentifier: any Channel] = [:]
  }

  private let loops = NIOLockedValueBox<[ObjectIdentifier: Members]>([:])

  func add(_ channel: any Channel) {
    loops.withLockedValue {
      $0[ObjectIdentifier(channel.eventLoop), default: Members(loop: channel.eventLoop)]
        .channels[ObjectIdentifier(channel)] = channel
    }
  }

  func remove(_ channel: any Channel) {
    loops.withLockedValue {
      _ = $0[ObjectIdentifier(channel.eventLoop)]?.channels.removeValue(forKey: ObjectIdentifier(channel))
    }
  }

  func tellAll(_ text: ByteBuffer) {
    let frame = WebSocketFrame(fin: true, opcode: .text, data: text)
    for members in loops.withLockedValue({ Array($0.values) }) {
      members.loop.execute {
        for channel in members.channels.values { channel.writeAndFlush(frame, promise: nil) }
      }
    }
  }
}
