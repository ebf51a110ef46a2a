import Orchestrator
import Yams

/// What a policy says that is right by itself and wrong together.
struct PolicyChecks {
  let policy: Policy
  let root: YAMLSection

  func run() {
    checkOrder()
    checkWeights()
    checkRegions()
    checkCandidates()
    if let node = root.node("decision"), !usedModes.contains(where: \.decidesByRevenue) {
      root.report.warn(node, "decision", "a \(policy.mode.rawValue) does not look at revenue: this means nothing here")
    }
  }

  /// The policy's own mode, and those that its schedules and rules may give it.
  private var usedModes: Set<Policy.Mode> {
    var modes: Set = [policy.mode]
    for schedule in policy.schedules { if let mode = schedule.change.mode { modes.insert(mode) } }
    for rule in policy.rules { if case .mode(let mode) = rule.then { modes.insert(mode) } }
    return modes
  }

  private func checkOrder() {
    for (index, name) in policy.order.enumerated() where policy.order[..<index].contains(name) {
      root.report.add(root.node("order"), "order", "“\(name)” is there twice", write: "each pool once")
    }
    guard let node = root.node("order"), !usedModes.contains(.failover) else { return }
    if policy.mode == .split {
      root.report.add(node, "order", "a split has no order", write: "mode: failover, or no order")
    } else {
      root.report.warn(node, "order", "only a failover has an order: this means nothing here")
    }
  }

  private func checkWeights() {
    let node = root.node("weights")
    if let node, !usedModes.contains(.split), !usedModes.contains(.balanceLoad) {
      root.report.add(
        node, "weights", "a \(policy.mode.rawValue) has no weights", write: "mode: split, or no weights")
    }
    if node == nil, usedModes.contains(.split) {
      root.report.add(
        root.node("mode"), "weights", "is missing: a split needs it", write: "weights: {POOL: 70, OTHER: 30}")
    }
    if !policy.weights.isEmpty, policy.weights.values.allSatisfy({ $0 == 0 }) {
      root.report.add(node, "weights", "all are 0", write: "at least one above 0")
    }
  }

  private func checkRegions() {
    let node = root.node("regions")
    if node == nil, usedModes.contains(.geographicDistribution) {
      root.report.add(
        root.node("mode"), "regions", "is missing: geographic_distribution needs it", write: "regions: {eu: 60, us: 40}"
      )
    }
    if let node, !usedModes.contains(.geographicDistribution) {
      root.report.add(
        node, "regions", "a \(policy.mode.rawValue) has no regions",
        write: "mode: geographic_distribution, or no regions"
      )
    }
    if !policy.regions.isEmpty, policy.regions.values.allSatisfy({ $0 == 0 }) {
      root.report.add(node, "regions", "all are 0", write: "at least one above 0")
    }
  }

  private func checkCandidates() {
    guard let node = root.node("candidates") else { return }
    if !usedModes.contains(.adaptiveLearning) {
      root.report.add(
        node, "candidates", "a \(policy.mode.rawValue) has no candidates",
        write: "mode: adaptive_learning, or no candidates")
    }
    for (index, name) in policy.candidates.enumerated() where policy.candidates[..<index].contains(name) {
      root.report.add(node, "candidates", "“\(name)” is there twice", write: "each once")
    }
  }
}
