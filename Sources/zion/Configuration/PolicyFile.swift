import Orchestrator
import Yams

/// Reads a file of `policies/`. What the options mean is said at `Policy` and the types below it.
enum PolicyFile {
  /// `sources`: the names that a policy may use, those of disabled pools too.
  static func read(_ text: String, sources: [String], report: ProblemList) -> Policy {
    read(text, names: PolicyNames(pools: sources), report: report)
  }

  /// - Parameter candidate: finds a policy that `candidates` names and that is no preset.
  static func read(
    _ text: String, names: PolicyNames, report: ProblemList,
    candidate: (String) throws(Wrong) -> Policy = noOtherFile
  ) -> Policy {
    var policy = Policy()
    guard let root = YAMLSection(document: text, report: report) else { return policy }
    policy.name = root.value("name", Name.source) ?? policy.name
    policy.mode = root.choice("mode") ?? policy.mode
    if let preset: PolicyPreset = root.choice("preset") { policy.use(preset) }
    policy.order = root.values("order", of: "pool names", names.pool)
    policy.weights = weights(root, names)
    policy.fallback = root.value("fallback", names.pool)
    policy.minDwellSeconds = root.value("min_dwell", duration) ?? policy.minDwellSeconds
    policy.failbackAfterSeconds = root.value("failback_after", duration) ?? policy.failbackAfterSeconds
    policy.deadband =
      root.value("deadband") { text throws(Wrong) in try Quantity.fraction(text, in: 0.001...0.5) } ?? policy.deadband
    policy.decision = decision(root, from: policy.decision)
    let selectors = PolicySelectors(names: names)
    policy.allow = selectors.read("allow", in: root)
    policy.deny = selectors.read("deny", in: root)
    policy.pins = selectors.pins(root)
    policy.regions = selectors.regions(root)
    policy.candidates = candidates(root)
    policy.rules = PolicyRuleSection(selectors: selectors).read(root)
    policy.schedules = PolicyScheduleSection(selectors: selectors).read(root)
    PolicyChecks(policy: policy, root: root).run()
    policy.candidatePolicies = others(policy, root, candidate)
    root.end()
    return policy
  }

  static func duration(_ text: String) throws(Wrong) -> Double { try Quantity.seconds(text, in: 0...86_400) }

  static func noOtherFile(_ name: String) throws(Wrong) -> Policy {
    let presets = PolicyPreset.allCases.map(\.rawValue)
    let guess = Spelling.nearest(to: name, among: presets).map { " (did you mean \($0)?)" } ?? ""
    throw Wrong("there is no preset “\(name)”\(guess)", "one of \(presets.joined(separator: ", "))")
  }

  private static func weights(_ root: YAMLSection, _ names: PolicyNames) -> [String: Double] {
    var weights: [String: Double] = [:]
    for entry in root.entries("weights", { text throws(Wrong) in try Quantity.number(text, in: 0...1_000_000) }) {
      do throws(Wrong) {
        weights[try names.pool(entry.key)] = entry.value
      } catch {
        root.report.add(entry.node, root.key("weights"), error.what, write: error.instead)
      }
    }
    return weights
  }

  /// The section `decision` on top of a preset's values. It may be read several times, on top of several.
  static func decision(_ root: YAMLSection, from base: DecisionOptions) -> DecisionOptions {
    var result = base
    let section = root.section("decision")
    func fraction(_ name: String, _ range: ClosedRange<Double>) -> Double? {
      section.value(name) { text throws(Wrong) in try Quantity.fraction(text, in: range) }
    }
    let gain = section.value("minimum_gain") { text throws(Wrong) in
      text == "learned" ? Double?.none : try Quantity.fraction(text, in: 0...1, or: "learned")
    }
    if let gain { result.minimumGain = gain }
    result.maximumRisk = fraction("maximum_risk", 0...1) ?? base.maximumRisk
    result.riskAversion =
      section.value("risk_aversion") { text throws(Wrong) in try Quantity.number(text, in: 0...5) } ?? base.riskAversion
    let cost = section.value("switch_cost") { text throws(Wrong) in
      text == "measured" ? Double?.none : try Quantity.seconds(text, in: 0...86_400)
    }
    if let cost { result.switchCostSeconds = cost }
    result.maximumMovesPerHour =
      section.value("moves_per_hour") { text throws(Wrong) in try Quantity.integer(text, in: 1...3600) }
      ?? base.maximumMovesPerHour
    result.probeShare = fraction("probe", 0...0.1) ?? base.probeShare
    result.consciousnessWeight = fraction("consciousness_weight", 0...1) ?? base.consciousnessWeight
    result.minimumConfidence = fraction("minimum_confidence", 0...1) ?? base.minimumConfidence
    result.balanceTolerance = fraction("balance_tolerance", 0...0.5) ?? base.balanceTolerance
    section.end()
    return result
  }

  private static func candidates(_ root: YAMLSection) -> [String] {
    root.values("candidates", of: "names of policies and presets", Name.source)
  }

  private static func others(
    _ policy: Policy, _ root: YAMLSection, _ find: (String) throws(Wrong) -> Policy
  ) -> [Policy] {
    var found: [Policy] = []
    for (node, path) in root.elements("candidates", of: "names of policies and presets") {
      guard let name = node.scalar?.string, policy.candidates.contains(name) else { continue }
      do throws(Wrong) {
        let other = if let preset = PolicyPreset(rawValue: name) { preset.policy } else { try find(name) }
        guard other.mode.decidesByRevenue, other.mode != .adaptiveLearning else {
          throw Wrong("the mode of “\(name)” is \(other.mode.rawValue)", "a policy that decides by revenue itself")
        }
        found.append(other)
      } catch {
        root.report.add(node, path, error.what, write: error.instead)
      }
    }
    return found
  }
}

extension Policy.Mode {
  /// Whether what a hash earns has a say in it.
  var decidesByRevenue: Bool { self != .failover && self != .split }
}
