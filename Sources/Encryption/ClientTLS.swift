import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL

/// The server is not who it should be.
public struct PeerRefused: Error, Equatable, CustomStringConvertible {
  /// Goes on after the server's name: `its certificate expired on 2026-03-01`.
  public let reason: String
  public var description: String { reason }
}

/// TLS towards servers that we connect to: version 1.2 or later, SNI, and `PeerTrust` decides.
public struct ClientTLS: Sendable {
  private let context: NIOSSLContext

  public init() throws {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.minimumTLSVersion = .tlsv12
    // Not asked: `PeerTrust` does that, with the system's roots as they are at that moment, and can say what is wrong.
    configuration.trustRoots = .certificates([])
    configuration.certificateVerification = .noHostnameVerification
    configuration.shutdownTimeout = .seconds(1)
    context = try NIOSSLContext(configuration: configuration)
  }

  /// Handlers for one connection to `host`, to stand first in its pipeline. A server that is refused ends with
  /// `PeerRefused`, before anything was sent to it.
  public func handlers(for host: String, trusting trust: PeerTrust) throws -> [any ChannelHandler] {
    let name = trust.name ?? host
    let refusal = NIOLockedValueBox<String?>(nil)
    let tls = try NIOSSLClientHandler(
      context: context, serverHostname: ServerName(name).isAddress ? nil : name,
      customVerificationCallback: { certificates, promise in
        let chain = certificates.compactMap { try? $0.toDERBytes() }
        // Roots are files, and signatures take their time.
        NIOThreadPool.singleton.submit { state in
          guard state == .active else { return promise.succeed(.failed) }
          let fault = trust.fault(of: chain, host: host)
          refusal.withLockedValue { $0 = fault }
          promise.succeed(fault == nil ? .certificateVerified : .failed)
        }
      })
    return [tls, RefusalHandler(refusal)]
  }

  /// Puts our words in place of “CERTIFICATE_VERIFY_FAILED”.
  private final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let refusal: NIOLockedValueBox<String?>

    init(_ refusal: NIOLockedValueBox<String?>) { self.refusal = refusal }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
      context.fireErrorCaught(refusal.withLockedValue { $0 }.map { PeerRefused(reason: $0) } ?? error)
    }
  }
}
