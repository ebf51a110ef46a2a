import Hashing
import Stratum

/// Whom we believe to be the server that we connect to.
public struct PeerTrust: Sendable, Equatable {
  /// Asked for (SNI) and expected in the certificate, in place of the host that is connected to.
  public var name: String?
  /// SHA-256 of certificates (DER) or of their public keys (SPKI). Where there are some, the server shows one of them,
  /// and neither roots, name nor dates are asked for.
  public var fingerprints: Set<[UInt8]>
  /// A PEM file of certificates to be trusted in place of the system's.
  public var rootsFile: String?

  public init(name: String? = nil, fingerprints: Set<[UInt8]> = [], rootsFile: String? = nil) {
    self.name = name
    self.fingerprints = fingerprints
    self.rootsFile = rootsFile
  }

  /// Why a server is not who it should be, in words that go on after its name; `nil` when it is. Reads files.
  /// - Parameters:
  ///   - chain: DER, the server's own certificate first.
  ///   - host: that was connected to.
  func fault(of chain: [[UInt8]], host: String) -> String? {
    guard let own = chain.first else { return "it showed no certificate" }
    guard !fingerprints.isEmpty else {
      return CertificateChain(chain).fault(host: name ?? host, rootsFile: rootsFile)
    }
    let shown = sha256(own)
    guard !fingerprints.contains(shown) else { return nil }
    if let key = CertificateChain(chain).publicKey, fingerprints.contains(sha256(key)) { return nil }
    return "its certificate is none of tls_fingerprints: it is \(Hex.encode(shown))"
  }
}
