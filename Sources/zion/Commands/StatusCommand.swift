import API
import ArgumentParser
import Foundation
import Stratum

struct StatusCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Show the pools and miners of a running zion.",
    discussion: "Exit code 0: it answered. 1: it did not.")

  @Option(help: "Where the server's API listens.")
  var api = APIClient.defaultURL

  @Flag(help: "Print what the API says, for programs.")
  var json = false

  @Option(help: "How many miners are shown, fastest first.")
  var miners = 20

  struct Status: Codable {
    let stats: StatsPage
    let pools: PoolsPage
    let miners: MinersPage
  }

  func run() async throws {
    let status: Status
    do throws(APIClient.Failure) {
      let client = APIClient(api)
      status = Status(
        stats: try await client.get("/api/stats"), pools: try await client.get("/api/pools"),
        miners: try await client.get("/api/miners"))
    } catch {
      FileHandle.standardError.write(Data("zion status: \(error)\n".utf8))
      throw ExitCode(1)
    }
    try JSONText.show(status, asJSON: json, else: Self.lines(status, miners: max(0, miners)))
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
    lines += [""] + pools(status.pools.pools)
    for pool in status.pools.pools {
      if let trouble = pool.trouble, pool.state != "ready" { lines.append("! \(pool.name): \(trouble)") }
      if pool.alarm, let agreement = pool.agreement {
        lines.append("! \(pool.name) accepts only \(Table.percent(agreement)) of what we accepted: look at its answers")
      }
    }
    guard !status.miners.sessions.isEmpty else { return lines + ["", "no miner is connected"] }
    lines += [""] + sessions(status.miners.sessions.prefix(limit))
    let hidden = status.miners.total - min(limit, status.miners.sessions.count)
    return hidden > 0 ? lines + ["… and \(hidden) more"] : lines
  }

  private static func pools(_ pools: [PoolsPage.Pool]) -> [String] {
    Table(
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
      }
    ).lines
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

/// Columns for a terminal. A heading with `>` in front makes its column right-aligned.
struct Table {
  private let rows: [[String]]
  private let isRight: [Bool]

  init(_ headings: [String], _ rows: [[String]]) {
    isRight = headings.map { $0.hasPrefix(">") }
    self.rows = [headings.map { $0.hasPrefix(">") ? String($0.dropFirst()) : $0 }] + rows.map { $0.map(Self.printable) }
  }

  var lines: [String] {
    let widths = isRight.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return isRight[column] ? space + cell : cell + space
      }
      let line = cells.joined(separator: "  ")
      return String(line.prefix(upTo: line.lastIndex { $0 != " " }.map { line.index(after: $0) } ?? line.startIndex))
    }
  }

  /// A miner chose some of these words: control characters would reach the terminal.
  private static func printable(_ text: String) -> String {
    String(text.map { $0.unicodeScalars.allSatisfy { $0.value >= 32 && !(127...159).contains($0.value) } ? $0 : "?" })
  }

  static func count(_ number: Int, _ thing: String) -> String { "\(number) \(thing)\(number == 1 ? "" : "s")" }

  static func percent(_ fraction: Double) -> String { "\(Stratum.Decimal.fixed(fraction * 100, decimals: 1)) %" }

  static func milliseconds(_ value: Double) -> String {
    "\(Stratum.Decimal.fixed(value, decimals: value < 10 ? 1 : 0)) ms"
  }

  /// `12 s`, `3 m 5 s`, `2 h 10 m`, `4 d 3 h`.
  static func duration(_ seconds: Double) -> String {
    let whole = Int(max(0, min(seconds, 1e12)))
    return switch whole {
    case ..<60: "\(whole) s"
    case ..<3600: "\(whole / 60) m \(whole % 60) s"
    case ..<86_400: "\(whole / 3600) h \(whole / 60 % 60) m"
    default: "\(whole / 86_400) d \(whole / 3600 % 24) h"
    }
  }
}
