import Hummingbird

/// The OpenAPI 3.1 document, made from the routes that are served.
enum OpenAPI {
  static func document(of routes: [Route], version: String) throws -> JSONTree {
    var paths: [String: JSONTree] = [:]
    for route in routes {
      var item = paths[route.template] ?? [:]
      item[route.method.rawValue.lowercased()] = try operation(route)
      paths[route.template] = item
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "ZION proxy", "version": .string(version),
        "license": ["name": "Apache-2.0", "identifier": "Apache-2.0"],
        "description": """
        Pools, miners, money and decisions of one ZION proxy. Every GET answers HEAD too; OPTIONS tells what a path \
        takes. Amounts named …Atomic are whole atomic units; work is exact hashes in decimal text.
        """,
      ],
      "servers": [["url": "/"]],
      "tags": .array(Route.Group.allCases.map { ["name": .string($0.rawValue)] }),
      "paths": .object(paths),
      "components": [
        "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
        "schemas": ["Error": try Schema.of(ErrorPage.self)],
      ],
    ]
  }

  private static func operation(_ route: Route) throws -> JSONTree {
    var operation: JSONTree = [
      "operationId": .string(identifier(route)), "summary": .string(route.summary),
      "tags": [.string(route.group.rawValue)],
      "responses": .object(try responses(route)),
    ]
    if !route.parameters.isEmpty { operation["parameters"] = .array(route.parameters.map(parameter)) }
    if let body = route.body {
      operation["requestBody"] = [
        "required": .bool(body.isRequired),
        "content": .object([body.contentType: ["schema": try body.schema()]]),
      ]
    }
    if route.scope != nil { operation["security"] = [["token": []]] }
    return operation
  }

  /// `getApiPoolsIdBlocks`
  private static func identifier(_ route: Route) -> String {
    let words = route.template.split { !$0.isLetter && !$0.isNumber }
    return route.method.rawValue.lowercased() + words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
  }

  private static func parameter(_ parameter: Parameter) -> JSONTree {
    [
      "name": .string(parameter.name), "in": .string(parameter.isInPath ? "path" : "query"),
      "required": .bool(parameter.isInPath), "description": .string(parameter.summary), "schema": parameter.schema,
    ]
  }

  private static func responses(_ route: Route) throws -> [String: JSONTree] {
    var responses: [String: JSONTree] = [:]
    responses["200"] = [
      "description": "What was asked for.",
      "content": .object([route.success.contentType: ["schema": try route.success.schema()]]),
    ]
    if route.method == .get { responses["304"] = ["description": "It is what If-None-Match names."] }
    for (status, text) in common(route) { responses[String(status.code)] = error(text) }
    for (status, text) in route.statuses {
      // Health is told in full when it is bad.
      responses[String(status.code)] =
        status == .serviceUnavailable && route.template == "/api/health"
        ? [
          "description": .string(text),
          "content": .object([route.success.contentType: ["schema": try route.success.schema()]]),
        ]
        : error(text)
    }
    return responses
  }

  private static func common(_ route: Route) -> [HTTPResponse.Status: String] {
    var statuses: [HTTPResponse.Status: String] = [
      .tooManyRequests: "More requests than one client may make; Retry-After says when to go on.",
      .forbidden: "The client's address is banned; the sentence says for what.",
      .uriTooLong: "Path and query are longer than \(APIServer.uriByteLimit) bytes.",
    ]
    if !route.parameters.isEmpty || route.body != nil {
      statuses[.badRequest] = "Something in the request is out of its bounds: the sentence says what."
    }
    if let body = route.body { statuses[.contentTooLarge] = "The body is longer than \(body.byteLimit) bytes." }
    if let scope = route.scope {
      statuses[.unauthorized] = "A token is needed."
      statuses[.forbidden] =
        "The token is wrong, has no \(scope.rawValue) scope, or came over plain HTTP, or the client's address is banned."
    }
    return statuses
  }

  private static func error(_ text: String) -> JSONTree {
    [
      "description": .string(text),
      "content": ["application/json; charset=utf-8": ["schema": ["$ref": "#/components/schemas/Error"]]],
    ]
  }
}
