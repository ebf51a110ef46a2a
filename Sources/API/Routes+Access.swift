import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Routes {
  /// Who asks. A wrong token is refused wherever it comes; none where one is needed.
  func authorize(_ request: Request, _ route: Route, from client: APIClientAddress) throws(Refusal) -> APIToken? {
    if access.changesAtSocketOnly, route.body != nil, route.scope != nil, !client.isAtSocket {
      throw Refusal(
        .forbidden, "nothing is changed at this port: ask at the socket of api.socket (api.changes: socket)")
    }
    guard let header = request.headers[.authorization] else {
      guard route.scope != nil else { return nil }
      guard !access.tokens.isEmpty else {
        throw Refusal(
          .forbidden, "no token is configured, so nothing can be changed over HTTP; set api.token_file or api.tokens")
      }
      throw Refusal(
        .unauthorized, "a token is needed; send the header Authorization: Bearer TOKEN",
        headers: [.wwwAuthenticate: "Bearer"], isHeldAgainst: true)
    }
    guard let token = owner(of: header) else {
      // Somebody who only looks is not turned away for what a proxy before us asked of it.
      guard route.scope != nil else { return nil }
      let hint =
        access.tokens.isEmpty ? "no token is configured: set api.token_file or api.tokens" : "this token is wrong"
      throw Refusal(.forbidden, "\(hint); it is one of api.token_file or api.tokens", isHeldAgainst: true)
    }
    guard access.allowsPlainWrites || client.isLoopback || request.head.scheme == "https" else {
      guard route.scope != nil else { return nil }
      throw Refusal(
        .forbidden,
        "tokens are not taken over plain HTTP from other machines: ask over https:// (api.tls), through a proxy with TLS "
          + "on this machine, or set api.allow_plain_writes")
    }
    guard let scope = route.scope else { return token }
    guard token.scopes.contains(scope) else {
      throw Refusal(.forbidden, "the token “\(token.name)” has no \(scope.rawValue) scope")
    }
    return token
  }

  /// Whose token it is that a header `Authorization` gives; `nil` for a wrong one.
  private func owner(of header: String) -> APIToken? {
    let words = header.split(separator: " ", maxSplits: 1)
    guard words.count == 2, words[0].lowercased() == "bearer", words[1].utf8.count <= 256 else { return nil }
    return access.owner(of: words[1].utf8)
  }

  /// Who is banned is not answered here either, unless it has a token: an operator may mine at a banned address. All who
  /// come through a proxy on this machine, or from it, are let in: nobody can tell them apart.
  func expectNotBanned(_ request: Request, from client: APIClientAddress) throws(Refusal) {
    guard !client.isLoopback, let address = client.address, let reason = view.bans?.refusal(of: address) else { return }
    if let header = request.headers[.authorization], owner(of: header) != nil { return }
    throw Refusal(.forbidden, "banned \(reason)")
  }

  /// Something that is held against a client.
  func note(_ refusal: Refusal, from client: APIClientAddress) {
    guard refusal.isHeldAgainst, !client.isLoopback, let address = client.address else { return }
    view.bans?.note(.apiAbuse, from: address, name: nil)
  }

  /// A browser says which site's page asks. What changes something is asked by our own pages, those of origins that are
  /// named, and programs, which say nothing; a stranger's page may have found a token, or a proxy that adds one.
  func expectOwnPage(_ request: Request) throws(Refusal) {
    let origins = request.headers[values: .origin]
    guard let origin = origins.first else { return }
    let host = origin.ranges(of: "://").first.map { origin[$0.upperBound...].lowercased() }
    guard origins.count == 1,
      access.origins.contains(origin) || host != nil && host == request.head.authority?.lowercased()
    else {
      throw Refusal(
        .forbidden,
        "pages of \(origin.prefix(100)) may change nothing here; an operator can name that origin in api.cors")
    }
  }

  /// Seconds since 1970.
  static func wallSeconds() -> Int64 { Int64(Date().timeIntervalSince1970) }

  static func body(of request: Request, limit: Int = APIServer.bodyByteLimit) async throws(Refusal) -> Data {
    do {
      let bytes = try await request.body.collect(upTo: limit)
      return Data(bytes.readableBytesView)
    } catch is NIOTooManyBytesError {
      throw Refusal(.contentTooLarge, "the body is longer than \(limit) bytes")
    } catch {
      throw Refusal(.badRequest, "the body could not be read")
    }
  }

  /// Something that needs the database.
  func stored<Value: Sendable>(_ read: () async throws -> Value) async throws(Refusal) -> Value {
    do {
      return try await read()
    } catch let error as MalformedAddress {
      throw Refusal(.badRequest, "this is not an address: \(error.reason)")
    } catch let error as Refusal {
      throw error
    } catch {
      logger.warning("storage could not be read for the API", metadata: ["error": "\(error)"])
      throw Refusal(.serviceUnavailable, "storage cannot be read now; see /api/health")
    }
  }
}
