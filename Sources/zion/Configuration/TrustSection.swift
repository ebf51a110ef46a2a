import Encryption
import Glibc
import Stratum
import Yams

/// Reads `tls_name`, `tls_roots` and `tls_fingerprints` of a pool.
struct TrustSection {
  private let section: YAMLSection
  private let path: String

  /// - Parameter path: of the configuration, from whose folder files are looked for.
  init(_ section: YAMLSection, path: String) {
    self.section = section
    self.path = path
  }

  /// - Parameter isUsed: whether any URL of the pool asks for TLS.
  func read(isUsed: Bool) -> PeerTrust {
    var trust = PeerTrust()
    trust.name = section.value("tls_name", Self.name)
    trust.rootsFile = section.value("tls_roots", roots)
    let fingerprints = section.values("tls_fingerprints", of: "SHA-256 fingerprints", Self.fingerprint)
    trust.fingerprints = Set(fingerprints)
    if fingerprints.count > 16 { complain("tls_fingerprints", "these are \(fingerprints.count)", write: "at most 16") }
    if !fingerprints.isEmpty, trust.rootsFile != nil {
      complain("tls_roots", "tls_fingerprints decide alone", write: "only one of them")
    }
    let keys = ["tls_name", "tls_roots", "tls_fingerprints"]
    if !isUsed, let key = keys.first(where: { section.node($0) != nil }) {
      complain(key, "no URL of this pool asks for TLS", write: "url: stratum+ssl://HOST:PORT")
    }
    return trust
  }

  private func complain(_ key: String, _ what: String, write instead: String) {
    section.report.add(section.node(key), section.key(key), what, write: instead)
  }

  static func name(_ text: String) throws(Wrong) -> String {
    guard (1...253).contains(text.utf8.count), !text.hasPrefix("."),
      text.utf8.allSatisfy({ (45...46).contains($0) || (48...57).contains($0) || (97...122).contains($0 | 32) })
    else { throw Wrong("“\(text.prefix(64))” is not the name of a host", "a name such as pool.example") }
    return text
  }

  private func roots(_ text: String) throws(Wrong) -> String {
    let file = TextFile.path(try Name.path(text), besides: path)
    guard access(file, R_OK) == 0 else {
      throw Wrong("\(file) cannot be read: \(String(cString: strerror(errno)))", "a PEM file with certificates")
    }
    return file
  }

  /// 64 hex digits, with or without colons, as openssl prints them.
  static func fingerprint(_ text: String) throws(Wrong) -> [UInt8] {
    guard let bytes = Hex.decode(text.filter { $0 != ":" }.lowercased()), bytes.count == 32 else {
      throw Wrong(
        "“\(text.prefix(100))” is not SHA-256 in hex",
        "64 hex digits, as openssl x509 -noout -fingerprint -sha256 prints them")
    }
    return bytes
  }
}
