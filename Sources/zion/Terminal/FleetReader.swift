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
  func miners() async throws(APIClient.Failure) -> MinersPage { try await client.get("/api/miners") }
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
      stats: try await stats(), pools: try await pools(), miners: try await miners(),
      decisions: try await decisions(limit: 20).decisions)
  }
}
