import HummingbirdCore
import NIOHTTP1
import Stratum

/// Who may have a WebSocket: decided from the first request of a connection, without waiting for anything.
struct UpgradeRules: Sendable {
  enum Decision: Equatable {
    /// No handshake: the routes answer.
    case http
    case webSocket(EventFormat, EventSubscription)
    case refused(HTTPResponseStatus, String)
  }

  let options: WebSocketOptions

  func decision(_ head: HTTPRequestHead) -> Decision {
    let uri = URI(head.uri)
    guard let format = EventFormat(path: uri.path), isHandshake(head) else { return .http }
    guard isAllowed(origin: head.headers["origin"], host: head.headers.first(name: "host")) else {
      return .refused(
        .forbidden, "pages of this origin may not listen here; its operator can allow them (api.cors)")
    }
    guard format == .own else { return .webSocket(format, EventSubscription()) }
    do throws(EventFilter.Invalid) {
      let query = uri.queryParameters.map { (name: String($0.key), value: String($0.value)) }
      return .webSocket(format, try EventSubscription(query: query))
    } catch {
      return .refused(.badRequest, error.message)
    }
  }

  /// Source: RFC 6455 §4.2.1.
  private func isHandshake(_ head: HTTPRequestHead) -> Bool {
    let headers = head.headers
    return head.method == .GET && head.version == .http1_1
      && headers[canonicalForm: "upgrade"].map { $0.lowercased() } == ["websocket"]
      && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
      && headers["sec-websocket-version"] == ["13"] && headers["sec-websocket-key"].count == 1
      && !headers.contains(name: "transfer-encoding") && (headers.first(name: "content-length") ?? "0") == "0"
  }

  /// A browser says where a page comes from; programs say nothing.
  private func isAllowed(origin: [String], host: String?) -> Bool {
    guard let first = origin.first else { return true }
    guard origin.count == 1 else { return false }
    if options.origins.contains("*") || options.origins.contains(first.lowercased()) { return true }
    guard let host, let scheme = first.range(of: "://") else { return false }
    return first[scheme.upperBound...].lowercased() == host.lowercased()
  }
}

extension String {
  /// Where `text` is first.
  fileprivate func range(of text: String) -> Range<Index>? { ranges(of: text).first }
}
