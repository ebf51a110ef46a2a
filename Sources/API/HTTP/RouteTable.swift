import FoundationEssentials
import HTTPTypes
import Hummingbird

/// All routes, found by path.
struct RouteTable: Sendable {
  let routes: [Route]
  private struct Entry {
    let route: Route
    /// Of its template; `nil` for a parameter.
    let segments: [String?]

    init(_ route: Route) {
      self.route = route
      segments = route.segments.map { $0.hasPrefix("{") ? nil : String($0) }
    }

    func fits(_ path: [Substring]) -> Bool {
      zip(segments, path).allSatisfy { own, given in own.map { given == $0 } ?? true }
    }
  }

  /// By the number of segments.
  private let byLength: [Int: [Entry]]

  init(_ routes: [Route]) {
    self.routes = routes
    // A path that is written out goes before one with a parameter in its place.
    byLength = Dictionary(grouping: routes.map(Entry.init), by: \.segments.count).mapValues { entries in
      entries.sorted { a, b in a.segments.count { $0 == nil } < b.segments.count { $0 == nil } }
    }
  }

  /// The routes at a path, one for each method, with what the path says.
  /// - Throws: for a path whose parameters are out of bounds.
  func find(_ path: String) -> (routes: [Route], segments: [Substring])? {
    let segments = path.split(separator: "/")
    var found: [Route] = []
    for entry in byLength[segments.count] ?? [] where entry.fits(segments) {
      // Of several templates the most exact one alone.
      if let first = found.first, first.template != entry.route.template { continue }
      found.append(entry.route)
    }
    return found.isEmpty ? nil : (found, segments)
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
