import CPostgres
import Stratum

/// Where a PostgreSQL database is and how it is reached: `postgres://user:password@host:port/name?sslmode=…`, with
/// everything that libpq takes there.
public struct PostgresURL: Equatable, Sendable, CustomStringConvertible {
  /// What libpq is given. It may hold a password.
  let text: String
  /// One that is kept elsewhere than in the URL. Without any, libpq looks into `PGPASSFILE`.
  public var password: String?
  /// For people, without secrets: `postgres://zion@db.example:5432/pool`.
  public let description: String
  public let hasPassword: Bool
  /// `nil` when none is named.
  public let rootCertificate: String?

  public struct Malformed: Error, Equatable, Sendable {
    /// Never repeats the URL, which may hold a password.
    public let reason: String
  }

  private static let modes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

  /// - Parameter text: begins with `postgres://` or `postgresql://`, and names a database.
  public init(_ text: String) throws(Malformed) {
    guard text.hasPrefix("postgres://") || text.hasPrefix("postgresql://"), !text.utf8.contains(0) else {
      throw Malformed(reason: "this is not a URL of PostgreSQL")
    }
    let options = try Self.parse(text)
    guard let name = options["dbname"], !name.isEmpty else { throw Malformed(reason: "the URL names no database") }
    if let mode = options["sslmode"], !Self.modes.contains(mode) {
      throw Malformed(reason: "sslmode is none of \(Self.modes.joined(separator: ", "))")
    }
    let hosts = (options["host"] ?? options["hostaddr"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
    let ports = (options["port"] ?? "").split(separator: ",", omittingEmptySubsequences: false)
    for port in ports where !port.isEmpty {
      guard let number = Int(port), (1...65_535).contains(number) else {
        throw Malformed(reason: "the port is not 1 to 65535")
      }
    }
    let places = hosts.enumerated().map { index, host in
      let port = ports.indices.contains(index) ? ports[index] : ports.last ?? ""
      let shown = host.contains(":") ? "[\(host)]" : String(host)
      return port.isEmpty ? shown : "\(shown):\(port)"
    }
    self.text = text
    description = "postgres://\(options["user"].map { "\($0)@" } ?? "")\(places.joined(separator: ","))/\(name)"
    hasPassword = options["password"].map { !$0.isEmpty } ?? false
    rootCertificate = options["sslrootcert"]
  }

  /// What libpq reads in it, by keyword.
  private static func parse(_ text: String) throws(Malformed) -> [String: String] {
    var message: UnsafeMutablePointer<CChar>?
    guard let options = PQconninfoParse(text, &message) else {
      defer { PQfreemem(message) }
      let words = message.map { String(cString: $0) } ?? ""
      // The others repeat parts of the URL.
      let isHarmless = words.hasPrefix("invalid URI query parameter")
      let own = words.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
      throw Malformed(reason: isHarmless ? own : "this is not a URL that libpq can read")
    }
    defer { PQconninfoFree(options) }
    var result: [String: String] = [:]
    var option = options
    while let keyword = option.pointee.keyword {
      if let value = option.pointee.val { result[String(cString: keyword)] = String(cString: value) }
      option += 1
    }
    return result
  }
}
