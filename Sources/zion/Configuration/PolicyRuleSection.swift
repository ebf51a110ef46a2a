import Orchestrator
import Yams

/// Reads `rules`: `when: {metric: reject_ratio, pool: x, above: 5%, for: 10m}`, `then: {avoid: 15m}`.
struct PolicyRuleSection {
  let selectors: PolicySelectors

  func read(_ root: YAMLSection) -> [PolicyRule] {
    root.elements("rules", of: "rules").compactMap { node, path in
      let section = YAMLSection(node, path: path, report: root.report)
      let when = section.needed("when", example: "{metric: reject_ratio, above: 5%, for: 10m}")
      let then = section.needed("then", example: "{avoid: 15m}")
      section.end()
      let condition = when.flatMap { self.condition($0) }
      let action = then.flatMap { self.action($0, section.node("then")) }
      guard let condition, let action else { return nil }
      return PolicyRule(when: condition, then: action)
    }
  }

  private func condition(_ section: YAMLSection) -> PolicyRule.Condition? {
    let names = PolicyRule.Metric.allCases.map(\.rawValue).joined(separator: ", ")
    let metric: PolicyRule.Metric? = section.choice("metric")
    if metric == nil, section.node("metric") == nil {
      section.report.add(section.place, section.key("metric"), "is missing", write: "metric: one of \(names)")
    }
    let sources = selectors.fields(of: section)
    let above = section.node("above")
    let below = section.node("below")
    if above != nil, below != nil {
      section.report.add(below, section.key("below"), "above is set too", write: "only one of above and below")
    } else if above == nil, below == nil {
      section.report.add(section.place, section.key("above"), "is missing", write: "above: or below: a value")
    }
    func read(_ name: String) -> Double? {
      section.value(name) { text throws(Wrong) in
        guard let metric else { return 0 }
        return try Self.value(text, metric.unit)
      }
    }
    let limits = (above: read("above"), below: read("below"))
    let forSeconds = section.value("for", PolicyFile.duration) ?? 0
    section.end()
    guard let metric, let bound = limits.above.map(PolicyRule.Bound.above) ?? limits.below.map(PolicyRule.Bound.below)
    else { return nil }
    return PolicyRule.Condition(metric: metric, sources: sources, bound: bound, forSeconds: forSeconds)
  }

  static func value(_ text: String, _ unit: PolicyRule.Metric.Unit) throws(Wrong) -> Double {
    switch unit {
    case .ratio: try Quantity.fraction(text, in: 0...10)
    case .milliseconds: try Quantity.seconds(text, in: 0...3600) * 1000
    case .seconds: try Quantity.seconds(text, in: 0...604_800)
    case .perHour: try Quantity.number(text, in: 0...1_000_000)
    case .hashesPerSecond: try Quantity.hashrate(text)
    case .currencyPerTerahashDay: try Quantity.number(text, in: 0...1e15)
    }
  }

  private func action(_ section: YAMLSection, _ node: Node?) -> PolicyRule.Action? {
    let avoid = section.value("avoid") { text throws(Wrong) in try Quantity.seconds(text, in: 1...604_800) }
    let mode: Policy.Mode? = section.choice("mode")
    let weight = section.node("weight") == nil ? nil : self.weight(section.section("weight"))
    section.end()
    let written = ["avoid", "mode", "weight"].filter { section.node($0) != nil }
    guard written.count == 1 else {
      section.report.add(
        node, section.path, written.isEmpty ? "nothing is to be done" : "\(written.joined(separator: " and ")) are set",
        write: "one of avoid: 15m, mode: failover and weight: {factor: 0.5}")
      return nil
    }
    return avoid.map(PolicyRule.Action.avoid) ?? mode.map(PolicyRule.Action.mode) ?? weight
  }

  private func weight(_ section: YAMLSection) -> PolicyRule.Action? {
    let sources = selectors.fields(of: section)
    let factor = section.required("factor", example: "0.5") { text throws(Wrong) in
      try Quantity.number(text, in: 0...100)
    }
    section.end()
    return factor.map { .weight(of: sources == PolicySelector() ? nil : sources, factor: $0) }
  }
}
