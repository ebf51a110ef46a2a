import Orchestrator
import Yams

/// Reads `schedules`: `{days: [sat, sun], from: 22:00, to: 06:00, zone: "+01:00", then: {preset: conservative}}`.
struct PolicyScheduleSection {
  let selectors: PolicySelectors

  func read(_ root: YAMLSection) -> [PolicySchedule] {
    root.elements("schedules", of: "schedules").compactMap { node, path in
      let section = YAMLSection(node, path: path, report: root.report)
      let days = section.values("days", of: "days, such as mon", Self.day)
      let from = section.required("from", example: "22:00", Self.minute)
      let to = section.required("to", example: "06:00", Self.minute)
      let zone = section.value("zone", Self.zone) ?? 0
      let then = section.needed("then", example: "{preset: conservative}")
      section.end()
      if let from, let to, from == to || from == 1440 {
        section.report.add(
          section.node("to"), section.key("to"), "it ends when it begins",
          write: "another time, or from: 00:00 and to: 24:00 for whole days")
        return nil
      }
      guard let from, let to, let then else { return nil }
      let change = change(then, section.node("then"), root)
      return PolicySchedule(
        days: section.node("days") == nil ? Set(PolicySchedule.Day.allCases) : Set(days), fromMinute: from,
        toMinute: to, zoneMinutes: zone, change: change)
    }
  }

  private func change(_ section: YAMLSection, _ node: Node?, _ root: YAMLSection) -> PolicySchedule.Change {
    var change = PolicySchedule.Change(mode: section.choice("mode"), preset: section.choice("preset"))
    if let preset = change.preset {
      // What the policy says itself goes before this preset as it does before its own. Mistakes were told already.
      let quiet = YAMLSection(root.place, path: "", report: ProblemList(file: root.report.file))
      change.decision = PolicyFile.decision(quiet, from: preset.decision)
      change.minDwellSeconds = quiet.value("min_dwell", PolicyFile.duration) ?? preset.minDwellSeconds
    }
    if section.node("allow") != nil { change.allow = selectors.read("allow", in: section) }
    if section.node("deny") != nil { change.deny = selectors.read("deny", in: section) }
    section.end()
    if change == PolicySchedule.Change(), !section.hasOptions {
      section.report.add(node, section.path, "nothing changes", write: "mode, preset, allow or deny")
    }
    return change
  }

  private static func day(_ text: String) throws(Wrong) -> PolicySchedule.Day {
    // Longer names too: monday is mon.
    if let day = PolicySchedule.Day(rawValue: String(text.lowercased().prefix(3))),
      "\(day)".hasPrefix(text.lowercased())
    {
      return day
    }
    throw Wrong("“\(text)” is not a day", PolicySchedule.Day.allCases.map(\.rawValue).joined(separator: ", "))
  }

  /// Minutes since midnight, from `00:00` to `24:00`.
  static func minute(_ text: String) throws(Wrong) -> Int {
    guard let minutes = clock(text), minutes <= 1440 else {
      throw Wrong("“\(text)” is not a time of day", "hours and minutes, 00:00 to 24:00")
    }
    return minutes
  }

  /// Minutes ahead of UTC, from `UTC`, `+01:00` or `-05:30`.
  static func zone(_ text: String) throws(Wrong) -> Int {
    if ["UTC", "Z"].contains(text.uppercased()) { return 0 }
    guard let sign = text.first, "+-".contains(sign), let minutes = clock(String(text.dropFirst())), minutes <= 840
    else {
      throw Wrong(
        "“\(text)” is not a zone: only those that know no summer time are", "UTC, or a difference such as +01:00")
    }
    return sign == "-" ? -minutes : minutes
  }

  private static func clock(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, (1...2).contains(parts[0].utf8.count), parts[1].utf8.count == 2,
      parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }), let hours = Int(parts[0]),
      let minutes = Int(parts[1]), minutes < 60
    else { return nil }
    return hours * 60 + minutes
  }
}
