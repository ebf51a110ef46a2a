import API

/// What commands that show a running fleet ask it for.
struct FleetReader {
  let client: APIClient

  init(_ url: String) { client = APIClient(url) }

  func stats() async throws(APIClient.Failure) -> StatsPage { try await client.get("/api/stats") }
  func pools() async throws(APIClient.Failure) -> [PoolsPage.Pool] {
    let page: PoolsPage = try await client.get("/api/pools")
    return page.pools
  }

  /// The fastest, 1 to 1000.
  func miners(limit: Int) async throws(APIClient.Failure) -> MinersPage {
    try await client.get("/api/miners?limit=\(min(max(1, limit), 1000))")
  }

  /// So many are asked for at most, a page at a time.
  static let connectionLimit = 100_000
  private static let pageSize = 500

  /// Connected sessions, and how many there are.
  struct Connections {
    var total: Int
    var sessions: [SessionPage]
  }

  /// All of them. Who comes while pages are asked for comes at the end; where somebody leaves, one may be missing.
  func connections() async throws(APIClient.Failure) -> Connections {
    var all = Connections(total: 0, sessions: [])
    for number in 0..<Self.connectionLimit / Self.pageSize {
      let page: WorkersPage = try await client.get(
        "/api/workers?sort=connected&page=\(number)&pageSize=\(Self.pageSize)")
      all.total = page.total
      all.sessions += page.workers
      if page.workers.count < Self.pageSize { break }
    }
    return all
  }

  func decisions(limit: Int, group: String? = nil) async throws(APIClient.Failure) -> DecisionsPage {
    let name = group.map { "&group=\(Self.escaped($0))" } ?? ""
    return try await client.get("/api/orchestrator/decisions?limit=\(limit)\(name)")
  }
  func policy() async throws(APIClient.Failure) -> PolicyReport { try await client.get("/api/orchestrator/policy") }

  /// For the query of a URL.
  private static func escaped(_ text: String) -> String {
    text.utf8.map { byte in
      switch byte {
      case 48...57, 65...90, 97...122, 45, 46, 95, 126: return String(UnicodeScalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        return "%\(digits.count == 1 ? "0" : "")\(digits)"
      }
    }.joined()
  }

  /// Everything that `zion top` shows, at one moment.
  func everything() async throws(APIClient.Failure) -> FleetReading {
    FleetReading(
      stats: try await stats(), pools: try await pools(), miners: try await miners(limit: 1000),
      decisions: try await decisions(limit: 20).decisions)
  }
}
