/// Multi-pools that say what they promise and what they paid over the last 24 hours: a trace an algorithm.
///
/// What a choice earns is what its pool shows as paid 24 hours later. Before a step, the claims and what was paid by
/// then are known.
struct PoolTraces {
  static let window = 86_400.0

  let traces: [Trace]

  private struct Row {
    var claims: [String: Double] = [:]
    var paid: [String: Double] = [:]
  }

  init(_ table: TraceTable, span: ClosedRange<Double>) throws(TraceError) {
    var algorithms: [String: [Double: Row]] = [:]
    for line in table.rows {
      let at = try table.time(line)
      guard span.contains(at) else { continue }
      let pool = try table.text("pool", line)
      let claim = try table.number("estimate_btc_per_ghs_day", line)
      let paid = try table.number("actual24h_btc_per_ghs_day", line)
      algorithms[try table.text("algo", line), default: [:]][at, default: Row()].claims[pool] = claim
      algorithms[try table.text("algo", line), default: [:]][at, default: Row()].paid[pool] = paid
    }
    traces = algorithms.sorted { $0.key < $1.key }.compactMap { algorithm, rows in
      Self.trace(algorithm, rows, file: table.file)
    }
  }

  /// `nil` when fewer than two pools ever paid.
  private static func trace(_ algorithm: String, _ rows: [Double: Row], file: String) -> Trace? {
    let times = rows.keys.sorted()
    let pools = Set(rows.values.flatMap(\.paid.keys)).sorted()
    guard pools.count > 1 else { return nil }
    // A pool that shows nothing for a while paid what it showed last.
    var shown: [[Double]] = []
    for at in times {
      let before = shown.last ?? pools.map { _ in 0 }
      shown.append(pools.enumerated().map { rows[at]?.paid[$0.element] ?? before[$0.offset] })
    }
    var claims = Claims()
    var steps: [Trace.Step] = []
    var later = 0
    for (index, at) in times.enumerated() where index + 1 < times.count {
      while later < times.count, times[later] < at + window { later += 1 }
      guard later < times.count else { break }
      for pool in pools {
        claims.observe(pool, claim: rows[at]?.claims[pool], credited: rows[at]?.paid[pool], window: window, at: at)
      }
      let estimates = claims.estimates()
      let sightings = pools.enumerated().compactMap { offset, pool in
        estimates[pool].map { Trace.Sighting(source: offset, revenue: $0.revenue, doubt: $0.doubt) }
      }
      steps.append(
        Trace.Step(
          at: at, seconds: times[index + 1] - at, sightings: sightings, shown: shown[index],
          paid: shown[later].map { $0 / window }))
    }
    guard steps.count >= TraceReader.leastRows else { return nil }
    return Trace(name: TraceReader.name(file), group: algorithm, sources: pools, steps: steps, payDelay: window)
  }
}
