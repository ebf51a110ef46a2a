import FoundationEssentials
import HTTPTypes
import Hummingbird

/// All routes, found by path.
struct RouteTable: Sendable {
  let routes: [Route]
  /// By the number of segments.
  private let byLength: [Int: [Route]]

  init(_ routes: [Route]) {
    self.routes = routes
    // A path that is written out goes before one with a parameter in its place.
    byLength = Dictionary(grouping: routes, by: \.segments.count).mapValues { routes in
      routes.sorted { Self.parameterCount($0) < Self.parameterCount($1) }
    }
  }

  private static func parameterCount(_ route: Route) -> Int { route.segments.count { $0.hasPrefix("{") } }

  /// The routes at a path, one for each method, with what the path says.
  /// - Throws: for a path whose parameters are out of bounds.
  func find(_ path: String) -> (routes: [Route], segments: [Substring])? {
    let segments = path.split(separator: "/")
    var found: [Route] = []
    for route in byLength[segments.count] ?? [] where Self.fits(route, segments) {
      // Of several templates the most exact one alone.
      if let first = found.first, first.template != route.template { continue }
      found.append(route)
    }
    return found.isEmpty ? nil : (found, segments)
  }

  private static func fits(_ route: Route, _ segments: [Substring]) -> Bool {
    zip(route.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
  }
}

extension Route {
  /// What a path and a query say to this route.
  func values(_ segments: [Substring], _ query: String) throws(Refusal) -> [String: [String]] {
    var values: [String: [String]] = [:]
    for (template, segment) in zip(self.segments, segments) where template.hasPrefix("{") {
      let name = String(template.dropFirst().dropLast())
      guard let parameter = parameters.first(where: { $0.isInPath && $0.name == name }) else { continue }
      values[name] = [try parameter.check(try Self.decoded(segment, name))]
    }
    for pair in query.split(separator: "&", omittingEmptySubsequences: true) {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let written = parts.first, let name = String(written).removingPercentEncoding,
        let parameter = parameters.first(where: { !$0.isInPath && $0.name == name })
      else { continue }
      let text = try Self.decoded(parts.count > 1 ? parts[1] : "", name)
      if case .choices = parameter.kind {
        guard (values[name]?.count ?? 0) < Parameter.mostChoices else {
          throw Refusal(.badRequest, "\(name) is given more than \(Parameter.mostChoices) times")
        }
        values[name, default: []].append(try parameter.check(text))
      } else {
        guard values[name] == nil else { throw Refusal(.badRequest, "\(name) is given twice") }
        values[name] = [try parameter.check(text)]
      }
    }
    for parameter in parameters where values[parameter.name] == nil {
      switch parameter.kind {
      case .integer(_, let otherwise?): values[parameter.name] = [String(otherwise)]
      case .choice(let words): values[parameter.name] = Array(words.prefix(1))
      default: break
      }
    }
    return values
  }

  private static func decoded(_ text: Substring, _ name: String) throws(Refusal) -> String {
    let text = String(text).replacing("+", with: "%20").removingPercentEncoding
    guard let text else { throw Refusal(.badRequest, "\(name) is not UTF-8 text in percent encoding") }
    guard !text.utf8.contains(0) else { throw Refusal(.badRequest, "\(name) has a NUL byte in it") }
    return text
  }
}
