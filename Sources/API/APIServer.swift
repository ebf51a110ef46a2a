import Encryption
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// The HTTP interface: statistics, health, metrics, and orders to move miners; and events over WebSockets on the same
/// port; and the same at a Unix socket, where one is wanted.
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
  private let socket: String?
  private let group: any EventLoopGroup
  private let logger: Logger
  private let onListening: @Sendable (Int) async -> Void

  /// - Parameters:
  ///   - port: 0 lets the system choose; `onListening` hears which.
  ///   - access: who may ask what; without tokens in it every change is answered 403.
  ///   - events: what WebSockets listen to.
  ///   - tls: HTTPS, and plain HTTP beside it at the same port; `nil` for plain HTTP alone.
  ///   - pages: what is served beside `/api`.
  ///   - socket: the path of a Unix socket to listen at as well. A socket that is there already is replaced, as nobody
  ///     takes away what an earlier process left; a file of any other kind is not.
  ///   - onListening: hears the port when there is nothing left to be opened.
  public init(
    view: any FleetView, host: String, port: Int, access: APIAccess, events: EventBus = EventBus(),
    webSockets: WebSocketOptions = WebSocketOptions(), tls: ServerTLS? = nil, group: any EventLoopGroup, logger: Logger,
    pages: StaticPages? = nil, socket: String? = nil, onListening: @escaping @Sendable (Int) async -> Void = { _ in }
  ) {
    routes = Routes(view: view, access: access, logger: logger, pages: pages, events: events)
    self.events = events
    rules = UpgradeRules(options: webSockets)
    self.tls = tls
    self.host = host
    self.port = port
    self.socket = socket
    self.group = group
    self.logger = logger
    self.onListening = onListening
  }

  /// - Throws: what the system says when the port or the socket cannot be had.
  public func run() async throws {
    let atPort = application(at: .hostname(host, port: port), tls: tls) { [onListening, logger, host] channel in
      let port = channel.localAddress?.port ?? 0
      logger.info("API listens", metadata: ["address": "\(host):\(port)"])
      await onListening(port)
    }
    guard let socket else { return try await atPort.run() }
    let (openings, isOpen) = AsyncStream.makeStream(of: Void.self)
    let atSocket = application(at: .unixDomainSocket(path: socket), tls: nil) { [logger] _ in
      // Until here only its owner may use it, by any usual umask.
      if chmod(socket, 0o660) != 0 {
        logger.warning("the group cannot use the API's socket", metadata: ["path": "\(socket)", "errno": "\(errno)"])
      }
      logger.info("API listens", metadata: ["address": "\(socket)"])
      isOpen.yield()
    }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { isOpen.finish() }
        do {
          try await atSocket.run()
        } catch let error as IOError {
          throw SocketUnavailable(path: socket, reason: String(cString: strerror(error.errnoCode)))
        } catch is UnixDomainSocketPathWrongType {
          throw SocketUnavailable(path: socket, reason: "there is a file that is no socket")
        }
      }
      for await _ in openings {
        group.addTask { try await atPort.run() }
        break
      }
      // What ends one of them ends the other: a shutdown reaches both, and a failure is thrown on.
      while try await group.next() != nil {}
    }
  }

  private func application(
    at address: BindAddress, tls: ServerTLS?, onRunning: @escaping @Sendable (any Channel) async -> Void
  ) -> Application<EventRoutes> {
    // Its own lines per request would drown ours: it speaks from `warning` on.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .warning)
    let (events, rules, bans, log) = (events, rules, routes.view.bans, logger)
    return Application(
      responder: EventRoutes(routes: routes),
      server: HTTPServerBuilder { responder in
        HTTPWithWebSockets(
          responder: responder, bus: events, rules: rules, bans: bans, tls: tls, logger: log)
      },
      configuration: .init(address: address, serverName: "zion"), onServerRunning: onRunning,
      eventLoopGroupProvider: .shared(group), logger: quiet)
  }
}

/// The socket of `api.socket` cannot be had.
struct SocketUnavailable: Error, CustomStringConvertible {
  let path: String
  let reason: String

  var description: String {
    "the API cannot listen at \(path): \(reason); write another path under api.socket, in a folder that zion may write to"
  }
}
