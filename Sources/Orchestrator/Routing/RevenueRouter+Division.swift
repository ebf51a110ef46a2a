import Stratum

/// Modes that divide an algorithm's work over several sources.
extension RevenueRouter {
  /// Weights of the sources that earn within `balanceTolerance` of the best: the policy's own, else equal ones.
  mutating func balance(
    _ algorithm: Algorithm, _ circumstances: Circumstances, into decisions: inout [Decision]
  ) -> [String: Double] {
    observe(circumstances.ranked, at: circumstances.now)
    let decision = elect(MinerGroup(algorithm: algorithm), circumstances)
    decisions.append(decision)
    let usable = circumstances.ranked.filter { $0.isReady && circumstances.exclusions[$0.name] == nil }
    let worth = usable.compactMap { source in decision.worth(of: source.name).map { (source, $0) } }
    // Without any figure all that can be used take part.
    let best = worth.map(\.1).max() ?? 0
    let enough = best * (1 - circumstances.policy.decision.balanceTolerance)
    let taking = worth.isEmpty ? usable : worth.filter { $0.1 >= enough }.map(\.0)
    return taking.reduce(into: [:]) { weights, source in
      weights[source.name] = circumstances.policy.weight(of: source) ?? 1
    }
  }

  /// Each region's weight to the source that earns most there. What regions without a usable source should get is
  /// divided among the others, as they stand to each other.
  mutating func regions(
    _ algorithm: Algorithm, _ circumstances: Circumstances, into decisions: inout [Decision]
  ) -> [String: Double] {
    observe(circumstances.ranked, at: circumstances.now)
    var weights: [String: Double] = [:]
    for (region, weight) in circumstances.policy.regions.sorted(by: { $0.key < $1.key }) where weight > 0 {
      var part = circumstances
      part.ranked = circumstances.ranked.filter { $0.traits.region == region }
      let usable = part.ranked.filter { $0.isReady && circumstances.exclusions[$0.name] == nil }
      guard let first = usable.first else { continue }
      let decision = elect(MinerGroup(algorithm: algorithm, region: region), part)
      decisions.append(decision)
      let chosen = usable.first { $0.name == decision.to } ?? first
      weights[chosen.name, default: 0] += weight
    }
    return weights
  }
}
