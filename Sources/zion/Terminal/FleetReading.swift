import API
import Orchestrator

/// What a running fleet said at one moment.
struct FleetReading {
  var stats: StatsPage
  var pools: [PoolsPage.Pool]
  var miners: MinersPage
  /// Newest first.
  var decisions: [DecisionLog.Entry]
}

extension PoolsPage.Pool {
  /// Whether somebody should look.
  var isUnwell: Bool { state != "ready" || alarm }

  /// Why, in sentences.
  var complaints: [String] {
    var lines: [String] = []
    if let trouble, state != "ready" { lines.append("\(name): \(trouble)") }
    if alarm, let agreement {
      lines.append("\(name) accepts only \(Table.percent(agreement)) of what we accepted: look at its answers")
    }
    return lines
  }
}
