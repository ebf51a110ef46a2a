import API
import ArgumentParser
import Stratum

/// `zion workers`
struct WorkersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "workers", abstract: "The connected workers of a running zion: search, sort, stale marks.",
    discussion: """
      A worker that sent no good share for longer than --stale is marked with ! and needs a look. So does a search that
      finds nobody. --csv is for spreadsheets (RFC 4180): all workers, unless --limit says how many.
      \(Watching.exitCodes)
      """)

  @Option(help: "Only workers with this text in account, name, pool, algorithm or program.")
  var search: String?

  @Option(help: "hashrate, name, pool, accepted, rejected or last (longest without a share first).")
  var sort = WorkerOrder.hashrate

  @Option(help: "Without a share for so long, a worker is stale: 10s to 24h.")
  var stale = "10m"

  @Flag(help: "Only stale workers.")
  var onlyStale = false

  @Option(help: "How many are shown, 0 for all; without it 50, and with --csv all.")
  var limit: Int?

  @Flag(help: "Print CSV, for spreadsheets.")
  var csv = false

  @OptionGroup var watching: Watching

  /// `zion workers --json`
  struct Page: Codable {
    /// Of all connections that were looked at: as many as `FleetReader.connectionLimit`.
    var workers: [WorkerLine]
    /// Connections that there are.
    var connections: Int
    var looked: Int
    var staleAfterSeconds: Double
  }

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is 0 or more") }
    try CSVRows.check(csv, json: watching.json, watch: watching.watch)
    _ = try staleSeconds()
  }

  private func staleSeconds() throws -> Double {
    do throws(Wrong) {
      return try Quantity.seconds(stale, in: 10...86_400)
    } catch {
      throw ValidationError("--stale: \(error.what); write \(error.instead)")
    }
  }

  func run() async throws {
    let patience = try staleSeconds()
    try await watching.show("workers") { reader throws(APIClient.Failure) in
      let page = page(try await reader.connections(), staleAfter: patience)
      return Watching.View(
        page: page, lines: csv ? CSVRows.lines(rows(page)) : lines(page),
        isUnwell: Self.isUnwell(page, isSearch: search != nil))
    }
  }

  static func isUnwell(_ page: Page, isSearch: Bool) -> Bool {
    page.workers.contains(where: \.isStale) || isSearch && page.workers.isEmpty
  }

  func page(_ miners: FleetReader.Connections, staleAfter patience: Double) -> Page {
    var workers = WorkerLine.all(miners.sessions, staleAfter: patience)
    if let search { workers = workers.filter { $0.matches(search) } }
    if onlyStale { workers = workers.filter(\.isStale) }
    workers.sort(by: sort.isBefore)
    return Page(
      workers: workers, connections: miners.total, looked: miners.sessions.count, staleAfterSeconds: patience)
  }

  func lines(_ page: Page) -> [String] {
    guard !page.workers.isEmpty else {
      return [page.connections == 0 ? "no miner is connected" : "no connected worker is like that"]
    }
    let shown = shown(page, otherwise: 50)
    let table = Table(
      [
        "", "account", "worker", "algorithm", "pool", ">connections", ">hashrate", ">accepted", ">rejected",
        ">last share", ">connected",
      ],
      shown.map { worker in
        [
          worker.isStale ? "!" : "", worker.account, worker.worker, worker.algorithm.rawValue,
          worker.pools.isEmpty ? "–" : worker.pools.joined(separator: " "), "\(worker.connections)",
          worker.hashrateText, "\(worker.accepted)", "\(worker.rejected)",
          worker.lastShareSeconds.map { Table.duration($0) + " ago" } ?? "–", Table.duration(worker.connectedSeconds),
        ]
      })
    var lines = table.lines
    if shown.count < page.workers.count { lines.append("… and \(page.workers.count - shown.count) more") }
    if page.looked < page.connections {
      lines.append("only \(page.looked) of \(page.connections) connections were looked at")
    }
    let stale = page.workers.count(where: \.isStale)
    if stale > 0 {
      lines.append("! \(Table.count(stale, "worker")) without a share for \(Table.duration(page.staleAfterSeconds))")
    }
    return lines
  }

  /// - Parameter standard: how many without `--limit`; 0 is all.
  private func shown(_ page: Page, otherwise standard: Int) -> ArraySlice<WorkerLine> {
    let count = limit ?? standard
    return count == 0 ? page.workers[...] : page.workers.prefix(count)
  }

  /// With their heading.
  func rows(_ page: Page) -> [[String]] {
    [
      [
        "account", "worker", "algorithm", "pools", "connections", "hashes_per_second", "accepted", "rejected",
        "last_share_seconds", "connected_seconds", "program", "stale",
      ]
    ]
      + shown(page, otherwise: 0).map { worker in
        [
          worker.account, worker.worker, worker.algorithm.rawValue, worker.pools.joined(separator: " "),
          "\(worker.connections)", "\(worker.hashrate)", "\(worker.accepted)", "\(worker.rejected)",
          worker.lastShareSeconds.map { "\($0)" } ?? "", "\(worker.connectedSeconds)", worker.userAgent,
          "\(worker.isStale)",
        ]
      }
  }
}

extension WorkerOrder: ExpressibleByArgument {}
