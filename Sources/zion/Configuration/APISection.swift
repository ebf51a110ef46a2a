import API
import Stratum
import Yams

/// `api.socket`, `.changes`, `.tokens`, `.cors`, `.rate_limit`, `.answers_serve` and `.allow_plain_writes`.
struct APISection {
  private let section: YAMLSection

  init(_ section: YAMLSection) { self.section = section }

  /// - Parameter path: of the configuration, from whose folder the socket is looked for.
  func read(into options: inout APIOptions, besides path: String) {
    readSocket(into: &options, besides: path)
    options.tokens = tokens()
    options.allowsPlainWrites = section.value("allow_plain_writes", Quantity.boolean) ?? false
    if section.node("cors") != nil { options.origins = section.values("cors", of: "origins", Name.origin) }
    options.freshSeconds =
      section.value("answers_serve") { text throws(Wrong) in try Quantity.seconds(text, in: 0...60) }
      ?? options.freshSeconds
    let rate = section.section("rate_limit")
    options.rate.perSecond =
      rate.value("per_second") { text throws(Wrong) in Double(try Quantity.integer(text, in: 0...100_000)) }
      ?? options.rate.perSecond
    options.rate.burst =
      rate.value("burst") { text throws(Wrong) in try Quantity.integer(text, in: 1...100_000) } ?? options.rate.burst
    options.rate.countsLoopback = rate.value("loopback", Quantity.boolean) ?? false
    rate.end()
  }

  private func readSocket(into options: inout APIOptions, besides path: String) {
    options.socket = section.value("socket") { text throws(Wrong) in
      let socket = TextFile.path(try Name.path(text), besides: path)
      // unix(7): `sun_path` has 108 bytes, the last of them 0.
      guard socket.utf8.count <= 107 else {
        throw Wrong("\(socket) is longer than a Unix socket's path can be", "a path of at most 107 bytes")
      }
      return socket
    }
    options.changes = section.choice("changes") ?? options.changes
    if options.changes == .socket, section.node("socket") == nil {
      section.report.add(
        section.node("changes"), section.key("changes"), "there is no socket", write: "api.socket: PATH too")
    }
  }

  private func tokens() -> [APIToken] {
    var seen: Set<String> = []
    let elements = section.elements("tokens", of: "tokens")
    if elements.count > 64 {
      section.report.add(
        section.node("tokens"), section.key("tokens"), "there are \(elements.count) tokens", write: "at most 64")
    }
    return elements.prefix(64).compactMap { node, path in
      let part = YAMLSection(node, path: path, report: section.report)
      let name = part.required("name", example: "alice", Name.source)
      let digest = part.required("sha256", example: "what zion api token prints", Name.digest)
      let scopes = part.values("scopes", of: "scopes") { text throws(Wrong) in
        guard let scope = APIScope(rawValue: text) else {
          throw Wrong("“\(text)” is not a scope", APIScope.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return scope
      }
      part.end()
      guard let name, let digest else { return nil }
      if !seen.insert(name).inserted {
        section.report.add(node, "\(path).name", "“\(name)” is the name of another token", write: "another name")
      }
      if scopes.isEmpty {
        section.report.add(node, "\(path).scopes", "the token may do nothing", write: "scopes: [operate], or more")
      }
      return APIToken(name: name, sha256: digest, scopes: Set(scopes))
    }
  }
}

extension APIOptions {
  /// Who may ask what.
  var access: APIAccess {
    let single = token.map { APIToken(name: "token", token: $0, scopes: [.read, .operate]) }
    var access = APIAccess(
      tokens: (single.map { [$0] } ?? []) + tokens, allowsPlainWrites: allowsPlainWrites, origins: origins, rate: rate,
      freshSeconds: freshSeconds)
    access.changesAtSocketOnly = changes == .socket
    return access
  }
}

extension Name {
  /// SHA-256 in hex.
  static func digest(_ text: String) throws(Wrong) -> [UInt8] {
    guard let bytes = Hex.decode(text), bytes.count == 32 else {
      throw Wrong("this is not SHA-256 in hex", "the 64 hex digits that zion api token prints; never the token itself")
    }
    return bytes
  }
}
