import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Stratum
import Testing

@testable import API

/// Who may ask what, how often, and from where.
@Suite struct APIAccessTests {
  private static let tokens = [
    APIToken(name: "reader", token: "look", scopes: [.read]),
    APIToken(name: "operator", token: "turn", scopes: [.operate]),
    APIToken(name: "treasurer", token: "gold", scopes: [.money]),
  ]

  private func bearer(_ token: String) -> [String: String] { ["Authorization": "Bearer \(token)"] }

  @Test func `a token does what its scopes say, and no more`() async throws {
    let fleet = FakeFleet.withPool()
    try await fleet.serve(token: nil, access: APIAccess(tokens: Self.tokens, freshSeconds: 0)) { api in
      let move = #"{"to":"alpha"}"#
      let refused = try await api.send("POST", "/api/move", body: move, headers: bearer("look"))
      #expect(refused.status == 403 && refused.error.contains("operate"))
      #expect(try await api.send("POST", "/api/move", body: move, headers: bearer("turn")).status == 200)
      let settings = "/api/pools/zion/miners/\(FakePoolView.address)/settings"
      let wish = #"{"settings":{"paymentThreshold":2.5}}"#
      #expect(try await api.send("POST", settings, body: wish).status == 401)
      #expect(try await api.send("POST", settings, body: wish, headers: bearer("turn")).status == 403)
      let set = try await api.send("POST", settings, body: wish, headers: bearer("gold"))
      #expect(set.status == 200 && set.json["paymentThreshold"].double == 2.5)
      #expect(fleet.state.withLockedValue { $0.pool }?.orders.withLockedValue { $0.map(\.amount) } == [2_500_000])
    }
  }

  @Test func `attack 17, orders from elsewhere: neither a proxy's address nor a stranger's page moves anything`()
    async throws
  {
    let fleet = FakeFleet.withPool()
    let access = APIAccess(tokens: Self.tokens, origins: ["*", "https://pool.example"], freshSeconds: 0)
    try await fleet.serve(token: nil, access: access) { api in
      let move = #"{"to":"alpha"}"#
      func status(_ token: String?, _ headers: [String: String] = [:], _ method: String = "POST") async throws -> Int {
        let all = headers.merging(token.map { self.bearer($0) } ?? [:]) { own, _ in own }
        return try await api.send(method, "/api/move", body: method == "POST" ? move : nil, headers: all).status
      }
      // Behind a reverse proxy everybody comes from this machine: that is worth nothing.
      #expect(try await status(nil) == 401)
      #expect(try await status(nil, ["X-Forwarded-For": "127.0.0.1", "X-Real-IP": "127.0.0.1"]) == 401)
      // What a link or an image can ask for.
      #expect(try await status("turn", [:], "GET") == 405)
      // A page elsewhere, in a browser that has the token, or behind a proxy that adds it.
      for origin in ["https://evil.example", "null", "http://127.0.0.1", "https://pool.example.evil.example", ""] {
        let answer = try await api.send(
          "POST", "/api/move", body: move, headers: bearer("turn").merging(["Origin": origin]) { own, _ in own })
        #expect(answer.status == 403 && answer.error.contains("api.cors"), "\(origin): \(answer.text)")
      }
      #expect(fleet.state.withLockedValue { $0.writes } == [])
      for origin in ["https://pool.example", "http://127.0.0.1:\(api.port)"] {
        #expect(try await status("turn", ["Origin": origin]) == 200, "\(origin)")
      }
      // Every byte of a digest counts, and its length.
      for wrong in ["", "t", "turn.", "turm", "Turn", String(repeating: "t", count: 300)] {
        #expect(try await status(wrong) == 403, "\(wrong)")
      }
    }
  }

  @Test func `changes are written down: who, what and what became of it`() async throws {
    let fleet = FakeFleet.withPool()
    try await fleet.serve(token: nil, access: APIAccess(tokens: Self.tokens, freshSeconds: 0)) { api in
      _ = try await api.send("POST", "/api/move", body: #"{"to":"alpha"}"#, headers: bearer("turn"))
      _ = try await api.send("POST", "/api/move", body: "{", headers: bearer("turn"))
      _ = try await api.send("POST", "/api/move", body: "{", headers: bearer("wrong"))
      let writes = fleet.state.withLockedValue { $0.writes }
      #expect(
        writes == [
          APIWrite(who: "operator", method: "POST", path: "/api/move", body: #"{"to":"alpha"}"#, status: 200),
          APIWrite(who: "operator", method: "POST", path: "/api/move", body: "{", status: 400),
        ])
    }
  }

  @Test func `a miner's signature is passed on as it came, and an address's word alone is nothing`() async throws {
    let fleet = FakeFleet.withPool()
    try await fleet.serve(token: nil, access: APIAccess(freshSeconds: 0)) { api in
      let settings = "/api/pools/zion/miners/\(FakePoolView.address)/settings"
      let (signature, key) = (String(repeating: "ab", count: 64), String(repeating: "cd", count: 32))
      let signed =
        #"{"settings":{"paymentThreshold":0.000001},"signature":"\#(signature)","publicKey":"\#(key)","time":9}"#
      #expect(try await api.send("POST", settings, body: signed).status == 200)
      let order = fleet.state.withLockedValue { $0.pool }?.orders.withLockedValue { $0.first }
      #expect(order?.amount == 1 && order?.signature?.at == 9 && order?.signature?.bytes.count == 64)
      let byAddress = #"{"settings":{"paymentThreshold":1},"ipAddress":"127.0.0.1"}"#
      #expect(try await api.send("POST", settings, body: byAddress).status == 401)
      let half = #"{"settings":{"paymentThreshold":1},"signature":"\#(signature)"}"#
      #expect(try await api.send("POST", settings, body: half).status == 400)
      for amount in ["0", "-1", "0.0000001", "1e30", "\"1\"", "null"] {
        let wrong = try await api.send("POST", settings, body: #"{"settings":{"paymentThreshold":\#(amount)}}"#)
        #expect(wrong.status == 400, "\(amount)")
      }
      fleet.change { state in
        state.pool?.refusal.withLockedValue { $0 = PoolRefusal(isForbidden: true, reason: "not the address's key") }
      }
      let refused = try await api.send("POST", settings, body: signed)
      #expect(refused.status == 403 && refused.error == "not the address's key")
    }
  }

  @Test func `where miners connect from is for those who may see it`() async throws {
    let fleet = FakeFleet.withPool()
    try await fleet.serve(token: nil, access: APIAccess(tokens: Self.tokens)) { api in
      for path in ["/api/workers", "/api/miner/\(FakePoolView.address)", "/api/miners"] {
        #expect(!(try await api.get(path).text.contains("192.0.2.7")), "\(path)")
        let blind = try await api.send("GET", path, headers: bearer("turn"))
        #expect(blind.status == 200 && !blind.text.contains("192.0.2.7"), "\(path)")
      }
      // The same page, asked just before without the scope.
      #expect(try await api.send("GET", "/api/workers", headers: bearer("look")).text.contains("192.0.2.7"))
      #expect(!(try await api.get("/api/workers").text.contains("192.0.2.7")))
    }
  }

  @Test func `tokens are not taken over plain HTTP from other machines, unless that is allowed`() throws {
    let far = APIClientAddress(network: "c0000207", isLoopback: false)
    let near = APIClientAddress(network: "7f000001", isLoopback: true)
    func request(_ scheme: String) -> Request {
      Request(
        head: .init(
          method: .post, scheme: scheme, authority: nil, path: "/api/move",
          headerFields: [.authorization: "Bearer turn"]),
        body: .init(buffer: ByteBuffer()))
    }
    let route = try #require(Routes.all.first { $0.template == "/api/move" })
    for (client, scheme, allows, status) in [
      (far, "http", false, 403), (far, "http", true, 200), (near, "http", false, 200), (far, "https", false, 200),
    ] {
      let routes = Routes(
        view: FakeFleet(), access: APIAccess(tokens: Self.tokens, allowsPlainWrites: allows),
        logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
      var answered = 200
      do throws(Refusal) {
        #expect(try routes.authorize(request(scheme), route, from: client)?.name == "operator")
      } catch {
        answered = error.status.code
        #expect(error.message.contains("api.allow_plain_writes"))
      }
      #expect(answered == status)
    }
  }

  @Test func `a client that asks too much is told when to go on, and others are not`() {
    var limiter = RateLimiter(RateLimit(perSecond: 2, burst: 3), capacity: 3)
    let start = MonotonicTime.zero.advanced(bySeconds: 100)
    for _ in 0..<3 { #expect(limiter.take("a", at: start) == nil) }
    #expect(limiter.take("a", at: start) == .init(wait: 0.5, isFirst: true))
    #expect(limiter.take("b", at: start) == nil)
    #expect(limiter.take("a", at: start.advanced(bySeconds: 0.5)) == nil)
    #expect(limiter.take("a", at: start.advanced(bySeconds: 0.5)) == .init(wait: 0.5, isFirst: false))
    // What is one too many counts once a second, however many there are.
    #expect(limiter.take("a", at: start.advanced(bySeconds: 0.9))?.isFirst == false)
    #expect(limiter.take("a", at: start.advanced(bySeconds: 1)) == nil)
    #expect(limiter.take("a", at: start.advanced(bySeconds: 1))?.isFirst == true)
    #expect(limiter.take("a", at: start.advanced(bySeconds: 1))?.isFirst == false)
  }

  @Test func `the table of clients is bounded: those that come when it is full share one allowance`() {
    var limiter = RateLimiter(RateLimit(perSecond: 1, burst: 2), capacity: 100)
    let start = MonotonicTime.zero.advanced(bySeconds: 100)
    for client in 0..<100 { #expect(limiter.take("\(client)", at: start) == nil) }
    #expect(limiter.take("x", at: start) == nil && limiter.take("y", at: start) == nil)
    #expect(limiter.take("z", at: start) != nil)
    #expect(limiter.clientCount == 101)
    // When the others have been silent long enough there is room again.
    #expect(limiter.take("z", at: start.advanced(bySeconds: 10)) == nil)
    #expect(limiter.clientCount == 1)
  }

  @Test func `the server refuses what is above the rate with 429`() async throws {
    let rate = RateLimit(perSecond: 0.001, burst: 5, countsLoopback: true)
    try await FakeFleet().serve(token: nil, access: APIAccess(rate: rate, freshSeconds: 0)) { api in
      for _ in 0..<5 { #expect(try await api.get("/api/health-check").status == 200) }
      let late = try await api.get("/api/health-check")
      #expect(late.status == 429 && (Int(late.headers["retry-after"] ?? "") ?? 0) > 900, "\(late.headers)")
      #expect(late.json["code"].int == 429)
    }
  }

  @Test func `a web page reads what its origin is allowed, and sends tokens only where it is named`() async throws {
    let any = APIAccess(freshSeconds: 0)
    let named = APIAccess(origins: ["https://pool.example"], freshSeconds: 0)
    try await FakeFleet().serve(token: nil, access: any) { api in
      let get = try await api.send("GET", "/api/pools", headers: ["Origin": "https://else.example"])
      #expect(get.headers["access-control-allow-origin"] == "*")
      let options = try await api.send("OPTIONS", "/api/move", headers: ["Origin": "https://else.example"])
      #expect(options.status == 204 && options.headers["allow"] == "POST")
      #expect(options.headers["access-control-allow-headers"]?.contains("Authorization") == false)
    }
    try await FakeFleet().serve(token: nil, access: named) { api in
      let other = try await api.send("GET", "/api/pools", headers: ["Origin": "https://else.example"])
      #expect(other.status == 200 && other.headers["access-control-allow-origin"] == nil)
      let options = try await api.send("OPTIONS", "/api/move", headers: ["Origin": "https://pool.example"])
      #expect(options.headers["access-control-allow-origin"] == "https://pool.example")
      #expect(options.headers["access-control-allow-headers"]?.contains("Authorization") == true)
    }
  }

  @Test func `one subscriber of IPv6 is one client, and loopback is known in every spelling`() throws {
    func client(_ text: String) throws -> APIClientAddress {
      APIClientAddress(try SocketAddress(ipAddress: text, port: 1))
    }
    #expect(try client("2001:db8:1:2::1").network == client("2001:db8:1:2:ffff::9").network)
    #expect(try client("2001:db8:1:2::1").network != client("2001:db8:1:3::1").network)
    for (text, isLoopback) in [
      ("127.0.0.1", true), ("127.9.9.9", true), ("::1", true), ("::ffff:127.0.0.1", true), ("192.0.2.1", false),
      ("::2", false), ("::ffff:192.0.2.1", false),
    ] {
      #expect(try client(text).isLoopback == isLoopback, "\(text)")
    }
  }
}
