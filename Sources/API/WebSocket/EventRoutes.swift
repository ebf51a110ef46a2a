import Hummingbird

/// The routes, and what is said to those who ask for events without a WebSocket.
struct EventRoutes: HTTPResponder {
  typealias Context = Routes.Context

  let routes: Routes

  func respond(to request: Request, context: Context) async throws -> Response {
    guard EventFormat(path: request.uri.path) != nil else {
      return try await routes.respond(to: request, context: context)
    }
    let message = """
      \(request.uri.path) is a WebSocket: open it as ws://HOST:PORT\(request.uri.path), as the first request of a \
      connection
      """
    return routes.refuse(Refusal(.upgradeRequired, message))
  }
}
