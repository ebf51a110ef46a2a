import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport

/// The way between two programs, with weather: every byte arrives in order, but perhaps late, or never.
final class Relay: Sendable {
  enum Weather: Equatable, Sendable {
    case clear
    /// Every piece comes so much later.
    case slow(milliseconds: Int64)
    /// Some pieces are lost and sent again, as TCP does it.
    case lossy
    /// Nothing passes, and nobody is told.
    case stalled
    /// What the server says does not arrive.
    case deaf
    /// Connections end, and new ones at once.
    case cut
  }

  let port: Int
  private let listener: any Channel
  fileprivate let state = NIOLockedValueBox(State())

  fileprivate struct State {
    var weather = Weather.clear
    var channels: [ObjectIdentifier: any Channel] = [:]
    var random = SeededRandom(seed: 1)
    /// The sky has been clear since then.
    var clearSince = ContinuousClock.now
  }

  /// Listens at a free port, and hands on to the port `target`.
  init(to target: Int, on group: any EventLoopGroup) async throws {
    let box = state
    listener = try await ServerBootstrap(group: group).serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelOption(.backlog, value: 256)
      .childChannelOption(.autoRead, value: false)
      .childChannelInitializer { client in
        guard box.withLockedValue({ $0.weather != .cut }) else { return client.close() }
        return ClientBootstrap(group: client.eventLoop).channelOption(.tcpOption(.tcp_nodelay), value: 1)
          .connect(host: "127.0.0.1", port: target).flatMap { server in
            server.eventLoop.makeCompletedFuture {
              try server.pipeline.syncOperations.addHandler(RelayHandler(box, peer: client, isServer: true))
              try client.pipeline.syncOperations.addHandler(RelayHandler(box, peer: server, isServer: false))
            }.flatMap { client.setOption(.autoRead, value: true) }
          }
      }.bind(host: "127.0.0.1", port: 0).get()
    port = listener.localAddress?.port ?? 0
  }

  func turn(_ weather: Weather) {
    let ended = state.withLockedValue { state -> [any Channel] in
      state.weather = weather
      if weather == .clear { state.clearSince = .now }
      return weather == .cut ? Array(state.channels.values) : []
    }
    for channel in ended { channel.close(promise: nil) }
  }

  /// How long the way has been free; `nil` while it is not.
  var clearSeconds: Double? {
    state.withLockedValue { $0.weather == .clear ? TestSupport.seconds(since: $0.clearSince) : nil }
  }

  func stop() async throws {
    turn(.cut)
    try await listener.close()
  }
}

/// What comes from one side of a connection goes to the other. Both live on one event loop.
private final class RelayHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  private let state: NIOLockedValueBox<Relay.State>
  private let peer: any Channel
  private let isServer: Bool
  /// In order, each with the time before which it does not arrive.
  private var waiting: [(due: NIODeadline, bytes: ByteBuffer)] = []
  private var isWaiting = false
  private var isOver = false

  init(_ state: NIOLockedValueBox<Relay.State>, peer: any Channel, isServer: Bool) {
    self.state = state
    self.peer = peer
    self.isServer = isServer
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    state.withLockedValue { $0.channels[ObjectIdentifier(channel)] = channel }
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    let delay = state.withLockedValue { state -> Int64 in
      switch state.weather {
      case .clear, .stalled, .deaf, .cut: 0
      case .slow(let milliseconds): milliseconds
      case .lossy:
        Int.random(in: 0..<5, using: &state.random) == 0 ? Int64.random(in: 200...1500, using: &state.random) : 0
      }
    }
    let due = NIODeadline.now() + .milliseconds(delay)
    waiting.append((max(due, waiting.last?.due ?? due), bytes))
    pass(context.eventLoop)
  }

  private func pass(_ loop: any EventLoop) {
    let holds = state.withLockedValue { $0.weather == .stalled || $0.weather == .deaf && isServer }
    let now = NIODeadline.now()
    while !holds, let first = waiting.first, first.due <= now {
      waiting.removeFirst()
      peer.writeAndFlush(first.bytes, promise: nil)
    }
    guard !waiting.isEmpty || isOver && holds else {
      if isOver { peer.close(promise: nil) }
      return
    }
    guard !isWaiting else { return }
    isWaiting = true
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: .milliseconds(20)) {
      bound.value.isWaiting = false
      bound.value.pass(loop)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    let channel = context.channel
    state.withLockedValue { $0.channels[ObjectIdentifier(channel)] = nil }
    isOver = true
    pass(context.eventLoop)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
