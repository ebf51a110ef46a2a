import API
import ArgumentParser
import Foundation
import Stratum

/// `zion status`
struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the pools and miners of a running zion.",
    discussion: "A pool that is not ready, or that refuses what we accepted, needs a look. " + Watching.exitCodes)

  @OptionGroup var watching: Watching

  @Option(help: "How many miners are shown, fastest first.")
  var miners = 20

  struct Status: Codable {
    let stats: StatsPage
    let pools: PoolsPage
    let miners: MinersPage
  }

  func run() async throws {
    try await watching.show("status") { reader throws(APIClient.Failure) in
      let status = Status(
        stats: try await reader.stats(), pools: try await reader.client.get("/api/pools"),
        miners: try await reader.miners(limit: miners))
      return Watching.View(
        page: status, lines: Self.lines(status, miners: max(0, miners)),
        isUnwell: status.pools.pools.contains(where: \.isUnwell))
    }
  }

  static func lines(_ status: Status, miners limit: Int) -> [String] {
    let stats = status.stats
    var lines = [
      "\(stats.about.version) at \(stats.about.stratum), up \(Table.duration(stats.uptimeSeconds)), "
        + "policy \(stats.about.policy)"
    ]
    if let network = stats.about.network { lines.append(network) }
    lines.append(
      "\(Table.count(stats.miners, "miner")), \(stats.hashrateText); shares: \(stats.shares.accepted) accepted, "
        + "\(stats.shares.rejected) rejected; \(Table.count(stats.blocks.found, "block")) found")
    lines += [""] + PoolsCommand.lines(status.pools.pools)
    guard !status.miners.sessions.isEmpty else { return lines + ["", "no miner is connected"] }
    lines += [""] + sessions(status.miners.sessions.prefix(limit))
    let hidden = status.miners.total - min(limit, status.miners.sessions.count)
    return hidden > 0 ? lines + ["… and \(hidden) more"] : lines
  }

  private static func sessions(_ sessions: some Sequence<SessionPage>) -> [String] {
    Table(
      [
        "miner", "worker", "algorithm", "pool", ">hashrate", ">difficulty", ">accepted", ">rejected", ">last share",
        ">connected",
      ],
      sessions.map { session in
        [
          session.account, session.worker, session.algorithm.rawValue, session.pool ?? "–", session.hashrateText,
          Quantity.shown(session.difficulty), "\(session.accepted)", "\(session.rejected)",
          session.lastShareSeconds.map { Table.duration($0) + " ago" } ?? "–", Table.duration(session.connectedSeconds),
        ]
      }
    ).lines
  }
}
