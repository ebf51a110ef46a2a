import API
import Orchestrator
import Pool

extension FleetDesk {
  /// Once a second.
  func watchWorkings(_ snapshot: FleetSnapshot) async {
    let now = snapshot.at.seconds(since: .zero)
    blockTimes.look(snapshot.sources.reduce(0) { $0 + $1.counters.blocks }, at: now)
    guard let local else { return }
    journalLagSeconds = journalLag.look(end: local.journal.end, taken: await local.money.consumer.taken, at: now)
  }

  func workings() async -> Workings {
    var workings = Workings()
    if let journal = local?.journal {
      let counts = journal.counts
      workings.journal = Workings.Journal(
        isHealthy: journal.health == .healthy, lagSeconds: journalLagSeconds, records: counts.records,
        waiting: counts.waiting)
    }
    workings.suspectedOfWithholding = await local?.money.luck.report.suspects.count
    workings.blockSeconds = blockTimes.histogram
    workings.moves = planner.log.count
    workings.isPaused = planner.orders.isPaused
    workings.bans = banCounts()
    workings.logMessages = logCounts.byLevel
    return workings
  }
}
