import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Orchestrator
import Stratum
import Synchronization

/// Every path of the interface, and what is answered there. Every error is an `ErrorPage`.
///
/// In this order: is the client within its rate, is it banned, is there such a route, is what it says within bounds, may
/// it.
struct Routes: HTTPResponder {
  typealias Context = APIContext

  let view: any FleetView
  let access: APIAccess
  let logger: Logger
  /// Asked last, for any path that is not under `/api`.
  var pages: StaticPages?
  /// Whose listeners are counted.
  let events: EventBus
  let table: RouteTable
  private let limiter: Limiter
  private let replies = FreshPages<Reply>(size: { 2 * $0.body.readableBytes })
  let shelf = SampleShelf()
  private let looks = FreshPages<FleetLook>()

  init(
    view: any FleetView, access: APIAccess, logger: Logger, pages: StaticPages? = nil, events: EventBus = EventBus()
  ) {
    self.view = view
    self.access = access
    self.logger = logger
    self.pages = pages
    self.events = events
    table = RouteTable(Self.all)
    limiter = Limiter(access.rate)
  }

  /// The whole interface.
  static var all: [Route] {
    liveRoutes + orderRoutes + orchestratorRoutes + zionRoutes + miningcoreRoutes + miningcoreMinerRoutes
      + poolRoutes + luckRoutes + receiptRoutes + banRoutes + serviceRoutes
  }

  func respond(to request: Request, context: Context) async throws -> Response {
    await respond(to: request, from: context.client)
  }

  func respond(to request: Request, from client: APIClientAddress) async -> Response {
    var response: Response
    do throws(Refusal) {
      response = try await answer(request, from: client)
    } catch {
      note(error, from: client)
      response = refuse(error)
    }
    allowOrigin(&response, request)
    return request.method == .head ? response.createHeadResponse() : response
  }

  func refuse(_ refusal: Refusal) -> Response {
    var response: Response
    do throws(Refusal) {
      response = try Reply.json(refusal.page, status: refusal.status)
        .response(
          to: Request(
            head: .init(method: .post, scheme: nil, authority: nil, path: "/"), body: .init(buffer: ByteBuffer())),
          cacheControl: "no-store")
    } catch {
      response = Response(status: refusal.status)
    }
    for field in refusal.headers { response.headers.append(field) }
    return response
  }

  private func answer(_ request: Request, from client: APIClientAddress) async throws(Refusal) -> Response {
    if let excess = limiter.take(client) {
      let seconds = Int(excess.wait.rounded(.up))
      throw Refusal(
        .tooManyRequests, "more requests than one client may make; ask again in \(seconds) s",
        headers: [.retryAfter: "\(max(1, seconds))"], isHeldAgainst: excess.isFirst)
    }
    try expectNotBanned(request, from: client)
    guard request.uri.string.utf8.count <= APIServer.uriByteLimit else {
      throw Refusal(.uriTooLong, "the address is longer than \(APIServer.uriByteLimit) bytes")
    }
    let path = request.uri.path
    guard let (routes, segments) = table.find(path) else { return try page(at: path, request) }
    let methods = Self.methods(routes)
    if request.method == .options { return Response(status: .noContent, headers: [.allow: methods]) }
    guard
      let route = routes.first(where: { $0.method == request.method || $0.method == .get && request.method == .head })
    else {
      throw Refusal(
        .methodNotAllowed,
        "\(request.method.rawValue.prefix(16)) is not allowed at \(path.prefix(200)), only \(methods)",
        headers: [.allow: methods])
    }
    if route.body != nil { try expectOwnPage(request) }
    let token = try authorize(request, route, from: client)
    var call = Call(request: request, values: try route.values(segments, request.uri.query ?? ""), token: token)
    if let body = route.body {
      call.body = try await Self.body(of: request, limit: body.byteLimit)
      return try await change(route, call)
    }
    return try await look(route, call).response(to: request, cacheControl: "no-cache")
  }

  private static func methods(_ routes: [Route]) -> String {
    routes.flatMap { $0.method == .get ? ["GET", "HEAD"] : [$0.method.rawValue] }.joined(separator: ", ")
  }

  private func page(at path: String, _ request: Request) throws(Refusal) -> Response {
    guard path.split(separator: "/").first != "api", let file = pages?(path) else {
      throw Refusal(
        .notFound,
        "there is nothing at \(path.prefix(200)); GET /api/help lists all there is, such as /api/health, /api/stats, "
          + "/api/pools, /api/profitability, /api/miner/ADDRESS and /metrics")
    }
    guard request.method == .get || request.method == .head else {
      throw Refusal(.methodNotAllowed, "only GET and HEAD are allowed here", headers: [.allow: "GET, HEAD"])
    }
    return Response(file, for: request)
  }

  /// What somebody else got at this moment, or a new answer.
  private func look(_ route: Route, _ call: Call) async throws(Refusal) -> Reply {
    guard route.lifetimes > 0 else { return try await route.run(self, call) }
    do {
      return try await replies.value(
        call.name(of: route), freshFor: access.freshSeconds * route.lifetimes, make: { try await route.run(self, call) }
      )
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw Refusal(.internalServerError, "the answer could not be made")
    }
  }

  /// Carries a change out and writes down who asked for it.
  private func change(_ route: Route, _ call: Call) async throws(Refusal) -> Response {
    do throws(Refusal) {
      let reply = try await route.run(self, call)
      forget()
      await record(call, status: reply.status)
      return reply.response(to: call.request, cacheControl: "no-store")
    } catch {
      await record(call, status: error.status)
      throw error
    }
  }

  private func record(_ call: Call, status: HTTPResponse.Status) async {
    // Without a token it is a miner's own signature that counts, and the address that it is for.
    let who = call.token?.name ?? call.text("address")
    await view.record(
      APIWrite(
        who: who, method: call.request.method.rawValue, path: String(call.request.uri.path.prefix(300)),
        body: call.noted, status: status.code))
  }

  /// What is known is old: something has changed.
  func forget() {
    looks.forget()
    replies.forget()
  }

  /// The fleet, as somebody saw it within the last second or two.
  func snapshot() async -> FleetSnapshot { await fleet().fleet }

  func fleet() async -> FleetLook {
    let view = view
    do {
      return try await looks.value(
        "fleet", freshFor: access.freshSeconds, make: { FleetLook(await view.snapshot()) })
    } catch {
      return FleetLook(await view.snapshot())
    }
  }

  /// A web page of another origin may read what it is allowed to.
  private func allowOrigin(_ response: inout Response, _ request: Request) {
    guard let origin = request.headers[.origin], let allowed = access.origin(for: origin) else { return }
    response.headers[.accessControlAllowOrigin] = allowed
    response.headers.append(HTTPField(name: .vary, value: "Origin"))
    guard request.method == .options else { return }
    response.headers[.accessControlAllowMethods] = "GET, HEAD, POST"
    // With any origin there is nothing to be changed: no page gets to send a token.
    let words = allowed == "*" ? "Content-Type, If-None-Match" : "Authorization, Content-Type, If-None-Match"
    response.headers[.accessControlAllowHeaders] = words
    response.headers[.accessControlMaxAge] = "600"
  }
}

extension APIAccess {
  /// What to say to a page of this origin; `nil` for nothing. An origin that is named comes before any.
  func origin(for origin: String) -> String? {
    if origins.contains(origin) { return origin }
    return origins.contains("*") ? "*" : nil
  }
}

extension HTTPField.Name {
  static var retryAfter: HTTPField.Name { HTTPField.Name(parsed: "retry-after") ?? .via }
}

/// The clients' allowances, shared by all connections.
private final class Limiter: Sendable {
  private let buckets: Mutex<RateLimiter>
  private let countsLoopback: Bool

  init(_ limit: RateLimit) {
    buckets = Mutex(RateLimiter(limit))
    countsLoopback = limit.countsLoopback
  }

  func take(_ client: APIClientAddress) -> RateLimiter.Excess? {
    guard countsLoopback || !client.isLoopback else { return nil }
    let now = MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds)
    return buckets.withLock { $0.take(client.network, at: now) }
  }
}
