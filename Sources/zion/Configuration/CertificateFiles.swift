import Encryption
import Glibc
import Hashing

/// The files of one `tls` section, as they are at one moment.
struct CertificateFiles: Sendable, Equatable {
  let chain: String
  let key: String
  let clientRoots: String?

  /// - Throws: a file that cannot be read, or a key that others may use.
  init(_ options: TLSOptions) throws(ServerCertificate.Unusable) {
    chain = try Self.read(options.certificate, .certificate)
    try Self.checkMode(of: options.key)
    key = try Self.read(options.key, .key)
    clientRoots = if let file = options.clientRoots { try Self.read(file, .clientRoots) } else { nil }
  }

  func certificate(_ options: TLSOptions) throws(ServerCertificate.Unusable) -> ServerCertificate {
    try ServerCertificate(chain: chain, key: key, clientRoots: clientRoots, options: options.show)
  }

  /// Tells one state of the files from another, without keeping the key.
  var digest: [UInt8] { sha256(Array("\(chain)\0\(key)\0\(clientRoots ?? "")".utf8)) }

  private static func read(
    _ file: String, _ part: ServerCertificate.Unusable.Part
  ) throws(ServerCertificate.Unusable) -> String {
    do throws(TextFile.Unreadable) {
      return try TextFile.read(file)
    } catch {
      throw .init(part, "\(file) cannot be read: \(error.reason)")
    }
  }

  private static func checkMode(of file: String) throws(ServerCertificate.Unusable) {
    var status = stat()
    guard stat(file, &status) == 0, status.st_mode & 0o077 != 0 else { return }
    throw .init(
      .key, "others may use \(file) (mode \(String(status.st_mode & 0o777, radix: 8))); run chmod 600 \(file)")
  }
}

extension TLSOptions {
  /// Reads and checks the files. Used at the start; `CertificateWatch` says when again.
  func load() throws(ServerCertificate.Unusable) -> ServerCertificate {
    try CertificateFiles(self).certificate(self)
  }

  /// The file that is to blame.
  func file(_ part: ServerCertificate.Unusable.Part) -> String {
    switch part {
    case .certificate: certificate
    case .key: key
    case .clientRoots: clientRoots ?? ""
    }
  }
}
