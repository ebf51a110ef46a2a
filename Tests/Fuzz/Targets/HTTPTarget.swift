import Dispatch
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Synchronization

@testable import API

extension FuzzTarget {
  static let http = [request, handshake]

  private static let quiet = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }

  /// The whole interface as one machine: a request gets what its bytes deserve, and nobody remembers it.
  private static let routes: Routes = {
    var access = APIAccess(
      tokens: [APIToken(name: "fuzz", token: "secret", scopes: Set(APIScope.allCases))],
      rate: RateLimit(perSecond: 0), freshSeconds: 0)
    access.origins = ["https://pool.example"]
    return Routes(view: StillFleet(), access: access, logger: quiet)
  }()

  /// Whom all requests come from.
  private static let channel = EmbeddedChannel()

  /// `METHOD ADDRESS`, lines of headers, an empty line, and the body: to all routes, Miningcore's and ZION's among them.
  private static let request = FuzzTarget("http", upTo: 6000) { input in
    guard let request = Request(fuzzed: input) else { return }
    let answer = try waiting {
      let context = APIContext(source: .init(channel: channel, logger: quiet))
      return try await routes.respond(to: request, context: context)
    }
    try promise(answer.status.code != 500, "an internal error")
    try promise(
      answer.status.code < 400 || answer.headers[.contentType]?.hasPrefix("application/json") == true,
      "an error \(answer.status) that is no JSON")
  }

  /// The same bytes as the first request of a WebSocket.
  private static let handshake = FuzzTarget("handshake", upTo: 4096) { input in
    guard let request = Request(fuzzed: input) else { return }
    var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: request.uri.string)
    for field in request.headers { head.headers.add(name: field.name.rawName, value: field.value) }
    var options = WebSocketOptions()
    options.origins = ["https://pool.example"]
    switch UpgradeRules(options: options).decision(head) {
    case .http, .webSocket: break
    case .refused(_, let reason): try promise(!reason.isEmpty, "a refusal that says nothing")
    }
  }

  /// Runs what is asynchronous from a thread that is not.
  static func waiting<Value: Sendable>(_ body: @escaping @Sendable () async throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let answer = Answer<Value>()
    Task.detached {
      do {
        let value = try await body()
        answer.result.withLock { $0 = .success(value) }
      } catch {
        answer.result.withLock { $0 = .failure(error) }
      }
      done.signal()
    }
    done.wait()
    guard let result = answer.result.withLock({ $0 }) else { throw Broken("no answer") }
    return try result.get()
  }
}

private final class Answer<Value: Sendable>: Sendable {
  let result = Mutex<Result<Value, any Error>?>(nil)
}

extension Request {
  fileprivate init?(fuzzed input: [UInt8]) {
    var rest = input[...]
    func line() -> String {
      let end = rest.firstIndex(of: 10) ?? rest.endIndex
      defer { rest = rest[end...].dropFirst() }
      return String(decoding: rest[..<end], as: UTF8.self)
    }
    let words = line().split(separator: " ", maxSplits: 1).map(String.init)
    guard words.count == 2, let method = HTTPRequest.Method(words[0]) else { return nil }
    var headers = HTTPFields()
    while !rest.isEmpty, headers.count < 16 {
      let parts = line().split(separator: ":", maxSplits: 1).map(String.init)
      guard parts.count == 2 else { break }
      guard let name = HTTPField.Name(parts[0]) else { continue }
      headers.append(HTTPField(name: name, value: parts[1]))
    }
    self.init(
      head: HTTPRequest(
        method: method, scheme: "http", authority: "pool.example", path: words[1], headerFields: headers),
      body: .init(buffer: ByteBuffer(bytes: rest)))
  }
}
