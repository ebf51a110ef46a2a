/// `stratum+tcp://HOST:PORT`, where a pool listens.
struct PoolAddress: Equatable, Sendable, CustomStringConvertible {
  var host: String
  var port: Int

  struct Invalid: Error, Equatable {
    let message: String
  }

  init(_ text: String) throws(Invalid) {
    var rest = Substring(text)
    if let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") {
      let scheme = text[..<colon].lowercased()
      guard ["stratum+tcp", "stratum", "tcp"].contains(scheme) else {
        throw Invalid(message: "'\(scheme)' is not spoken here: use stratum+tcp://HOST:PORT (no TLS)")
      }
      rest = text[colon...].dropFirst(3)
    }
    while rest.last == "/" { rest = rest.dropLast() }
    guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
      (1...65_535).contains(port)
    else { throw Invalid(message: "'\(text)' has no port from 1 to 65535: use stratum+tcp://HOST:PORT") }
    var host = rest[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    guard !host.isEmpty else { throw Invalid(message: "'\(text)' names no host: use stratum+tcp://HOST:PORT") }
    self.host = String(host)
    self.port = port
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
