import API
import AsyncHTTPClient
import Foundation
import NIOCore

/// Talks to a running `zion` over HTTP.
struct APIClient {
  /// Where `zion run` listens unless it is told otherwise.
  static let defaultURL = "http://127.0.0.1:3334"
  /// A longer answer is refused.
  private static let byteLimit = 16 << 20

  /// As it was said: a URL or the path of a socket.
  let base: String
  /// What paths are put behind.
  private let root: String
  let token: String?

  /// Why there is no answer, for people.
  struct Failure: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  /// - Parameter place: `http://HOST:PORT`, or the path of the socket that `api.socket` names.
  init(_ place: String, token: String? = nil) {
    base = place.hasSuffix("/") ? String(place.dropLast()) : place
    let isPath = !base.contains("://") && (base.contains("/") || !base.contains(":"))
    root =
      isPath ? URL(httpURLWithSocketPath: base, uri: "/").map { String($0.absoluteString.dropLast()) } ?? base : base
    self.token = token
  }

  func get<Page: Decodable>(_ path: String, as page: Page.Type = Page.self) async throws(Failure) -> Page {
    try await send(HTTPClientRequest(url: root + path), timeout: .seconds(10))
  }

  /// A move is answered when the miners have moved: that takes as long as it takes.
  func move(to pool: String, worker: String?) async throws(Failure) -> MoveReport {
    var request = HTTPClientRequest(url: root + "/api/move")
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
    var fields = ["to": pool]
    fields["worker"] = worker
    do {
      request.body = .bytes(ByteBuffer(bytes: try JSONEncoder().encode(fields)))
    } catch {
      throw Failure(description: "the order cannot be written as JSON: \(error)")
    }
    return try await send(request, timeout: .seconds(120))
  }

  /// What a policy would do now. The answer as it came.
  func explain(_ policy: String) async throws(Failure) -> String {
    String(decoding: try await answer(explanation(of: policy), timeout: .seconds(30)), as: UTF8.self)
  }

  func explain<Page: Decodable>(_ policy: String, as page: Page.Type = Page.self) async throws(Failure) -> Page {
    try await send(explanation(of: policy), timeout: .seconds(30))
  }

  private func explanation(of policy: String) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: root + "/api/orchestrator/explain")
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/yaml")
    if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
    request.body = .bytes(ByteBuffer(string: policy))
    return request
  }

  private struct ErrorPage: Decodable { let error: String }

  private func send<Page: Decodable>(_ request: HTTPClientRequest, timeout: TimeAmount) async throws(Failure) -> Page {
    let data = try await answer(request, timeout: timeout)
    do {
      return try JSONDecoder().decode(Page.self, from: data)
    } catch {
      throw Failure(description: "\(base) did not answer as zion does: is that its API, of the same version?")
    }
  }

  private func answer(_ request: HTTPClientRequest, timeout: TimeAmount) async throws(Failure) -> Data {
    let status: UInt
    let body: ByteBuffer
    var request = request
    // A farm whose miners are much alike shrinks more than the client lets an answer grow again.
    request.headers.replaceOrAdd(name: "accept-encoding", value: "identity")
    do {
      let response = try await HTTPClient.shared.execute(request, timeout: timeout)
      status = response.status.code
      body = try await response.body.collect(upTo: Self.byteLimit)
    } catch {
      // The system's own words, where it was the system.
      let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
      throw Failure(
        description: "no answer from \(base): \(reason); is zion running there? (--api URL, or the path of its socket)")
    }
    let data = Data(body.readableBytesView)
    guard (200..<300).contains(status) else {
      let reason = (try? JSONDecoder().decode(ErrorPage.self, from: data))?.error
      throw Failure(description: reason ?? "\(base) answered \(status): is that the API of zion?")
    }
    return data
  }
}
