import Orchestrator

extension FleetDesk {
  /// Once a second.
  func watchAlerts(_ snapshot: FleetSnapshot) {
    var facts = AlertFacts(at: snapshot.at.seconds(since: .zero))
    facts.miners = snapshot.miners.count
    for source in snapshot.sources {
      facts.hashrate += source.hashrate.hashesPerSecond
      facts.shares += source.counters.toldAccepted
      facts.blocks += source.counters.blocks
    }
    let levels = logCounts.byLevel
    facts.errors = (levels["error"] ?? 0) + (levels["critical"] ?? 0)
    facts.troubles = local?.pools.compactMap(\.trouble) ?? []
    if journalLagSeconds > Self.longestJournalLagSeconds {
      facts.troubles.append("the database is \(Int(journalLagSeconds / 60)) minutes behind the journal")
    }
    post.tell(alerts.look(facts))
  }

  private static let longestJournalLagSeconds = 120.0
}
