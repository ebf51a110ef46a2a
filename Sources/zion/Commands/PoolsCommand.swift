import API
import ArgumentParser
import Stratum

/// `zion pools`
struct PoolsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pools", abstract: "The pools of a running zion: state, miners, shares, answers.",
    discussion: """
      A pool that is not ready, or that refuses more than 2 % of what was accepted here, needs a look.
      \(Watching.exitCodes)
      """)

  @OptionGroup var watching: Watching

  func run() async throws {
    try await watching.show("pools") { reader throws(APIClient.Failure) in
      let page: PoolsPage = try await reader.client.get("/api/pools")
      return Watching.View(
        page: page, lines: Self.lines(page.pools), isUnwell: page.pools.contains(where: \.isUnwell))
    }
  }

  /// A table, and what is wrong.
  static func lines(_ pools: [PoolsPage.Pool]) -> [String] {
    let table = Table(
      [
        "pool", "kind", "algorithm", "state", ">miners", ">hashrate", ">accepted", ">rejected", ">agreement",
        ">reply p99",
      ],
      pools.map { pool in
        [
          pool.name, pool.kind.rawValue, pool.algorithm.rawValue, pool.state, "\(pool.miners)", pool.hashrateText,
          "\(pool.told.accepted)", "\(pool.told.rejected.values.reduce(0, +))",
          pool.agreement.map(Table.percent) ?? "–", pool.replyMillisecondsP99.map(Table.milliseconds) ?? "–",
        ]
      })
    return table.lines + pools.flatMap(\.complaints).map { "! \(TerminalText.printable($0))" }
  }
}
