import Orchestrator
import Yams

/// Reads a file of `policies/`. What the options mean is said at `Policy`.
enum PolicyFile {
  /// `sources`: the names that a policy may use, those of disabled pools too.
  static func read(_ text: String, sources: [String], report: ProblemList) -> Policy {
    var policy = Policy()
    guard let root = YAMLSection(document: text, report: report) else { return policy }
    policy.name = root.value("name", Name.source) ?? policy.name
    policy.mode = root.choice("mode") ?? policy.mode
    policy.order = root.values("order", of: "pool names") { text throws(Wrong) in try known(text, sources) }
    for entry in root.entries("weights", { text throws(Wrong) in try Quantity.number(text, in: 0...1_000_000) }) {
      do throws(Wrong) {
        policy.weights[try known(entry.key, sources)] = entry.value
      } catch {
        report.add(entry.node, root.key("weights"), error.what, write: error.instead)
      }
    }
    policy.fallback = root.value("fallback") { text throws(Wrong) in try known(text, sources) }
    policy.minDwellSeconds = root.value("min_dwell", duration) ?? policy.minDwellSeconds
    policy.failbackAfterSeconds = root.value("failback_after", duration) ?? policy.failbackAfterSeconds
    policy.deadband =
      root.value("deadband") { text throws(Wrong) in try Quantity.fraction(text, in: 0.001...0.5) } ?? policy.deadband
    check(policy, root)
    root.end()
    return policy
  }

  private static func check(_ policy: Policy, _ root: YAMLSection) {
    for (index, name) in policy.order.enumerated() where policy.order[..<index].contains(name) {
      root.report.add(root.node("order"), "order", "“\(name)” is there twice", write: "each pool once")
    }
    switch policy.mode {
    case .failover:
      if root.node("weights") != nil {
        root.report.add(
          root.node("weights"), "weights", "a failover has no weights", write: "mode: split, or no weights")
      }
    case .split:
      if root.node("order") != nil {
        root.report.add(root.node("order"), "order", "a split has no order", write: "mode: failover, or no order")
      }
      if root.node("weights") == nil {
        root.report.add(root.node("mode"), "weights", "is missing", write: "weights: {POOL: 70, OTHER: 30}")
      } else if !policy.weights.isEmpty, policy.weights.values.allSatisfy({ $0 == 0 }) {
        root.report.add(root.node("weights"), "weights", "all are 0", write: "at least one above 0")
      }
    default: break
    }
  }

  private static func duration(_ text: String) throws(Wrong) -> Double { try Quantity.seconds(text, in: 0...86_400) }

  private static func known(_ name: String, _ sources: [String]) throws(Wrong) -> String {
    if sources.contains(name) { return name }
    let guess = Spelling.nearest(to: name, among: sources).map { " (did you mean \($0)?)" } ?? ""
    throw Wrong(
      "there is no pool “\(name)” in the configuration\(guess)",
      "one of \(Set(sources).sorted().joined(separator: ", "))")
  }
}
