import Foundation

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// Asks a server of this machine for JSON.
public struct HTTPClient: Sendable {
  public let port: Int
  /// Sent as a bearer token where there is one.
  public let token: String?

  public init(port: Int, token: String? = nil) {
    self.port = port
    self.token = token
  }

  public struct Response: Sendable {
    public let status: Int
    public let text: String
    public let json: JSON
  }

  public struct NotHTTP: Error {}

  public func get(_ path: String) async throws -> Response {
    try await send(URLRequest(url: url(path)))
  }

  /// `body` is JSON text.
  public func post(_ path: String, _ body: String) async throws -> Response {
    var request = URLRequest(url: try url(path))
    request.httpMethod = "POST"
    request.httpBody = Data(body.utf8)
    request.setValue("application/json", forHTTPHeaderField: "Content-Type")
    return try await send(request)
  }

  private func url(_ path: String) throws -> URL {
    guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw NotHTTP() }
    return url
  }

  private func send(_ request: URLRequest) async throws -> Response {
    var request = request
    request.timeoutInterval = 10
    if let token { request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization") }
    let (data, response) = try await URLSession.shared.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw NotHTTP() }
    return Response(
      status: response.statusCode, text: String(decoding: data, as: UTF8.self), json: JSON(data) ?? .null)
  }
}
