import Orchestrator

/// What a policy says, key by key, as it would be written: presets and defaults included.
enum PolicySettings {
  typealias Setting = (key: String, value: String)

  static func differences(_ first: Policy, _ second: Policy) -> [(key: String, first: String, second: String)] {
    let (a, b) = (of(first), of(second))
    let values = (
      Dictionary(a.map { ($0.key, $0.value) }) { $1 }, Dictionary(b.map { ($0.key, $0.value) }) { $1 }
    )
    let keys = a.map(\.key) + b.map(\.key).filter { values.0[$0] == nil }
    return keys.compactMap { key in
      let (one, other) = (values.0[key] ?? "-", values.1[key] ?? "-")
      return one == other ? nil : (key, one, other)
    }
  }

  static func of(_ policy: Policy) -> [Setting] {
    var settings: [Setting] = [
      ("name", policy.name), ("mode", policy.mode.rawValue), ("preset", policy.preset?.rawValue ?? "-"),
      ("order", list(policy.order)), ("fallback", policy.fallback ?? "-"),
      ("min_dwell", Quantity.written(policy.minDwellSeconds)),
      ("failback_after", Quantity.written(policy.failbackAfterSeconds)), ("deadband", percent(policy.deadband)),
    ]
    settings += decision(policy.decision, "decision")
    settings += proportions(policy.weights, "weights") + proportions(policy.regions, "regions")
    settings += [("allow", list(policy.allow)), ("deny", list(policy.deny)), ("candidates", list(policy.candidates))]
    for (index, pin) in policy.pins.enumerated() { settings.append(("pins[\(index)]", "\(pin.who) at \(pin.to)")) }
    for (index, rule) in policy.rules.enumerated() {
      settings.append(("rules[\(index)].when", rule.when.description))
      settings.append(("rules[\(index)].then", rule.then.description))
    }
    for (index, schedule) in policy.schedules.enumerated() {
      settings.append(("schedules[\(index)]", schedule.description))
      settings += change(schedule.change, "schedules[\(index)].then")
    }
    for (name, other) in zip(policy.candidates, policy.candidatePolicies) where PolicyPreset(rawValue: name) == nil {
      settings += of(other).map { ("candidates.\(name).\($0.key)", $0.value) }
    }
    return settings
  }

  private static func decision(_ options: DecisionOptions, _ path: String) -> [Setting] {
    [
      ("minimum_gain", options.minimumGain.map(percent) ?? "learned"), ("maximum_risk", percent(options.maximumRisk)),
      ("risk_aversion", Quantity.shown(options.riskAversion)),
      ("switch_cost", options.switchCostSeconds.map(Quantity.written) ?? "measured"),
      ("moves_per_hour", "\(options.maximumMovesPerHour)"), ("probe", percent(options.probeShare)),
      ("consciousness_weight", percent(options.consciousnessWeight)),
      ("minimum_confidence", percent(options.minimumConfidence)),
      ("balance_tolerance", percent(options.balanceTolerance)),
    ].map { ("\(path).\($0)", $1) }
  }

  /// Only the proportions count: 70 and 30 are the same as 7 and 3.
  private static func proportions(_ weights: [String: Double], _ path: String) -> [Setting] {
    let sum = weights.values.reduce(0, +)
    guard sum > 0 else { return [] }
    return weights.filter { $0.value > 0 }.sorted { $0.key < $1.key }.map {
      ("\(path).\($0.key)", percent($0.value / sum))
    }
  }

  private static func change(_ change: PolicySchedule.Change, _ path: String) -> [Setting] {
    var settings: [Setting] = []
    if let mode = change.mode { settings.append(("\(path).mode", mode.rawValue)) }
    if let preset = change.preset { settings.append(("\(path).preset", preset.rawValue)) }
    if let seconds = change.minDwellSeconds { settings.append(("\(path).min_dwell", Quantity.written(seconds))) }
    if let options = change.decision { settings += decision(options, "\(path).decision") }
    if let allow = change.allow { settings.append(("\(path).allow", list(allow))) }
    if let deny = change.deny { settings.append(("\(path).deny", list(deny))) }
    return settings
  }

  private static func list(_ items: [some CustomStringConvertible]) -> String {
    items.isEmpty ? "-" : items.map(\.description).joined(separator: ", ")
  }

  /// With two digits behind the point at most.
  private static func percent(_ fraction: Double) -> String {
    "\(Quantity.shown((fraction * 10_000).rounded() / 100))%"
  }
}

extension PolicyRule.Condition: CustomStringConvertible {
  public var description: String { "\(metric.rawValue) of \(sources) \(limit)" }
}

extension PolicyRule.Action: CustomStringConvertible {
  public var description: String {
    switch self {
    case .avoid(let seconds): "avoid \(Quantity.written(seconds))"
    case .mode(let mode): "mode \(mode.rawValue)"
    case .weight(let selector, let factor):
      "weight of \(selector.map(\.description) ?? "that pool") × \(Quantity.shown(factor))"
    }
  }
}

extension PolicySchedule: CustomStringConvertible {
  public var description: String {
    let days = Day.allCases.filter(self.days.contains).map(\.rawValue).joined(separator: " ")
    return "\(days) \(Self.clock(fromMinute)) to \(Self.clock(toMinute)) UTC\(Self.zone(zoneMinutes))"
  }

  private static func clock(_ minutes: Int) -> String {
    let (hour, minute) = (minutes / 60, minutes % 60)
    return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
  }

  private static func zone(_ minutes: Int) -> String {
    minutes == 0 ? "" : "\(minutes < 0 ? "-" : "+")\(clock(abs(minutes)))"
  }
}
