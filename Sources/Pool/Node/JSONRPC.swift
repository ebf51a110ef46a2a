import AsyncHTTPClient
import FoundationEssentials
import NIOCore
import NIOHTTP1
import Stratum

/// Where a node's JSON-RPC is and how it knows us.
public struct NodeEndpoint: Sendable, Equatable {
  public enum Credentials: Sendable, Equatable {
    case none
    case password(user: String, password: String)
    /// A file with `user:password` that the node writes anew at each start.
    case cookieFile(path: String)
  }

  /// Without user and password.
  public var url: String
  public var credentials: Credentials
  /// For logs: host and port, never credentials.
  public var name: String

  public enum Malformed: Error, Equatable, Sendable {
    case notHTTP(String)
    case noHost(String)
  }

  /// From `http://user:password@host:port/`. A cookie file, when given, goes before a password in the URL.
  public init(url text: String, cookieFile: String? = nil) throws(Malformed) {
    guard let parts = URLComponents(string: text), parts.scheme == "http" || parts.scheme == "https" else {
      throw .notHTTP(text)
    }
    guard let host = parts.host, !host.isEmpty else { throw .noHost(text) }
    var bare = parts
    (bare.user, bare.password) = (nil, nil)
    url = bare.string ?? text
    name = parts.port.map { "\(host):\($0)" } ?? host
    if let cookieFile {
      credentials = .cookieFile(path: cookieFile)
    } else if let user = parts.user {
      credentials = .password(user: user, password: parts.password ?? "")
    } else {
      credentials = .none
    }
  }
}

/// JSON-RPC 1.0 over HTTP, as nodes of the Bitcoin family speak it.
struct JSONRPC: Sendable {
  let endpoint: NodeEndpoint
  let http: HTTPClient
  /// A longer answer is refused.
  let responseByteLimit: Int

  private struct Answer<R: Decodable>: Decodable {
    struct Fault: Decodable {
      var code: Int
      var message: String?
    }
    var result: R?
    var error: Fault?
  }

  /// The result of a call; `nil` where the node answered `null`.
  func call<R: Decodable & Sendable>(
    _ method: String, _ params: [Value] = [], timeout: Double, as _: R.Type = R.self
  ) async throws(NodeError) -> R? {
    let (status, body) = try await exchange(try request(method, params), timeout: timeout)
    return try Self.result(of: method, status: status, body: body)
  }

  /// What an HTTP answer says to a call; `nil` where that is `null`.
  static func result<R: Decodable>(of method: String, status: UInt, body: Data) throws(NodeError) -> R? {
    if status == 401 || status == 403 { throw .unauthorized }
    let answer: Answer<R>
    do {
      answer = try JSONDecoder().decode(Answer<R>.self, from: body)
    } catch {
      // A full work queue, a proxy in between: not JSON, and worth another try.
      guard status == 200 else { throw .notReady("HTTP \(status) to \(method)") }
      throw .malformed("\(method): \(explain(error))")
    }
    if let fault = answer.error { throw error(code: fault.code, message: fault.message ?? "") }
    return answer.result
  }

  private func request(_ method: String, _ params: [Value]) throws(NodeError) -> HTTPClientRequest {
    var request = HTTPClientRequest(url: endpoint.url)
    request.method = .POST
    request.headers.add(name: "content-type", value: "application/json")
    // Nodes close idle connections without a word; a call on a connection of its own cannot meet that.
    request.headers.add(name: "connection", value: "close")
    if let secret = try secret() {
      request.headers.add(name: "authorization", value: "Basic \(Data(secret.utf8).base64EncodedString())")
    }
    request.body = .bytes(ByteBuffer(bytes: Value.call(method, params).json))
    return request
  }

  private func secret() throws(NodeError) -> String? {
    switch endpoint.credentials {
    case .none: return nil
    case .password(let user, let password): return "\(user):\(password)"
    case .cookieFile(let path):
      do {
        let data = try Data(contentsOf: URL(filePath: path))
        return String(decoding: data.prefix(1024).prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
      } catch {
        throw .unreachable("the cookie file \(path) cannot be read: is the node running?")
      }
    }
  }

  private func exchange(
    _ request: HTTPClientRequest, timeout: Double
  ) async throws(NodeError) -> (status: UInt, body: Data) {
    let (http, limit, name) = (http, responseByteLimit, endpoint.name)
    return try await within(seconds: timeout) { () throws(NodeError) in
      do {
        let deadline = NIODeadline.now() + .nanoseconds(Int64(timeout * 1e9))
        let response = try await http.execute(request, deadline: deadline)
        let body = try await response.body.collect(upTo: limit)
        return (response.status.code, Data(body.readableBytesView))
      } catch is NIOTooManyBytesError {
        throw .malformed("more than \(limit) bytes")
      } catch is CancellationError {
        throw .cancelled
      } catch let error as HTTPClientError where error == .cancelled {
        throw .cancelled
      } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
        throw .timeout(seconds: timeout)
      } catch {
        throw .unreachable("\(name): \(error)")
      }
    }
  }

  /// Source: Bitcoin Core, `rpc/protocol.h`.
  private static func error(code: Int, message: String) -> NodeError {
    switch code {
    case -28, -10, -9: .notReady(message)
    default: .refused(code: code, message: message)
    }
  }

  private static func explain(_ error: any Error) -> String {
    switch error {
    case DecodingError.keyNotFound(let key, _): "no \(key.stringValue)"
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context):
      "wrong type of \(Self.path(context))"
    case DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty:
      "\(Self.path(context)): \(context.debugDescription)"
    default: "not JSON"
    }
  }

  private static func path(_ context: DecodingError.Context) -> String {
    context.codingPath.map(\.stringValue).joined(separator: ".")
  }
}

/// Runs `body`, and cancels it when it takes longer.
func within<R: Sendable>(
  seconds: Double, _ body: @escaping @Sendable () async throws(NodeError) -> R
) async throws(NodeError) -> R {
  let result = await withTaskGroup(of: Result<R, NodeError>.self) { group in
    group.addTask {
      do throws(NodeError) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }
    group.addTask {
      do {
        try await Task.sleep(for: .seconds(seconds))
        return .failure(.timeout(seconds: seconds))
      } catch {
        return .failure(.cancelled)
      }
    }
    let first = await group.next() ?? .failure(.cancelled)
    group.cancelAll()
    return first
  }
  return try result.get()
}
