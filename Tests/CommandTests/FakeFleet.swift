import API
import Foundation
import Logging
import NIOConcurrencyHelpers
import NIOPosix
import Orchestrator
import Stratum
import TestSupport

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

/// A fleet that is what a test says it is.
final class FakeFleet: FleetView {
  struct Failing: Error {}

  let about = About(version: "zion test", stratum: "0.0.0.0:3333", network: "embedded chain", policy: "default")
  let startedAt = MonotonicTime.zero
  let state: NIOLockedValueBox<State>

  struct State: Sendable {
    var snapshot: FleetSnapshot
    var parts: [PartHealth] = []
    var reports: [String: MinerReport] = [:]
    var prices: [PriceReport] = []
    var workings = Workings()
    var receipts: (any ReceiptView)?
    var books: BooksReport?
    var isStorageBroken = false
    var orders: [String] = []
    var explanation = ExplanationPage(policy: "asked", mode: "failover", decisions: [])
    var explained: [String] = []
    var policy = PolicyReport(name: "default", mode: "failover")
    var pool: FakePoolView?
    var bans: (any BanView)?
    var writes: [APIWrite] = []
    var answer: Result<MoveReport, MoveError> = .success(MoveReport(moved: 0, reconnecting: 0, refused: 0))
  }

  init() {
    var alpha = SourceSnapshot(name: "alpha", kind: .upstream, algorithm: .sha256d)
    alpha.isReady = true
    alpha.readySeconds = 30
    alpha.connections = 2
    alpha.acceptedWork = ShareWork(hashes: UInt128(1) << 70)
    alpha.hashrate = Hashrate(1.5e12)
    alpha.counters.toldAccepted = 100
    alpha.counters.toldRejected = ["stale": 3, "made up by \"somebody\"\n": 1]
    alpha.counters.forwarded = 50
    alpha.counters.sourceAccepted = 45
    alpha.counters.sourceRejected = 5
    alpha.replyMillisecondsP99 = 42
    var zion = SourceSnapshot(name: "zion", kind: .local, algorithm: .sha256d)
    zion.trouble = "the journal cannot be written: No space left on device"
    zion.counters.blocks = 2
    let miner = MinerSnapshot(
      session: 7, identity: MinerIdentity(account: "farm", worker: "rig1\u{1b}[31m"), algorithm: .sha256d,
      userAgent: "bmminer/2.0", source: "alpha", difficulty: Difficulty(clamping: 1024), hashrate: Hashrate(1.5e12),
      accepted: 100, rejected: 4, connectedSeconds: 4000, dwellSeconds: 60, lastShareSeconds: 3,
      followsExtranonce: true)
    let snapshot = FleetSnapshot(at: .zero.advanced(bySeconds: 90), sources: [alpha, zion], miners: [miner])
    state = NIOLockedValueBox(State(snapshot: snapshot))
  }

  /// With a local pool that is ready, and a miner on it.
  static func withPool() -> FakeFleet {
    let fleet = FakeFleet()
    fleet.change { state in
      state.pool = FakePoolView()
      state.bans = FakeBans()
      state.receipts = FakeReceipts()
      state.snapshot.sources[1].isReady = true
      state.snapshot.sources[1].trouble = nil
      var miner = state.snapshot.miners[0]
      miner.session = 8
      miner.identity = MinerIdentity(account: FakePoolView.address, worker: "rig1")
      miner.source = "zion"
      miner.address = "192.0.2.7"
      state.snapshot.miners.append(miner)
      state.reports[FakePoolView.address] = MinerReport(
        account: FakePoolView.address, work: ShareWork(hashes: 5), shares: 2,
        workers: [WorkerReport(worker: "rig1", work: ShareWork(hashes: 5), shares: 2, lastShare: 1_760_000_000)],
        blocks: [])
    }
    return fleet
  }

  func change(_ change: (inout State) -> Void) { state.withLockedValue { change(&$0) } }

  var bans: (any BanView)? { state.withLockedValue { $0.bans } }
  var receipts: (any ReceiptView)? { state.withLockedValue { $0.receipts } }
  var pool: (any PoolView)? { state.withLockedValue { $0.pool } }
  func record(_ write: APIWrite) async { state.withLockedValue { $0.writes.append(write) } }
  func snapshot() async -> FleetSnapshot { state.withLockedValue { $0.snapshot } }
  func explain(policy text: String) async throws(PolicyProblems) -> ExplanationPage {
    guard text != "mode: x" else { throw PolicyProblems(lines: ["policy:1: mode: no"]) }
    return state.withLockedValue { state in
      state.explained.append(text)
      return state.explanation
    }
  }

  func policy() async -> PolicyReport { state.withLockedValue { $0.policy } }
  func parts() async -> [PartHealth] { state.withLockedValue { $0.parts } }

  func prices() async -> [PriceReport] { state.withLockedValue { $0.prices } }
  func workings() async -> Workings { state.withLockedValue { $0.workings } }
  func books() async throws -> BooksReport? { state.withLockedValue { $0.books } }

  func miner(_ account: String, minutes: Int64) async throws -> MinerStanding {
    guard account != "ZION_short" else { throw MalformedAddress(reason: "ZION_ and 40 hex digits") }
    let report = try state.withLockedValue { state in
      guard !state.isStorageBroken else { throw Failing() }
      return state.reports[account]
    }
    guard let pool = pool as? FakePoolView else { return MinerStanding(report: report) }
    let question = PieceQuestion(over: minutes..<minutes + 7_200, seconds: 60)
    let name = report?.account ?? account
    return MinerStanding(
      report: report, account: pool.account(name), minutes: try await pool.pieces(of: name, question).pieces)
  }

  func blocks(limit: Int) async throws -> [BlockReport] {
    guard !state.withLockedValue({ $0.isStorageBroken }) else { throw Failing() }
    return [
      BlockReport(
        height: 12, hash: "00ff", algorithm: .sha256d, source: "zion", account: "farm", worker: "rig1",
        state: "accepted", reward: 50_000_000, foundAt: 1_760_000_000)
    ]
  }

  func move(to: String, worker: String?) async throws(MoveError) -> MoveReport {
    try state.withLockedValue { state in
      state.orders.append("\(to)/\(worker ?? "*")")
      return state.answer
    }.get()
  }

  /// Runs the real server on a free port, and at a Unix socket if one is named, as long as `body` takes.
  func serve(
    token: String?, access: APIAccess? = nil, pages: StaticPages? = nil, socket: String? = nil,
    _ body: @Sendable (Asker) async throws -> Void
  ) async throws {
    let single = token.map { APIToken(name: "test", token: $0, scopes: [.read, .operate]) }
    let access = access ?? APIAccess(tokens: single.map { [$0] } ?? [], freshSeconds: 0)
    let (ports, listening) = AsyncStream.makeStream(of: Int.self)
    let server = APIServer(
      view: self, host: "127.0.0.1", port: 0, access: access, group: MultiThreadedEventLoopGroup.singleton,
      logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), pages: pages, socket: socket,
      onListening: { listening.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      var port: Int?
      for await number in ports {
        port = number
        break
      }
      try await body(Asker(port: port ?? 0))
      group.cancelAll()
    }
  }
}

/// An HTTP client that sends exactly what a test says.
struct Asker: Sendable {
  let port: Int

  struct Answer {
    let status: Int
    let headers: [String: String]
    let text: String
    let json: JSON
    var error: String { json["error"].string ?? "no error in \(text)" }
  }

  func send(
    _ method: String, _ path: String, body: String? = nil, headers: [String: String] = [:]
  ) async throws -> Answer {
    guard let url = URL(string: "http://127.0.0.1:\(port)\(path)") else { throw FakeFleet.Failing() }
    var request = URLRequest(url: url)
    request.httpMethod = method
    request.httpBody = body.map { Data($0.utf8) }
    // Against a server that never answers; under a sanitizer all tests share the few threads that it answers on.
    request.timeoutInterval = 120
    for (name, value) in headers { request.setValue(value, forHTTPHeaderField: name) }
    let (data, response) = try await URLSession.shared.data(for: request)
    guard let response = response as? HTTPURLResponse else { throw FakeFleet.Failing() }
    let fields = response.allHeaderFields.map { ("\($0.key)".lowercased(), "\($0.value)") }
    return Answer(
      status: response.statusCode, headers: Dictionary(fields) { first, _ in first },
      text: String(decoding: data, as: UTF8.self), json: JSON(data) ?? .null)
  }

  func get(_ path: String) async throws -> Answer { try await send("GET", path) }

  func move(_ body: String, token: String?) async throws -> Answer {
    try await send("POST", "/api/move", body: body, headers: token.map { ["Authorization": "Bearer \($0)"] } ?? [:])
  }
}
