import Hummingbird
import NIOCore

/// The interface about itself.
extension Routes {
  static let serviceRoutes: [Route] = [
    Route(
      template: "/api/openapi.json", group: .service, summary: "This document.",
      success: Route.Success(contentType: "application/json; charset=utf-8") { ["type": "object"] }, lifetimes: 3600
    ) { routes, _ async throws(Refusal) in
      let document: JSONTree
      do {
        document = try OpenAPI.document(of: routes.table.routes, version: routes.view.about.version)
      } catch {
        throw Refusal(.internalServerError, "the document cannot be made: \(error)")
      }
      return try .json(document)
    },
    Route(
      template: "/api/help", group: .service, summary: "All paths, a line each.", success: .text()
    ) { routes, _ async throws(Refusal) in
      let lines = routes.table.routes.map { route in
        let method = route.method.rawValue
        let padded = method + String(repeating: " ", count: max(0, 5 - method.count))
        // As Miningcore writes it.
        return "\(padded) -> \(route.template.dropFirst())".replacing("{", with: "<").replacing("}", with: ">")
      }
      return .text(lines.joined(separator: "\n") + "\n")
    },
    Route(
      template: "/api/health-check", group: .service,
      summary: "`👍` while the interface answers, as Miningcore says it.",
      success: .text()
    ) { _, _ async throws(Refusal) in .text("👍") },
  ]
}
