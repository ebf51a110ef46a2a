/// A place to listen at or connect to: `0.0.0.0:3333`, `pool.example:3333`, `[::1]:3333`.
struct HostPort: Sendable, Equatable, CustomStringConvertible {
  var host: String
  /// 0 to 65535; 0 lets the system choose.
  var port: Int

  init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  init(_ text: some StringProtocol) throws(Wrong) {
    let example = "HOST:PORT, such as 0.0.0.0:3333"
    guard let colon = text.lastIndex(of: ":") else { throw Wrong("has no port", example) }
    var host = text[..<colon]
    let digits = text[text.index(after: colon)...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }), let port = Int(digits), port <= 65535
    else { throw Wrong("has the port “\(digits)”, which is not 0 to 65535", example) }
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      throw Wrong("has more than one colon", "an IPv6 address in brackets, such as [::1]:3333")
    }
    guard !host.isEmpty, !host.contains(where: { $0.isWhitespace || "/@[]".contains($0) }) else {
      throw Wrong(host.isEmpty ? "has no host" : "has a host that is not a name or address", example)
    }
    self.init(host: String(host), port: port)
  }

  var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}

/// An upstream: `stratum+tcp://HOST:PORT`, or `stratum+ssl://HOST:PORT` for TLS.
struct StratumURL: Sendable, Equatable, CustomStringConvertible {
  var isEncrypted: Bool
  var endpoint: HostPort

  init(isEncrypted: Bool, endpoint: HostPort) {
    self.isEncrypted = isEncrypted
    self.endpoint = endpoint
  }

  init(_ text: String) throws(Wrong) {
    let example = "stratum+tcp://HOST:PORT, or stratum+ssl://HOST:PORT for TLS"
    guard let scheme = text.firstRange(of: "://") else { throw Wrong("“\(text)” is not a stratum URL", example) }
    switch text[..<scheme.lowerBound].lowercased() {
    case "stratum+tcp", "stratum", "tcp": isEncrypted = false
    case "stratum+ssl", "stratum+tls", "ssl", "tls": isEncrypted = true
    case let other: throw Wrong("the scheme “\(other)” is not known", example)
    }
    var rest = text[scheme.upperBound...]
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    guard !rest.contains("@") else { throw Wrong("the URL holds a user name", "that under user: and password:") }
    do {
      endpoint = try HostPort(rest)
    } catch {
      throw Wrong("“\(text)” \(error.what)", example)
    }
    guard endpoint.port > 0 else { throw Wrong("“\(text)” has port 0", example) }
  }

  var description: String { "\(isEncrypted ? "stratum+ssl" : "stratum+tcp")://\(endpoint)" }
}

/// A node's JSON-RPC address: `http://USER:PASSWORD@HOST:PORT`, with an optional path for a wallet.
struct NodeURL: Sendable, Equatable, CustomStringConvertible {
  var isEncrypted: Bool
  var user: String
  var password: String
  var endpoint: HostPort
  /// Begins with `/`.
  var path: String

  init(_ text: String) throws(Wrong) {
    let example = "http://USER:PASSWORD@127.0.0.1:8332"
    // The text holds a password: messages do not repeat it.
    guard let scheme = text.firstRange(of: "://") else { throw Wrong("this is not a URL", example) }
    switch text[..<scheme.lowerBound].lowercased() {
    case "http": isEncrypted = false
    case "https": isEncrypted = true
    case let other: throw Wrong("the scheme “\(other)” is not known", example)
    }
    let rest = text[scheme.upperBound...]
    let slash = rest[(rest.lastIndex(of: "@") ?? rest.startIndex)...].firstIndex(of: "/") ?? rest.endIndex
    path = slash == rest.endIndex ? "/" : String(rest[slash...])
    guard let at = rest[..<slash].lastIndex(of: "@"), let colon = rest[..<at].firstIndex(of: ":"),
      colon > rest.startIndex
    else { throw Wrong("the URL has no user and password", example) }
    user = String(rest[..<colon])
    password = String(rest[rest.index(after: colon)..<at])
    do {
      endpoint = try HostPort(rest[rest.index(after: at)..<slash])
    } catch {
      throw Wrong("the URL \(error.what)", example)
    }
  }

  /// Without the password: fit for logs. `url` is the real one.
  var description: String { "\(isEncrypted ? "https" : "http")://\(endpoint)\(path)" }

  /// What an HTTP client asks; user and password go into a header of their own.
  var url: String { description }
}
