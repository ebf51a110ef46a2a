import FoundationEssentials
import NIOCore
import NIOHTTP1

/// Decides about the first request of a connection, before NIO's upgrade handler sees it.
///
/// NIO 2.101.2 drops the head of a request that asks for an upgrade which nobody accepts (apple/swift-nio issue 2632):
/// such a request would have no answer, and curl and Java ask for `h2c` by themselves. So the header goes away here,
/// unless the request is a handshake that will be accepted.
final class UpgradeGate: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  /// A connection that has not asked anything by then is closed.
  static let firstRequestSeconds: Int64 = 10

  private let rules: UpgradeRules
  private let bus: EventBus
  private let bans: (any BanView)?
  private var hasAsked = false
  private var isRefused = false
  private var deadline: Scheduled<Void>?

  init(rules: UpgradeRules, bus: EventBus, bans: (any BanView)?) {
    self.rules = rules
    self.bus = bus
    self.bans = bans
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: .seconds(Self.firstRequestSeconds)) { channel.close(promise: nil) }
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard !isRefused else { return }
    hasAsked = true
    deadline?.cancel()
    guard case .head(var head) = unwrapInboundIn(data) else { return context.fireChannelRead(data) }
    switch rules.decision(head) {
    case .webSocket:
      let client = APIClientAddress(context.remoteAddress)
      if !client.isLoopback, let reason = client.address.flatMap({ bans?.refusal(of: $0) }) {
        return refuse(context, .forbidden, "banned \(reason)")
      }
      guard bus.takePlace(limit: rules.options.listeners) else {
        return refuse(
          context, .serviceUnavailable, "there are \(rules.options.listeners) listeners already; try again later")
      }
      let bus = bus
      context.channel.closeFuture.whenComplete { _ in bus.givePlaceBack() }
    case .http: head.headers.remove(name: "upgrade")
    case .refused(let status, let message): return refuse(context, status, message)
    }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  /// Not HTTP at all, or an end before the first request: nothing behind this is there yet to answer.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    guard !hasAsked else { return context.fireErrorCaught(error) }
    refuse(context, .badRequest, "this is not HTTP")
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent, !hasAsked { context.close(promise: nil) }
    context.fireUserInboundEventTriggered(event)
  }

  private func refuse(_ context: ChannelHandlerContext, _ status: HTTPResponseStatus, _ message: String) {
    isRefused = true
    var body = ByteBuffer()
    body.writeBytes(EventFormat.Message.fields(["error": .string(message)]).json)
    let headers: HTTPHeaders = [
      "content-type": "application/json; charset=utf-8", "content-length": "\(body.readableBytes)",
      "connection": "close", "cache-control": "no-store",
    ]
    let channel = context.channel
    context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
    context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in channel.close(promise: nil) }
  }
}
