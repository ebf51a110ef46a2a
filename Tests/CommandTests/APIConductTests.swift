import HTTPTypes
import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Orchestrator
import Pool
import Stratum
import TestSupport
import Testing

@testable import API

/// What clients of the API do is held against their addresses, and who is banned is not answered.
struct APIConductTests {
  /// A real book of bans.
  private final class Book: BanView {
    let book = NIOLockedValueBox(BanBook(BanRules()))
    private let moment = BanMoment(monotonic: .zero.advanced(bySeconds: 50), wall: UnixTime(seconds: 1_764_000_000))

    func refusal(of address: NetworkAddress) -> String? {
      book.withLockedValue { $0.refusal(of: address, at: moment.wall) }.map { "for: \($0.reason)" }
    }
    func note(_ violation: Violation, from address: NetworkAddress, name: String?) {
      book.withLockedValue { _ = $0.note(violation, from: address, name: name, at: moment) }
    }
    func mines(at address: NetworkAddress) {
      book.withLockedValue { $0.accepted("rig", from: address, at: moment) }
    }
    func count(of address: NetworkAddress) -> Int {
      book.withLockedValue { $0.evidence(against: address, at: moment.monotonic).reduce(0) { $0 + $1.count } }
    }

    func bans() async -> [BanPage] { [] }
    func explanation(of subject: String) async throws -> BanExplanation { throw BanRefusal("nobody") }
    func statistics(days: Int) async throws -> BanCounts { BanCounts(reasons: [], networks: nil, days: []) }
    func ban(_ order: BanOrderPage, by whom: String) async throws(BanRefusal) -> BanPage { throw BanRefusal("no") }
    func lift(_ subject: String, by whom: String) async throws(BanRefusal) -> Bool { false }
  }

  private let book = Book()
  private let routes: Routes

  init() {
    let fleet = FakeFleet()
    fleet.state.withLockedValue { [book] in $0.bans = book }
    routes = Routes(
      view: fleet,
      access: APIAccess(
        tokens: [APIToken(name: "operator", token: "turn", scopes: [.read, .operate])], allowsPlainWrites: true,
        rate: RateLimit(perSecond: 0.001, burst: 150), freshSeconds: 0),
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
  }

  private func client(_ text: String) throws -> APIClientAddress {
    APIClientAddress(try SocketAddress(ipAddress: text, port: 1))
  }

  private func address(_ text: String) throws -> NetworkAddress { try #require(NetworkAddress(text)) }

  private func ask(
    _ path: String = "/api/pools", from client: String, token: String? = nil, method: HTTPRequest.Method = .get
  ) async throws -> (status: Int, text: String) {
    var fields = HTTPFields()
    if let token { fields[.authorization] = "Bearer \(token)" }
    let response = await routes.respond(
      to: Request(
        head: .init(method: method, scheme: "http", authority: "pool", path: path, headerFields: fields),
        body: .init(buffer: ByteBuffer())),
      from: try self.client(client))
    return (response.status.code, try await response.text())
  }

  @Test func `a client that guesses tokens is banned at the hundredth, and told so`() async throws {
    for guess in 0..<99 {
      let answer = try await ask("/api/move", from: "192.0.2.9", token: "guess\(guess)", method: .post)
      #expect(answer.status == 403 && answer.text.contains("token is wrong"))
    }
    #expect(try await ask(from: "192.0.2.9").status == 200)
    #expect(try await ask("/api/move", from: "192.0.2.9", method: .post).status == 401)
    let banned = try await ask(from: "192.0.2.9")
    #expect(banned.status == 403)
    #expect(banned.text.contains("banned for: too many violations of this address: 100 × api abuse"))
    #expect(try await ask(from: "192.0.2.10").status == 200)
  }

  @Test func `whoever asks too much is held to it once a second, and nothing else that fails is`() async throws {
    for _ in 0..<150 { #expect(try await ask("/api/nothing", from: "192.0.2.9").status == 404) }
    #expect(book.count(of: try address("192.0.2.9")) == 0)
    for _ in 0..<20 { #expect(try await ask(from: "192.0.2.9").status == 429) }
    #expect((1...2).contains(book.count(of: try address("192.0.2.9"))))
  }

  @Test func `where somebody mines well nobody is banned for what asks from there`() async throws {
    book.mines(at: try address("192.0.2.9"))
    for guess in 0..<120 { _ = try await ask("/api/move", from: "192.0.2.9", token: "guess\(guess)", method: .post) }
    #expect(try await ask(from: "192.0.2.9").status == 200)
  }

  @Test func `this machine is never held to anything, for all clients of a proxy on it come from there`() async throws {
    for guess in 0..<300 { _ = try await ask("/api/move", from: "127.0.0.1", token: "guess\(guess)", method: .post) }
    #expect(try await ask(from: "127.0.0.1").status == 200)
    #expect(book.count(of: try address("127.0.0.1")) == 0)
  }

  @Test func `an operator with a token is answered also where the address is banned`() async throws {
    for guess in 0..<100 { _ = try await ask("/api/move", from: "192.0.2.9", token: "guess\(guess)", method: .post) }
    #expect(try await ask(from: "192.0.2.9").status == 403)
    #expect(try await ask(from: "192.0.2.9", token: "turn").status == 200)
  }

  @Test func `a banned client gets no WebSocket, and the reason`() throws {
    for guess in 0..<2 {
      let channel = EmbeddedChannel()
      channel.remoteAddress = try SocketAddress(ipAddress: guess == 0 ? "192.0.2.7" : "192.0.2.8", port: 1)
      try channel.pipeline.syncOperations.addHandler(
        UpgradeGate(rules: UpgradeRules(options: WebSocketOptions()), bus: EventBus(), bans: FakeBans()))
      let headers: HTTPHeaders = [
        "host": "pool", "upgrade": "websocket", "connection": "Upgrade", "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ]
      try channel.writeInbound(
        HTTPServerRequestPart.head(.init(version: .http1_1, method: .GET, uri: "/api/events", headers: headers)))
      guard guess == 0 else {
        #expect(try channel.readOutbound(as: HTTPServerResponsePart.self) == nil)
        continue
      }
      guard case .head(let head)? = try channel.readOutbound(as: HTTPServerResponsePart.self),
        case .body(.byteBuffer(let body))? = try channel.readOutbound(as: HTTPServerResponsePart.self)
      else {
        Issue.record("no answer")
        return
      }
      #expect(head.status == .forbidden)
      #expect(String(buffer: body).contains("banned until 1970, for: 3 disconnections"))
    }
  }
}

extension Response {
  /// Its body.
  fileprivate func text() async throws -> String {
    let writer = TextWriter()
    try await body.write(writer)
    return String(decoding: writer.bytes.withLockedValue { $0 }, as: UTF8.self)
  }
}

private struct TextWriter: ResponseBodyWriter {
  let bytes = NIOLockedValueBox<[UInt8]>([])

  mutating func write(_ buffer: ByteBuffer) async throws {
    bytes.withLockedValue { $0 += Array(buffer: buffer) }
  }
  consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
