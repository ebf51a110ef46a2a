import Encryption
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1
import NIOWebSocket

/// A connection of the HTTP server: HTTP/1.1, over TLS where that is offered and asked for, and a WebSocket where its first request asks for one.
struct HTTPWithWebSockets: HTTPChannelHandler {
  enum Connection: Sendable {
    case http(NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>)
    case webSocket(any Channel)
  }

  struct Value: ServerChildChannelValue {
    let connection: EventLoopFuture<Connection>
    let channel: any Channel
  }

  let responder: HTTPChannelHandler.Responder
  let bus: EventBus
  let rules: UpgradeRules
  /// Who may not listen; `nil` where nobody can be banned.
  let bans: (any BanView)?
  /// Plain connections are taken beside it.
  let tls: ServerTLS?
  /// Hears of listeners that are dropped; the server's own speaks of trouble only.
  let logger: Logger

  init(
    responder: @escaping HTTPChannelHandler.Responder, bus: EventBus, rules: UpgradeRules, bans: (any BanView)?,
    tls: ServerTLS?, logger: Logger
  ) {
    self.responder = responder
    self.bus = bus
    self.rules = rules
    self.bans = bans
    self.tls = tls
    self.logger = logger
    // Once before anybody connects: where two loops are the first to use a type, both at once, Swift's runtime (6.3.1) can
    // give one of them a type that the other is still making, and crash.
    _ = makeHandlers(logger: logger)
  }

  func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
    channel.eventLoop.makeCompletedFuture {
      if let tls { try channel.pipeline.syncOperations.addHandler(TLSDetector(tls)) }
      let (handlers, upgrade) = makeHandlers(logger: logger)
      try channel.pipeline.syncOperations.addHandlers(handlers)
      return Value(connection: upgrade.upgradeResultFuture, channel: channel)
    }
  }

  /// What reads a connection's first request, in order; the last of them knows what became of the connection.
  private func makeHandlers(
    logger: Logger
  ) -> ([any RemovableChannelHandler], NIOTypedHTTPServerUpgradeHandler<Connection>) {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = 8 * 1024
    limits.maxHeaderListSize = 16 * 1024
    limits.maxHeaderFieldCount = 64
    let encoder = HTTPResponseEncoder()
    let decoder = ByteToMessageHandler(
      HTTPRequestDecoder(
        leftOverBytesStrategy: .forwardBytes, informationalResponseStrategy: .drop, limitConfiguration: limits))
    let gate = UpgradeGate(rules: rules, bus: bus, bans: bans)
    let upgrade = NIOTypedHTTPServerUpgradeHandler<Connection>(
      httpEncoder: encoder, extraHTTPHandlers: [decoder, gate],
      upgradeConfiguration: .init(
        upgraders: [upgrader],
        notUpgradingCompletionHandler: { channel in
          channel.eventLoop.makeCompletedFuture { try Self.serveHTTP(on: channel, logger: logger) }
        }))
    return ([encoder, decoder, gate, upgrade], upgrade)
  }

  private var upgrader: NIOTypedWebSocketServerUpgrader<Connection> {
    let (bus, rules, log) = (bus, rules, logger)
    return NIOTypedWebSocketServerUpgrader<Connection>(
      maxFrameSize: rules.options.messageBytes, enableAutomaticErrorHandling: false,
      // The gate has decided.
      shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture([:]) },
      upgradePipelineHandler: { channel, head in
        // What waits in the kernel waits for the listener too.
        channel.setOption(.socketOption(.so_sndbuf), value: .init(rules.options.kernelBytes)).and(
          channel.setOption(
            .writeBufferWaterMark,
            value: .init(low: rules.options.outboxBytes / 2, high: rules.options.outboxBytes))
        ).flatMapThrowing { _ in
          guard case .webSocket(let format, let subscription) = rules.decision(head) else {
            throw ChannelError.operationUnsupported
          }
          try channel.pipeline.syncOperations.addHandlers([
            FrameCheck(), Self.aggregator(rules.options),
            WebSocketHandler(format, subscription, bus: bus, options: rules.options) { address in
              log.info(
                "a listener of events was closed: it does not read",
                metadata: ["address": "\(address.map { "\($0)" } ?? "unknown")", "format": "\(format)"])
            },
          ])
          return .webSocket(channel)
        }
      })
  }

  static func aggregator(_ options: WebSocketOptions) -> NIOWebSocketFrameAggregator {
    NIOWebSocketFrameAggregator(
      minNonFinalFragmentSize: 0, maxAccumulatedFrameCount: 64, maxAccumulatedFrameSize: options.messageBytes)
  }

  private static func serveHTTP(on channel: any Channel, logger: Logger) throws -> Connection {
    try channel.pipeline.syncOperations.addHandlers([
      HTTP1ToHTTPServerCodec(secure: TLSDetector.isEncrypted(channel)),
      HTTPConnectionStateHandler(idleTimeout: .seconds(APIServer.idleSeconds), logger: logger),
    ])
    return .http(
      try NIOAsyncChannel(
        wrappingChannelSynchronously: channel, configuration: .init(isOutboundHalfClosureEnabled: true)))
  }

  func handle(value: Value, logger: Logger) async {
    do {
      switch try await value.connection.get() {
      case .http(let channel):
        await withTaskExecutorPreference(LoopExecutor(channel.channel.eventLoop)) {
          await handleHTTP(asyncChannel: channel, logger: logger)
        }
      case .webSocket(let channel): try await channel.closeFuture.get()
      }
    } catch {
      // An end before the first request, or something that is no request.
      logger.debug("a connection to the API ended early", metadata: ["reason": "\(error)"])
      value.channel.close(promise: nil)
    }
  }
}
