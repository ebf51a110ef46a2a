import CDashboard

/// The dashboard: the files of `Sources/CDashboard/site` at their paths, and its first page wherever one of its pages is.
public struct Dashboard: Sendable {
  /// Pages by the first part of their path. `/miner` has an address behind it.
  static let pages: Set<Substring> = [
    "pools", "profitability", "workers", "blocks", "consciousness", "bans", "health", "miner",
  ]

  /// What a browser may do with the pages: nothing but what this server gave it.
  static let securityFields = [
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
      + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
      + "require-trusted-types-for 'script'; trusted-types 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
  ]

  private let files: [String: StaticFile]

  public init() {
    var files: [String: StaticFile] = [:]
    var index = 0
    while let file = dashboard_file(index)?.pointee {
      let path = String(cString: file.path)
      let bytes = Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
      var fields = Self.securityFields
      fields["ETag"] = Self.tag(of: bytes)
      files["/" + path] = StaticFile(bytes: bytes, contentType: Self.contentType(of: path), fields: fields)
      index += 1
    }
    self.files = files
  }

  /// - Parameter path: of the request, as `/js/main.js` or `/miner/ADDRESS`.
  public func file(at path: String) -> StaticFile? {
    let parts = path.split(separator: "/", omittingEmptySubsequences: true)
    let isPage =
      switch parts.count {
      case 0: true
      case 1: Self.pages.contains(parts[0])
      case 2: parts[0] == "miner"
      default: false
      }
    return isPage ? files["/index.html"] : files[path]
  }

  static func contentType(of path: String) -> String {
    switch path.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "application/octet-stream"
    }
  }

  /// FNV-1a of 64 bits, and the length: it tells versions of one file apart, and protects nothing.
  static func tag(of bytes: [UInt8]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
    return "\"\(String(hash, radix: 16))-\(bytes.count)\""
  }
}
