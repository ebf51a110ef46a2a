import Orchestrator

extension FleetDesk {
  /// Once a second.
  func watchAlerts(_ snapshot: FleetSnapshot) {
    var facts = AlertFacts(snapshot)
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

extension AlertFacts {
  /// What the fleet itself shows.
  init(_ snapshot: FleetSnapshot) {
    at = snapshot.at.seconds(since: .zero)
    miners = snapshot.miners.count
    for source in snapshot.sources {
      hashrate += source.hashrate.hashesPerSecond
      shares += source.counters.toldAccepted
      blocks += source.counters.blocks
      if let change = source.payeeChange { payeeChanges[source.name] = "the blocks of \(source.name) \(change)" }
    }
  }
}
