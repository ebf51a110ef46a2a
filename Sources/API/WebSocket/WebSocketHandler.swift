import NIOCore
import NIOWebSocket
import Stratum

/// Runs one WebSocket: frames in, events out. Comes after a `NIOWebSocketFrameAggregator`, so that it sees whole messages
/// and control frames only.
final class WebSocketHandler: ChannelInboundHandler, EventOutput {
  typealias InboundIn = WebSocketFrame
  typealias OutboundOut = WebSocketFrame

  private let bus: EventBus
  private let options: WebSocketOptions
  private let onDrop: @Sendable (SocketAddress?) -> Void
  private let first: EventSubscription
  private var session: WebSocketSession
  private var conversation: Conversation
  private var listener: EventListener?
  private var context: ChannelHandlerContext?
  /// Before the encoder: where frames go that are bytes already.
  private var encoder: ChannelHandlerContext?
  private var pinger: RepeatedTask?

  /// - Parameter onDrop: hears once who is closed because it does not read.
  init(
    _ format: EventFormat, _ subscription: EventSubscription, bus: EventBus, options: WebSocketOptions,
    onDrop: @escaping @Sendable (SocketAddress?) -> Void = { _ in }
  ) {
    self.bus = bus
    self.options = options
    self.onDrop = onDrop
    first = subscription
    session = WebSocketSession(options)
    conversation = Conversation(format: format)
  }

  // MARK: life

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    do {
      encoder = try context.pipeline.syncOperations.context(handlerType: WebSocketFrameEncoder.self)
    } catch {
      preconditionFailure("an upgraded pipeline has an encoder: \(error)")
    }
    if context.channel.isActive { begin(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    begin(context)
    context.fireChannelActive()
  }

  private func begin(_ context: ChannelHandlerContext) {
    guard listener == nil else { return }
    let listener = EventListener(
      format: conversation.format, filter: first.filter, since: first.since, bus: bus, output: self)
    self.listener = listener
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let pause = TimeAmount.nanoseconds(Int64(options.pingSeconds * 1e9))
    pinger = context.eventLoop.scheduleRepeatedTask(initialDelay: pause, delay: pause) { _ in
      bound.value.run(bound.value.session.pingIsDue())
    }
    // Whoever begins now gets all that comes after the number that it is told.
    let last = first.since == nil ? listener.cursor : bus.last
    say(conversation.greeting(last: last, at: bus.milliseconds()))
    listener.start()
  }

  func handlerRemoved(context: ChannelHandlerContext) { end() }

  func channelInactive(context: ChannelHandlerContext) {
    end()
    context.fireChannelInactive()
  }

  private func end() {
    pinger?.cancel()
    pinger = nil
    listener?.stop()
    context = nil
    encoder = nil
  }

  // MARK: in

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let frame = unwrapInboundIn(data)
    run(session.received(frame.opcode, frame.unmaskedData, at: now(context)))
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { run(session.failed(error)) }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable { listener?.roomCame() }
    context.fireChannelWritabilityChanged()
  }

  /// Half-closed connections are allowed here, so that a peer that just goes away must be closed by us.
  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .some(ChannelEvent.inputClosed) = event as? ChannelEvent { run(session.inputEnded()) }
    if event is ChannelShouldQuiesceEvent { run(session.shutDown()) }
    context.fireUserInboundEventTriggered(event)
  }

  private func now(_ context: ChannelHandlerContext) -> MonotonicTime {
    MonotonicTime(nanoseconds: context.eventLoop.now.uptimeNanoseconds)
  }

  // MARK: actions

  private func run(_ action: WebSocketSession.Action) {
    switch action {
    case .none: break
    case .message(let text): answer(conversation.received(text, at: bus.milliseconds()))
    case .pong(let payload): send(.pong, payload)
    case .ping: send(.ping, ByteBuffer())
    case .close(let code, let reason):
      var payload = ByteBuffer()
      payload.write(webSocketErrorCode: code)
      payload.writeString(reason)
      listener?.stop()
      send(.connectionClose, payload)
      let isDropped = code == WebSocketSession.tooSlow
      if isDropped {
        bus.noteDropped()
        onDrop(context?.remoteAddress)
      }
      hangUp(after: isDropped ? options.slowCloseSeconds : options.closeSeconds)
    case .echoClose(let payload):
      listener?.stop()
      guard let context else { return }
      let channel = context.channel
      let frame = WebSocketFrame(fin: true, opcode: .connectionClose, data: payload)
      context.writeAndFlush(wrapOutboundOut(frame)).whenComplete { _ in channel.close(promise: nil) }
    case .hangUp:
      listener?.stop()
      context?.close(promise: nil)
    }
  }

  private func hangUp(after seconds: Double) {
    guard let context else { return }
    let channel = context.channel
    let end = context.eventLoop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) { channel.close(promise: nil) }
    channel.closeFuture.whenComplete { _ in end.cancel() }
  }

  private func answer(_ answer: Conversation.Answer) {
    guard session.isOpen, let listener else { return }
    if let plain = answer.plain { write(frame: TextFrame.make(plain.utf8)) }
    if let text = answer.text { write(frame: EventFormat.Message.fields(text).frame) }
    if let wanted = answer.subscription {
      if conversation.format == .own {
        let cursor = wanted.since ?? listener.cursor
        write(frame: EventFormat.Message.fields(OwnMessages.subscribed(wanted.filter, after: cursor)).frame)
      }
      listener.subscribe(wanted.filter, since: wanted.since)
    }
    flush()
    // One that asks and asks, and reads no answers.
    if !hasRoom { isTooSlow() }
  }

  private func say(_ text: [String: MessageValue]) {
    write(frame: EventFormat.Message.fields(text).frame)
    flush()
  }

  private func send(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
    guard let context else { return }
    context.writeAndFlush(wrapOutboundOut(WebSocketFrame(fin: true, opcode: opcode, data: payload)), promise: nil)
    if opcode == .pong, !hasRoom { isTooSlow() }
  }

  // MARK: events

  var loop: any EventLoop {
    guard let context else { preconditionFailure("listens without a channel") }
    return context.eventLoop
  }

  var hasRoom: Bool { context?.channel.isWritable ?? false }

  func write(frame: ByteBuffer) { encoder?.write(NIOAny(frame), promise: nil) }

  func flush() { encoder?.flush() }

  func isTooSlow() { run(session.isTooSlow()) }
}
