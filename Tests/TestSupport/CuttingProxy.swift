import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// A way to a server that can lose a reply: the request arrives and is carried out, and the answer never comes back.
public final class CuttingProxy: Sendable {
  public let port: Int
  private let listener: any Channel
  private let group: MultiThreadedEventLoopGroup
  fileprivate let state = NIOLockedValueBox(State())

  fileprivate struct State {
    /// A request that holds these bytes loses its reply; `nil`: none does.
    var trigger: [UInt8]?
    var cuts = 0
  }

  /// Listens at a free port, and hands on to the port `target`.
  public init(to target: Int) async throws {
    let box = state
    group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    listener = try await ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        ClientBootstrap(group: client.eventLoop).connect(host: "127.0.0.1", port: target).flatMap { server in
          server.eventLoop.makeCompletedFuture {
            try server.pipeline.syncOperations.addHandler(CuttingHandler(box, peer: client, isServer: true))
            try client.pipeline.syncOperations.addHandler(CuttingHandler(box, peer: server, isServer: false))
          }.flatMap { client.setOption(.autoRead, value: true) }
        }
      }.bind(host: "127.0.0.1", port: 0).get()
    port = listener.localAddress?.port ?? 0
  }

  /// The reply to the next request with these words is lost, and its connection with it.
  public func cut(at words: String) { state.withLockedValue { $0.trigger = Array(words.utf8) } }

  /// How many replies were lost.
  public var cuts: Int { state.withLockedValue { $0.cuts } }

  public func stop() async throws {
    try await listener.close()
    try await group.shutdownGracefully()
  }
}

private final class CuttingHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let state: NIOLockedValueBox<CuttingProxy.State>
  private let peer: any Channel
  private let isServer: Bool

  init(_ state: NIOLockedValueBox<CuttingProxy.State>, peer: any Channel, isServer: Bool) {
    self.state = state
    self.peer = peer
    self.isServer = isServer
  }

  private func isTriggered(by bytes: [UInt8], in state: inout CuttingProxy.State) -> Bool {
    guard let trigger = state.trigger, bytes.count >= trigger.count else { return false }
    return (0...bytes.count - trigger.count).contains { bytes[$0..<$0 + trigger.count].elementsEqual(trigger) }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    if !isServer, state.withLockedValue({ isTriggered(by: Array(buffer.readableBytesView), in: &$0) }) {
      state.withLockedValue { state in
        state.trigger = nil
        state.cuts += 1
      }
      // The server gets it, and nobody hears what it says.
      peer.writeAndFlush(buffer, promise: nil)
      let (client, server) = (context.channel, peer)
      client.close(promise: nil)
      client.eventLoop.scheduleTask(in: .milliseconds(200)) { server.close(promise: nil) }
      return
    }
    peer.writeAndFlush(buffer, promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    if isServer { peer.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
