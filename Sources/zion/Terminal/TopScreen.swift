import API
import Orchestrator
import Stratum

/// The screen of `zion top`: exactly as many lines as the terminal has, none wider than it.
struct TopScreen {
  private let state: TopState
  private var columns: Int { state.size.columns }

  init(_ state: TopState) { self.state = state }

  var lines: [String] {
    let rows = max(1, state.size.rows)
    var lines = head
    if let reading = state.reading {
      lines += [""] + pools(reading.pools, atMost: max(3, rows / 4))
      let decisions = decisions(reading.decisions, atMost: min(6, rows / 6))
      let room = rows - lines.count - decisions.count - 2
      lines += [""] + workers(atMost: max(2, room))
      let space = rows - lines.count - decisions.count - 1
      lines += Array(repeating: "", count: max(0, space)) + decisions
    }
    let body = lines.prefix(rows - 1)
    let blank = Array(repeating: "", count: max(0, rows - 1 - body.count))
    return (body + blank + [keys]).map { TerminalText.fit(TerminalText.printable($0), to: columns) }
  }

  private var head: [String] {
    guard let reading = state.reading else { return [state.trouble ?? "asking \(state.api) …"] }
    let stats = reading.stats
    var lines = [
      "\(stats.about.version) at \(stats.about.stratum), up \(Table.duration(stats.uptimeSeconds)), "
        + "policy \(stats.about.policy)\(state.isPaused ? "  [paused]" : "")"
    ]
    if let network = stats.about.network { lines.append(network) }
    let text =
      "\(stats.hashrateText)  \(Table.count(stats.miners, "miner"))  shares \(stats.shares.accepted) accepted, "
      + "\(stats.shares.rejected) rejected  \(Table.count(stats.blocks.found, "block"))"
    let room = columns - TerminalText.width(text) - 2
    lines.append(room < 8 ? text : "\(text)  \(Self.spark(state.history.suffix(min(room, 60))))")
    let miners = reading.miners
    if miners.sessions.count < miners.total {
      lines.append(
        "showing the \(miners.sessions.count) fastest of \(miners.total) connections; zion workers shows all")
    }
    if let trouble = state.trouble { lines.append("! \(trouble)") }
    return lines
  }

  private var keys: String {
    let order = "\(state.order.rawValue)\(state.isReversed ? ", reversed" : "")"
    return "q quit  s sort (\(order))  r reverse  j/k scroll  p pause"
  }

  private func pools(_ pools: [PoolsPage.Pool], atMost limit: Int) -> [String] {
    let all = PoolsCommand.lines(pools)
    return all.count <= limit ? all : all.prefix(limit - 1) + ["… zion pools shows all \(pools.count)"]
  }

  private func workers(atMost limit: Int) -> [String] {
    let all = state.workers
    guard !all.isEmpty else { return ["no miner is connected"] }
    let shown = all.dropFirst(state.offset).prefix(max(1, limit - 1))
    // Wide names give way to what is measured.
    let name = max(8, columns - 76)
    return Table(
      ["", ">hashrate", "worker", "algorithm", "pool", ">accepted", ">rejected", ">last share"],
      shown.map { worker in
        [
          worker.isStale ? "!" : "", worker.hashrateText,
          Self.name(worker, columns: name), worker.algorithm.rawValue,
          TerminalText.cut(TerminalText.printable(worker.pools.joined(separator: " ")), to: 16),
          "\(worker.accepted)", "\(worker.rejected)",
          worker.lastShareSeconds.map { Table.duration($0) + " ago" } ?? "–",
        ]
      }
    ).lines
  }

  /// The worker's own name is kept whole longer than the account's.
  private static func name(_ worker: WorkerLine, columns: Int) -> String {
    let own = TerminalText.cut(TerminalText.printable(worker.worker), to: columns)
    let rest = columns - TerminalText.width(own) - 1
    let account = TerminalText.printable(worker.account)
    return rest < 4 ? own : "\(TerminalText.cut(account, to: rest)).\(own)"
  }

  private func decisions(_ entries: [DecisionLog.Entry], atMost limit: Int) -> [String] {
    guard limit > 1, !entries.isEmpty else { return [] }
    return ["last decisions"]
      + entries.prefix(limit - 1).map { entry in
        let decision = entry.decision
        return "  \(decision.group): \(decision.from ?? "–") → \(decision.to ?? "–"), \(decision.reason)"
      }
  }

  /// `▁▂▃▅▇`: the largest is the highest.
  static func spark(_ values: some Collection<Double>) -> String {
    let steps: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
    let largest = values.max() ?? 0
    guard largest > 0 else { return String(values.map { _ in steps[0] }) }
    return String(values.map { steps[min(7, max(0, Int($0 / largest * 7.999)))] })
  }
}
