import Hashing
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import Stratum

/// TLS for a test's clients, which take any certificate and write down which they were shown.
public struct TestTLS: Sendable {
  private let context: NIOSSLContext
  private let shown = NIOLockedValueBox<[String]>([])

  /// - Parameter own: shown to servers that ask for one.
  public init(_ own: TestCertificate? = nil, maximum: TLSVersion? = nil) throws {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates([])
    configuration.certificateVerification = .noHostnameVerification
    configuration.maximumTLSVersion = maximum
    if maximum == .tlsv11 { configuration.minimumTLSVersion = .tlsv1 }
    if let own {
      configuration.certificateChain = try NIOSSLCertificate.fromPEMBytes(Array(own.certificate.utf8)).map {
        .certificate($0)
      }
      configuration.privateKey = .privateKey(try NIOSSLPrivateKey(bytes: Array(own.key.utf8), format: .pem))
    }
    context = try NIOSSLContext(configuration: configuration)
  }

  /// Fingerprints, one for each connection, in the order in which they came.
  public var fingerprints: [String] { shown.withLockedValue { $0 } }

  func handler() throws -> NIOSSLClientHandler {
    let shown = shown
    return try NIOSSLClientHandler(
      context: context, serverHostname: nil,
      customVerificationCallback: { chain, promise in
        let digest = (try? chain.first?.toDERBytes()).map { Hex.encode(sha256($0)) } ?? ""
        shown.withLockedValue { $0.append(digest) }
        promise.succeed(.certificateVerified)
      })
  }
}

extension TestCertificate {
  /// For a test's servers.
  func serverContext() throws -> NIOSSLContext {
    try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)).map { .certificate($0) },
        privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem))))
  }
}

extension ClientBootstrap {
  /// Connects from that address of this machine; `nil` for whichever the system takes.
  func bound(to address: String?) throws -> ClientBootstrap {
    guard let address else { return self }
    return bind(to: try SocketAddress(ipAddress: address, port: 0))
  }
}
