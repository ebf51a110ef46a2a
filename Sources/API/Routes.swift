import FoundationEssentials
import Hummingbird
import Logging
import Orchestrator

/// Every path of the interface, and what is answered there. Every error is `{"error": "…"}`.
struct Routes: HTTPResponder {
  typealias Context = BasicRequestContext

  let view: any FleetView
  let token: String?
  let logger: Logger

  func respond(to request: Request, context: Context) async throws -> Response {
    do throws(Refusal) {
      let response = try await answer(request)
      return request.method == .head ? response.createHeadResponse() : response
    } catch {
      var response = JSONResponse.make(["error": error.message], status: error.status)
      for field in error.headers { response.headers.append(field) }
      return request.method == .head ? response.createHeadResponse() : response
    }
  }

  private func answer(_ request: Request) async throws(Refusal) -> Response {
    let path = request.uri.path.split(separator: "/").map(String.init)
    switch path {
    case ["api", "health"]:
      try allow([.get, .head], request)
      let health = HealthPage(of: await view.snapshot(), parts: await view.parts())
      return JSONResponse.make(health, status: health.healthy ? .ok : .serviceUnavailable)
    case ["api", "stats"]:
      try allow([.get, .head], request)
      let blocks = try await stored { try await view.blocks(limit: 10) }
      let snapshot = await view.snapshot()
      return JSONResponse.make(
        StatsPage(of: snapshot, about: await about(), uptimeSeconds: uptime(at: snapshot), blocks: blocks))
    case ["api", "pools"]:
      try allow([.get, .head], request)
      return JSONResponse.make(PoolsPage(of: await view.snapshot()))
    case ["api", "miners"]:
      try allow([.get, .head], request)
      return JSONResponse.make(MinersPage(of: await view.snapshot()))
    case ["api", "blocks"]:
      try allow([.get, .head], request)
      return JSONResponse.make(["blocks": try await stored { try await view.blocks(limit: 100) }])
    case ["api", "profitability"]:
      try allow([.get, .head], request)
      return JSONResponse.make(ProfitabilityPage(of: await view.snapshot(), prices: await view.prices()))
    case ["metrics"]:
      try allow([.get, .head], request)
      return await metrics(await view.snapshot())
    case ["api", "move"]:
      try allow([.post], request)
      try authorize(request)
      return try await move(request)
    case ["api", "orchestrator", "policy"]:
      try allow([.get, .head], request)
      return await policy()
    case _ where path.count == 3 && path.prefix(2) == ["api", "orchestrator"]:
      guard let response = try await orchestrator(path[2], request) else { throw nothing(at: request) }
      return response
    case _ where path.count == 3 && path.prefix(2) == ["api", "miner"]:
      try allow([.get, .head], request)
      return try await miner(path[2])
    default:
      throw nothing(at: request)
    }
  }

  private func nothing(at request: Request) -> Refusal {
    Refusal(
      .notFound,
      "there is nothing at \(request.uri.path); try /api/health, /api/stats, /api/pools, /api/blocks, /api/profitability, "
        + "/api/miners, /api/miner/ADDRESS, /api/orchestrator/scores, …/decisions, …/policy, POST /api/orchestrator/mode, …/force, "
        + "…/pause, …/explain, POST /api/move or /metrics")
  }

  private func uptime(at snapshot: FleetSnapshot) -> Double { snapshot.at.seconds(since: view.startedAt) }

  func allow(_ methods: [HTTPRequest.Method], _ request: Request) throws(Refusal) {
    guard !methods.contains(request.method) else { return }
    let names = methods.map(\.rawValue).joined(separator: ", ")
    throw Refusal(
      .methodNotAllowed, "\(request.method.rawValue) is not allowed at \(request.uri.path), only \(names)",
      headers: [.allow: names])
  }

  /// A database that is away takes its own figures away, and no others.
  private func metrics(_ snapshot: FleetSnapshot) async -> Response {
    var books: BooksReport?
    do {
      books = try await view.books()
    } catch {
      logger.warning("the ledger could not be read for the metrics", metadata: ["error": "\(error)"])
    }
    let text = PrometheusText.of(
      snapshot, about: await about(), uptimeSeconds: uptime(at: snapshot), books: books, policy: await view.policy(),
      prices: await view.prices(), workings: await view.workings())
    return Response(
      status: .ok, headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8", .cacheControl: "no-store"],
      body: .init(byteBuffer: ByteBuffer(string: text)))
  }

  /// Something that needs the database.
  private func stored<Value: Sendable>(_ read: () async throws -> Value) async throws(Refusal) -> Value {
    do {
      return try await read()
    } catch let error as MalformedAddress {
      throw Refusal(.badRequest, "this is not an address: \(error.reason)")
    } catch {
      logger.warning("storage could not be read for the API", metadata: ["error": "\(error)"])
      throw Refusal(.serviceUnavailable, "storage cannot be read now; see /api/health")
    }
  }

  private func miner(_ account: String) async throws(Refusal) -> Response {
    let isGood = (1...128).contains(account.utf8.count) && account.utf8.allSatisfy(isAccountByte)
    guard isGood else {
      throw Refusal(.badRequest, "this is not an address: letters, digits, _ - : . only, at most 128")
    }
    let account = view.canonical(account)
    let report = try await stored { try await view.miner(account) }
    let sessions = await view.snapshot().miners.filter { isSame($0.identity.account, account, known: report?.account) }
    guard report != nil || !sessions.isEmpty else {
      throw Refusal(.notFound, "no share of \(account) was ever accepted here, and it is not connected")
    }
    return JSONResponse.make(
      MinerPage(
        account: report?.account ?? sessions.first?.identity.account ?? account, stored: report, sessions: sessions))
  }

  /// Addresses in hex are kept in one case, and asked for in any.
  private func isSame(_ live: String, _ asked: String, known: String?) -> Bool {
    live == known ?? asked || known == nil && live.lowercased() == asked.lowercased()
  }

  private func isAccountByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 46, 58, 95: true
    default: false
    }
  }
}

/// A request that is not carried out, and why.
struct Refusal: Error {
  let status: HTTPResponse.Status
  let message: String
  let headers: HTTPFields

  init(_ status: HTTPResponse.Status, _ message: String, headers: HTTPFields = [:]) {
    self.status = status
    self.message = message
    self.headers = headers
  }
}

enum JSONResponse {
  /// Keys are sorted: the same state always gives the same bytes.
  static func make(_ value: some Encodable, status: HTTPResponse.Status = .ok) -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let headers: HTTPFields = [.contentType: "application/json; charset=utf-8", .cacheControl: "no-store"]
    do {
      let data = try encoder.encode(value)
      return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: data)))
    } catch {
      // Only a number that JSON cannot write gets here.
      let text = #"{"error":"the answer cannot be written as JSON"}"#
      return Response(
        status: .internalServerError, headers: headers, body: .init(byteBuffer: ByteBuffer(string: text)))
    }
  }
}
