import Stratum

/// Where an upstream's `client.reconnect` may send us: a stranger's line on a plain connection must not take the farm
/// away, nor keep it running from host to host.
struct ReconnectRule {
  /// What becomes of a request.
  enum Answer: Equatable {
    /// The hosts that were configured, as if the connection had been lost.
    case comeAgain
    case follow(String)
    /// With the reason.
    case ignore(String)
  }

  /// More redirects than this in an hour are ignored.
  static let limit = 3
  static let seconds = 3600.0

  /// The hosts that were configured for the pool.
  let own: [String]
  private var followed: [MonotonicTime] = []

  init(own: [String]) { self.own = own }

  mutating func answer(_ host: String?, at now: MonotonicTime) -> Answer {
    guard let host, !host.isEmpty, !own.contains(where: { Self.plain($0) == Self.plain(host) }) else {
      return .comeAgain
    }
    guard own.contains(where: { Self.isSameDomain(host, $0) }) else {
      return .ignore("it is of another domain than \(own.joined(separator: " and "))")
    }
    followed.removeAll { now.seconds(since: $0) >= Self.seconds }
    guard followed.count < Self.limit else { return .ignore("it is the \(Self.limit + 1)th redirect within an hour") }
    followed.append(now)
    return .follow(host)
  }

  /// Whether `host` is the configured one, below it, or below the name that is one label shorter, where that is a name
  /// which one owner has: not `example` alone and not such as `co.uk`. An address is only itself.
  static func isSameDomain(_ host: String, _ own: String) -> Bool {
    let (host, own) = (plain(host), plain(own))
    if host == own { return !own.isEmpty }
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard isName(labels), isName(own.split(separator: ".", omittingEmptySubsequences: false)) else { return false }
    if host.hasSuffix(".\(own)") { return true }
    let parent = own.split(separator: ".").dropFirst()
    guard parent.count >= 2, !isPublic(Array(parent)) else { return false }
    return labels.count >= parent.count && labels.suffix(parent.count).elementsEqual(parent)
  }

  /// Lower case, without the dot that may end a whole name.
  private static func plain(_ host: String) -> String {
    let host = host.lowercased()
    return host.hasSuffix(".") ? String(host.dropLast()) : host
  }

  /// Letters, digits and hyphens in every label, and the last one is no number.
  private static func isName(_ labels: [Substring]) -> Bool {
    guard labels.count >= 2, labels.last?.utf8.contains(where: { !(48...57).contains($0) }) == true else {
      return false
    }
    return labels.allSatisfy { label in
      !label.isEmpty && label.utf8.allSatisfy { $0 == 45 || (48...57).contains($0) || (97...122).contains($0) }
    }
  }

  /// Second labels under which registries of countries give out names, and hosts where anybody may have one.
  private static let generic: Set<Substring> = [
    "ac", "co", "com", "edu", "gob", "gov", "govt", "ltd", "me", "mil", "ne", "net", "nom", "or", "org", "plc", "sch",
  ]
  private static let sharedHosts: Set<String> = [
    "amazonaws.com", "azurewebsites.net", "ddns.net", "duckdns.org", "dyndns.org", "freeddns.org", "github.io",
    "herokuapp.com", "hopto.org", "ngrok.io", "no-ip.org", "noip.com", "servehttp.com", "sytes.net", "zapto.org",
  ]

  private static func isPublic(_ labels: [Substring]) -> Bool {
    guard labels.count == 2 else { return false }
    return labels[1].count == 2 && generic.contains(labels[0]) || sharedHosts.contains(labels.joined(separator: "."))
  }
}
