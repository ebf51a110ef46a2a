import Orchestrator
import Stratum

/// The names that ZION's own dashboards and alarms ask for (`reference/zion.md` §6.3), over everything that this
/// endpoint serves, and what the process says of itself.
extension PrometheusText {
  mutating func zion(_ snapshot: FleetSnapshot, about: About, books: BooksReport?) {
    family(
      "zion_pool_info", "gauge", "What runs here, under the original's name.",
      [
        (
          [
            ("version", about.version), ("name", snapshot.sources.first { $0.kind == .local }?.pool ?? ""),
            ("consciousness_mining", books == nil ? "false" : "true"),
          ], 1
        )
      ])
    shares(snapshot.sources, algorithms: served(snapshot))
    family(
      "zion_pool_connections_total", "counter", "Connections that miners opened.",
      [([], Double(snapshot.connections.opened))])
    family(
      "zion_pool_connections_refused_total", "counter",
      "Connections refused at the door: limits, bans, no PROXY header.",
      [([], Double(snapshot.connections.refused))])
    family("zion_pool_connected_miners", "gauge", "Authorized miners.", [([], Double(snapshot.miners.count))])
    if let books {
      family(
        "zion_pool_pending_balance", "gauge", "What miners have earned and were not paid yet, in coins.",
        [([], books.pendingCoins)])
    }
    histogram("zion_pool_share_processing_seconds", "From a share's arrival to its answer.", snapshot.shareSeconds)
  }

  private func served(_ snapshot: FleetSnapshot) -> [Algorithm] {
    let served = Set(snapshot.sources.map(\.algorithm))
    return Algorithm.allCases.filter(served.contains)
  }

  private mutating func shares(_ sources: [SourceSnapshot], algorithms: [Algorithm]) {
    func each(_ value: (SourceSnapshot) -> Double) -> [(Labels, Double)] {
      algorithms.map { algorithm in
        let sum = sources.filter { $0.algorithm == algorithm }.reduce(0) { $0 + value($1) }
        return ([("algorithm", algorithm.rawValue)], sum)
      }
    }
    let valid = each { Double($0.counters.toldAccepted) }
    let invalid = each { Double($0.counters.toldRejected.values.reduce(0, +)) }
    family(
      "zion_pool_shares_total", "counter", "Shares that miners were answered.",
      valid.map { ($0.0 + [("status", "valid")], $0.1) } + invalid.map { ($0.0 + [("status", "invalid")], $0.1) })
    family(
      "zion_pool_blocks_found_total", "counter", "Shares that met the network's target.",
      each { Double($0.counters.blocks) })
    family(
      "zion_pool_hashrate", "gauge", "Accepted work, hashes per second.", each { $0.hashrate.hashesPerSecond })
    family(
      "zion_pool_difficulty", "gauge", "Difficulty of the hardest block that is mined on.",
      algorithms.compactMap { algorithm in
        let hashes = sources.filter { $0.algorithm == algorithm }.compactMap { $0.economics?.hashesPerBlock }.max()
        let one = ShareWork(of: algorithm.difficultyOneTarget).approximate
        return hashes.map { ([("algorithm", algorithm.rawValue)], $0 / one) }
      })
  }

  /// Miners whose last share is not older than ten minutes.
  mutating func activeMiners(_ snapshot: FleetSnapshot) {
    var active: [Algorithm: Int] = [:]
    for index in snapshot.miners.indices {
      guard let last = snapshot.miners[index].lastShareSeconds, last < 600 else { continue }
      active[snapshot.miners[index].algorithm, default: 0] += 1
    }
    family(
      "zion_pool_active_miners", "gauge", "Miners that had a share accepted within ten minutes.",
      served(snapshot).map { ([("algorithm", $0.rawValue)], Double(active[$0] ?? 0)) })
  }

  mutating func workings(_ workings: Workings) {
    if let journal = workings.journal {
      family(
        "zion_journal_healthy", "gauge", "1 while shares can be written to the journal.",
        [([], journal.isHealthy ? 1 : 0)])
      family(
        "zion_journal_lag_seconds", "gauge", "How long the database is behind the journal.", [([], journal.lagSeconds)])
      family(
        "zion_journal_records_total", "counter", "Shares that were ever written to the journal.",
        [([], Double(journal.records))])
      family(
        "zion_journal_waiting", "gauge", "Shares that wait for the disk.", [([], Double(journal.waiting))])
    }
    family(
      "zion_pool_banned_ips", "gauge", "Addresses that are banned now.", [([], Double(workings.bans[.address] ?? 0))])
    family(
      "zion_bans", "gauge", "Bans that hold now: of addresses, networks, and names at one address.",
      BanPage.Kind.allCases.map { ([("kind", $0.rawValue)], Double(workings.bans[$0] ?? 0)) })
    if let suspects = workings.suspectedOfWithholding {
      family(
        "zion_pool_withholding_suspects", "gauge",
        "Miners who found far fewer blocks than their work should (chance below 0.0001); see /api/luck.",
        [([], Double(suspects))])
    }
    histogram("zion_pool_block_time_seconds", "Between two found blocks.", workings.blockSeconds)
    family(
      "zion_orchestrator_moves_total", "counter", "Decisions that moved a group of miners.",
      [([], Double(workings.moves))])
    family(
      "zion_orchestrator_paused", "gauge", "1 while an operator lets nothing be moved.",
      [([], workings.isPaused ? 1 : 0)])
    family("zion_event_listeners", "gauge", "Open WebSockets.", [([], Double(workings.listeners))])
    family(
      "zion_event_listeners_dropped_total", "counter", "WebSockets that were closed because their peers did not read.",
      [([], Double(workings.droppedListeners))])
    family(
      "zion_log_messages_total", "counter", "Messages of the log.",
      workings.logMessages.sorted { $0.key < $1.key }.map { ([("level", $0.key)], Double($0.value)) })
  }

  mutating func histogram(_ name: String, _ help: String, _ histogram: CumulativeHistogram) {
    var total = 0
    var samples: [(suffix: String, labels: Labels, value: Double)] = []
    for (bound, count) in zip(histogram.bounds, histogram.counts) {
      total += count
      samples.append(("_bucket", [("le", "\(bound)")], Double(total)))
    }
    samples.append(("_bucket", [("le", "+Inf")], Double(histogram.count)))
    samples.append(("_sum", [], histogram.sum))
    samples.append(("_count", [], Double(histogram.count)))
    family(name, "histogram", help, samples)
  }
}
