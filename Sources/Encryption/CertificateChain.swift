import COpenSSL
import Glibc
import Hashing
import Stratum

/// Certificates that a server showed, and libcrypto's judgement of them: its words say what is wrong.
struct CertificateChain {
  /// DER, the server's own first.
  private let certificates: [[UInt8]]

  init(_ certificates: [[UInt8]]) { self.certificates = certificates }

  /// The server's public key, SPKI in DER; `nil` when the certificate is none.
  var publicKey: [UInt8]? {
    guard let own = certificates.first.flatMap(Self.certificate) else { return nil }
    defer { X509_free(own) }
    var bytes: UnsafeMutablePointer<UInt8>?
    let count = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(own), &bytes)
    guard count > 0, let bytes else { return nil }
    defer { CRYPTO_free(bytes, nil, 0) }
    return Array(UnsafeBufferPointer(start: bytes, count: Int(count)))
  }

  /// Why the chain does not prove that the server is `host`; `nil` when it does.
  /// - Parameter rootsFile: PEM; `nil` for the system's roots.
  func fault(host: String, rootsFile: String?) -> String? {
    defer { ERR_clear_error() }
    guard let store = X509_STORE_new(), let context = X509_STORE_CTX_new(), let others = OPENSSL_sk_new_null() else {
      return "there is no memory to check its certificate"
    }
    let parsed = certificates.compactMap(Self.certificate)
    defer {
      X509_STORE_CTX_free(context)
      OPENSSL_sk_free(others)
      X509_STORE_free(store)
      for certificate in parsed { X509_free(certificate) }
    }
    guard parsed.count == certificates.count, let own = parsed.first else { return "its certificate cannot be read" }
    for other in parsed.dropFirst() { _ = OPENSSL_sk_push(others, UnsafeRawPointer(other)) }
    if let rootsFile {
      guard X509_STORE_load_locations(store, rootsFile, nil) == 1 else {
        return "\(rootsFile) (tls_roots) cannot be read"
      }
    } else {
      X509_STORE_set_default_paths(store)
    }
    guard X509_STORE_CTX_init(context, store, own, others) == 1 else { return "its certificate cannot be checked" }
    let rules = X509_STORE_CTX_get0_param(context)
    X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER)
    X509_VERIFY_PARAM_set_hostflags(rules, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    let isNamed =
      ServerName(host).isAddress
      ? X509_VERIFY_PARAM_set1_ip_asc(rules, host) : X509_VERIFY_PARAM_set1_host(rules, host, 0)
    guard isNamed == 1 else { return "“\(host)” is no name that a certificate could have" }
    guard X509_verify_cert(context) != 1 else { return nil }
    return Self.words(for: X509_STORE_CTX_get_error(context), context, own: own, host: host)
      + "; its fingerprint is \(Hex.encode(sha256(certificates[0])))"
  }

  private static func words(
    for code: Int32, _ context: OpaquePointer, own: OpaquePointer, host: String
  ) -> String {
    let current = X509_STORE_CTX_get_current_cert(context) ?? own
    switch code {
    case X509_V_ERR_CERT_HAS_EXPIRED: return "its certificate expired on \(day(X509_get0_notAfter(current)))"
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return
        "its certificate is valid only from \(day(X509_get0_notBefore(current))) on; is this machine's clock right?"
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      return "its certificate is for another name: for \(names(of: own)), not for \(host)"
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "its certificate is not signed by anybody whom this machine trusts"
    default:
      return "its certificate cannot be trusted (\(String(cString: X509_verify_cert_error_string(Int(code)))))"
    }
  }

  private static func certificate(_ bytes: [UInt8]) -> OpaquePointer? {
    bytes.withUnsafeBufferPointer { buffer in
      var start = buffer.baseAddress
      return d2i_X509(nil, &start, buffer.count)
    }
  }

  private static func day(_ time: UnsafePointer<ASN1_TIME>?) -> String {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return "an unknown day" }
    return PEMPair.day(Int64(timegm(&parts)))
  }

  /// `DNS:pool.example, DNS:*.pool.example`: a stranger's words, so short and printable.
  private static func names(of certificate: OpaquePointer) -> String {
    let place = X509_get_ext_by_NID(certificate, NID_subject_alt_name, -1)
    guard place >= 0, let names = X509_get_ext(certificate, place), let text = BIO_new(BIO_s_mem()) else {
      return "nobody"
    }
    defer { BIO_free(text) }
    guard X509V3_EXT_print(text, names, 0, 0) == 1 else { return "nobody" }
    var bytes = [UInt8](repeating: 0, count: 200)
    let count = BIO_read(text, &bytes, Int32(bytes.count))
    return String(decoding: bytes.prefix(Int(max(0, count))).filter { (32...126).contains($0) }, as: UTF8.self)
  }
}

/// A host as a server may be asked for it.
struct ServerName {
  let host: String

  init(_ host: String) { self.host = host }

  /// An IP address has no name to be asked for (RFC 6066 §3).
  var isAddress: Bool {
    var four = in_addr()
    var six = in6_addr()
    return inet_pton(AF_INET, host, &four) == 1 || inet_pton(AF_INET6, host, &six) == 1
  }
}
