import COpenSSL
import Foundation
import Stratum

/// A certificate that a test needs, of any name and any dates, with its key (P-256).
public struct TestCertificate: Sendable {
  public struct NotMade: Error {}

  /// PEM.
  public let certificate: String
  /// PEM.
  public let key: String
  /// SHA-256 of the certificate's DER, in hex.
  public let fingerprint: String
  /// SHA-256 of the public key's SPKI, in hex.
  public let keyFingerprint: String

  /// - Parameters:
  ///   - names: as openssl writes them: `DNS:pool.example, IP:127.0.0.1`; `nil` for an authority.
  ///   - from: days from today; so is `until`.
  ///   - issuer: who signs it; itself without one.
  public init(
    names: String? = "IP:127.0.0.1", from: Int = -1, until: Int = 30, issuer: TestCertificate? = nil
  ) throws {
    guard let certificate = X509_new() else { throw NotMade() }
    defer { X509_free(certificate) }
    let key = try Self.makeKey()
    defer { EVP_PKEY_free(key) }
    X509_set_version(certificate, 2)
    let number = Int.random(in: 1...Int(Int32.max))
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), number)
    X509_gmtime_adj(X509_getm_notBefore(certificate), from * 86_400)
    X509_gmtime_adj(X509_getm_notAfter(certificate), until * 86_400)
    X509_set_pubkey(certificate, key)
    let subject = X509_get_subject_name(certificate)
    let common = "Test \(names == nil ? "authority" : "server") \(number)"
    X509_NAME_add_entry_by_txt(subject, "CN", 0x1001, common, -1, -1, 0)
    let authority = try issuer.map { try ($0.opened, $0.openedKey) }
    defer {
      X509_free(authority?.0)
      EVP_PKEY_free(authority?.1)
    }
    X509_set_issuer_name(certificate, authority.map { X509_get_subject_name($0.0) } ?? subject)
    try Self.extend(certificate, NID_basic_constraints, names == nil ? "critical,CA:TRUE" : "CA:FALSE")
    if let names { try Self.extend(certificate, NID_subject_alt_name, names) }
    guard X509_sign(certificate, authority?.1 ?? key, EVP_sha256()) > 0 else { throw NotMade() }
    self.certificate = try Self.text { PEM_write_bio_X509($0, certificate) }
    self.key = try Self.text { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    fingerprint = Self.digest { i2d_X509(certificate, $0) }
    keyFingerprint = Self.digest { i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), $0) }
  }

  /// Writes both files, the key for its owner alone.
  public func write(to folder: URL, certificate name: String = "cert.pem", key keyName: String = "key.pem") throws {
    try replace(certificate, at: folder.appendingPathComponent(name), mode: 0o644)
    try replace(key, at: folder.appendingPathComponent(keyName), mode: 0o600)
  }

  /// As tools that renew certificates do: another file in place of the old one.
  private func replace(_ text: String, at file: URL, mode: Int) throws {
    let new = file.appendingPathExtension("new")
    guard
      FileManager.default.createFile(
        atPath: new.path, contents: Data(text.utf8), attributes: [.posixPermissions: mode]),
      rename(new.path, file.path) == 0
    else { throw NotMade() }
  }

  private static func makeKey() throws -> OpaquePointer {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw NotMade() }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
      EVP_PKEY_keygen(context, &key) == 1, let key
    else { throw NotMade() }
    return key
  }

  private static func extend(_ certificate: OpaquePointer, _ kind: Int32, _ value: String) throws {
    guard let part = X509V3_EXT_conf_nid(nil, nil, kind, value) else { throw NotMade() }
    defer { X509_EXTENSION_free(part) }
    guard X509_add_ext(certificate, part, -1) == 1 else { throw NotMade() }
  }

  private var opened: OpaquePointer {
    get throws {
      let bytes = Array(certificate.utf8)
      guard let source = BIO_new_mem_buf(bytes, Int32(bytes.count)) else { throw NotMade() }
      defer { BIO_free(source) }
      guard let found = PEM_read_bio_X509(source, nil, nil, nil) else { throw NotMade() }
      return found
    }
  }

  private var openedKey: OpaquePointer {
    get throws {
      let bytes = Array(key.utf8)
      guard let source = BIO_new_mem_buf(bytes, Int32(bytes.count)) else { throw NotMade() }
      defer { BIO_free(source) }
      guard let found = PEM_read_bio_PrivateKey(source, nil, nil, nil) else { throw NotMade() }
      return found
    }
  }

  private static func text(_ write: (OpaquePointer) -> Int32) throws -> String {
    guard let target = BIO_new(BIO_s_mem()) else { throw NotMade() }
    defer { BIO_free(target) }
    guard write(target) == 1 else { throw NotMade() }
    var bytes = [UInt8](repeating: 0, count: 8192)
    let count = BIO_read(target, &bytes, Int32(bytes.count))
    guard count > 0 else { throw NotMade() }
    return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
  }

  private static func digest(_ encode: (UnsafeMutablePointer<UnsafeMutablePointer<UInt8>?>?) -> Int32) -> String {
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = encode(&bytes)
    guard count > 0, let bytes else { return "" }
    defer { CRYPTO_free(bytes, nil, 0) }
    var digest = [UInt8](repeating: 0, count: 32)
    SHA256(bytes, Int(count), &digest)
    return Hex.encode(digest)
  }
}
