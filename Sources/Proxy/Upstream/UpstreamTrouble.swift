import Encryption
import NIOCore
import NIOPosix

/// What went wrong with a connection, for people.
public enum UpstreamTrouble {
  public static func words(for error: any Error) -> String {
    switch error {
    case let error as NIOConnectionError:
      guard let first = error.connectionErrors.first else { return "the host's name has no address" }
      return words(for: first.error)
    case let error as IOError where error.errnoCode == 111: return "nothing listens there (connection refused)"
    case let error as IOError: return "\(error)"
    case let error as PeerRefused: return error.reason
    case ChannelError.connectTimeout: return "nobody answers there"
    default: return tls("\(error)") ?? "\(error)"
    }
  }

  /// Source: error strings of BoringSSL, as swift-nio-ssl hands them on.
  private static func tls(_ text: String) -> String? {
    let known = [
      ("CERTIFICATE_VERIFY_FAILED", "its certificate could not be checked"),
      ("WRONG_VERSION_NUMBER", "it does not speak TLS on this port (write stratum+tcp://?)"),
      ("uncleanShutdown", "it closed the connection in the middle of TLS"),
      ("handshakeFailed", "TLS cannot be agreed on"),
    ]
    return known.first { text.contains($0.0) }?.1
  }
}
