import COpenSSL
import NIOSSL

/// A certificate chain and its key, checked, as a server shows them.
public struct ServerCertificate: Sendable {
  /// The oldest version of TLS that is spoken.
  public enum Version: String, Sendable, CaseIterable {
    case tls12 = "1.2"
    case tls13 = "1.3"
  }

  /// How it is shown.
  public struct Options: Sendable, Equatable {
    public var minimum: Version
    /// Names for ALPN, best first; a client that asks for none of them is served all the same.
    public var protocols: [String]

    public init(minimum: Version = .tls12, protocols: [String] = []) {
      self.minimum = minimum
      self.protocols = protocols
    }
  }

  /// Why it cannot be used. `part` says which file is to blame.
  public struct Unusable: Error, Equatable, CustomStringConvertible {
    public enum Part: Sendable { case certificate, key, clientRoots }
    public let part: Part
    public let reason: String

    public init(_ part: Part, _ reason: String) {
      self.part = part
      self.reason = reason
    }

    public var description: String { reason }
  }

  let context: NIOSSLContext
  /// Seconds since 1970.
  public let validFrom: Int64
  /// Seconds since 1970; the first certificate of the chain that ends.
  public let validUntil: Int64

  /// - Parameters:
  ///   - chain: PEM, the server's own certificate first, then those that lead to a root.
  ///   - key: PEM, without a passphrase.
  ///   - clientRoots: PEM; clients must show a certificate that one of these signed. `nil` asks for none.
  public init(
    chain: String, key: String, clientRoots: String? = nil, options: Options = Options()
  ) throws(Unusable) {
    let certificates = try Self.certificates(chain, .certificate)
    try PEMPair.check(chain: chain, key: key)
    var configuration: TLSConfiguration
    do {
      let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
      configuration = .makeServerConfiguration(
        certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    } catch {
      throw Unusable(.key, "the key cannot be read: \(error)")
    }
    configuration.minimumTLSVersion = options.minimum == .tls13 ? .tlsv13 : .tlsv12
    configuration.applicationProtocols = options.protocols
    // A peer that does not answer the end of a connection keeps a descriptor no longer than this.
    configuration.shutdownTimeout = .seconds(1)
    if let clientRoots {
      configuration.trustRoots = .certificates(try Self.certificates(clientRoots, .clientRoots))
      // Whoever that authority signed for may come, whatever the name.
      configuration.certificateVerification = .noHostnameVerification
    }
    do {
      context = try NIOSSLContext(configuration: configuration)
    } catch {
      throw Unusable(.certificate, "the certificate cannot be used: \(error)")
    }
    validFrom = certificates.map { Int64($0.notValidBefore) }.max() ?? 0
    validUntil = certificates.map { Int64($0.notValidAfter) }.min() ?? 0
  }

  private static func certificates(_ text: String, _ part: Unusable.Part) throws(Unusable) -> [NIOSSLCertificate] {
    var found: [NIOSSLCertificate] = []
    do {
      found = try NIOSSLCertificate.fromPEMBytes(Array(text.utf8))
    } catch {
      throw Unusable(part, "there is no certificate in it; it is a PEM file with -----BEGIN CERTIFICATE-----")
    }
    guard !found.isEmpty else {
      throw Unusable(part, "there is no certificate in it; it is a PEM file with -----BEGIN CERTIFICATE-----")
    }
    return found
  }

  /// `2026-03-01`, the day on which it ends.
  public var lastDay: String { PEMPair.day(validUntil) }

  /// - Parameter now: seconds since 1970.
  public func isValid(at now: Int64) -> Bool { (validFrom..<validUntil).contains(now) }

  /// What an operator should know of its dates; `nil` when there is nothing to say.
  /// - Parameter now: seconds since 1970.
  public func dateTrouble(at now: Int64) -> String? {
    if now >= validUntil { return "expired on \(PEMPair.day(validUntil)): clients that check it do not come in" }
    if now < validFrom { return "is valid only from \(PEMPair.day(validFrom)) on" }
    guard validUntil - now < 7 * 86_400 else { return nil }
    return "expires on \(PEMPair.day(validUntil))"
  }
}

/// Whether a key belongs to a certificate. BoringSSL's own words for that say nothing to an operator.
enum PEMPair {
  static func check(chain: String, key: String) throws(ServerCertificate.Unusable) {
    defer { ERR_clear_error() }
    guard let first = read(chain, PEM_read_bio_X509) else {
      throw .init(.certificate, "its first certificate cannot be read")
    }
    defer { X509_free(first) }
    guard let own = read(key, PEM_read_bio_PrivateKey) else {
      let isLocked = key.contains("ENCRYPTED")
      throw .init(
        .key,
        isLocked
          ? "the key is locked with a passphrase; unlock it with openssl pkey -in KEY -out NEW-KEY && chmod 600 NEW-KEY"
          : "there is no key in it; it is a PEM file with -----BEGIN PRIVATE KEY-----")
    }
    defer { EVP_PKEY_free(own) }
    guard X509_check_private_key(first, own) == 1 else {
      throw .init(.key, "the key does not belong to the certificate")
    }
  }

  private typealias Reader = (
    OpaquePointer?, UnsafeMutablePointer<OpaquePointer?>?,
    (@convention(c) (UnsafeMutablePointer<CChar>?, Int32, Int32, UnsafeMutableRawPointer?) -> Int32)?,
    UnsafeMutableRawPointer?
  ) -> OpaquePointer?

  private static func read(_ text: String, _ reader: Reader) -> OpaquePointer? {
    let bytes = Array(text.utf8)
    guard let source = BIO_new_mem_buf(bytes, Int32(bytes.count)) else { return nil }
    defer { BIO_free(source) }
    // No passphrase: without this, libcrypto would ask at the terminal.
    return reader(source, nil, { _, _, _, _ in -1 }, nil)
  }

  /// `2026-03-01`
  static func day(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    gmtime_r(&time, &parts)
    func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(parts.tm_year + 1900)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday))"
  }
}
