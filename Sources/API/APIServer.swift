import Encryption
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// The HTTP interface: statistics, health, metrics, and orders to move miners; and events over WebSockets on the same
/// port.
///
/// `run()` ends when its task is cancelled, or on graceful shutdown inside a `ServiceGroup`.
public struct APIServer: Sendable {
  /// A longer request body is answered 413.
  static let bodyByteLimit = 4096
  /// A longer path and query is answered 414.
  static let uriByteLimit = 4096
  /// A connection that says nothing for so long is closed.
  static let idleSeconds: Int64 = 60

  private let routes: Routes
  private let events: EventBus
  private let rules: UpgradeRules
  private let tls: ServerTLS?
  private let host: String
  private let port: Int
  private let group: any EventLoopGroup
  private let logger: Logger
  private let onListening: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - port: 0 lets the system choose; `onListening` hears which.
  ///   - access: who may ask what; without tokens in it every change is answered 403.
  ///   - events: what WebSockets listen to.
  ///   - tls: HTTPS, and plain HTTP beside it at the same port; `nil` for plain HTTP alone.
  ///   - pages: what is served beside `/api`.
  public init(
    view: any FleetView, host: String, port: Int, access: APIAccess, events: EventBus = EventBus(),
    webSockets: WebSocketOptions = WebSocketOptions(), tls: ServerTLS? = nil, group: any EventLoopGroup, logger: Logger,
    pages: StaticPages? = nil, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    routes = Routes(view: view, access: access, logger: logger, pages: pages, events: events)
    self.events = events
    rules = UpgradeRules(options: webSockets)
    self.tls = tls
    self.host = host
    self.port = port
    self.group = group
    self.logger = logger
    self.onListening = onListening
  }

  /// - Throws: what the system says when the port cannot be had.
  public func run() async throws {
    // Its own lines per request would drown ours: it speaks from `warning` on.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let (events, rules, bans, tls, log) = (events, rules, routes.view.bans, tls, logger)
    let application = Application(
      responder: EventRoutes(routes: routes),
      server: HTTPServerBuilder { responder in
        HTTPWithWebSockets(
          responder: responder, bus: events, rules: rules, bans: bans, tls: tls, logger: log)
      },
      configuration: .init(address: .hostname(host, port: port), serverName: "zion"),
      onServerRunning: { [onListening, logger, host] channel in
        let port = channel.localAddress?.port ?? 0
        logger.info("API listens", metadata: ["address": "\(host):\(port)"])
        await onListening(port)
      },
      eventLoopGroupProvider: .shared(group), logger: quiet)
    try await application.run()
  }
}
