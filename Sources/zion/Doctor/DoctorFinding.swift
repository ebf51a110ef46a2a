/// What one check of `zion doctor` found.
struct DoctorFinding: Codable, Equatable, Sendable {
  enum Level: String, Codable, Sendable, CaseIterable {
    case ok, warning, fault
  }

  /// `config`, `ports`, `clock`, …
  let check: String
  let level: Level
  /// What is so, or what is wrong.
  let what: String
  /// What to do about it.
  let remedy: String?

  static func ok(_ check: String, _ what: String) -> DoctorFinding {
    DoctorFinding(check: check, level: .ok, what: what, remedy: nil)
  }

  static func warning(_ check: String, _ what: String, do remedy: String) -> DoctorFinding {
    DoctorFinding(check: check, level: .warning, what: what, remedy: remedy)
  }

  static func fault(_ check: String, _ what: String, do remedy: String) -> DoctorFinding {
    DoctorFinding(check: check, level: .fault, what: what, remedy: remedy)
  }
}

/// Everything that was found.
struct Diagnosis: Codable, Equatable, Sendable {
  let findings: [DoctorFinding]
  let faults: Int
  let warnings: Int

  init(_ findings: [DoctorFinding]) {
    self.findings = findings
    faults = findings.count { $0.level == .fault }
    warnings = findings.count { $0.level == .warning }
  }

  var lines: [String] {
    let names = findings.map { TerminalText.width($0.check) }.max() ?? 0
    var lines: [String] = []
    for finding in findings {
      let mark =
        switch finding.level {
        case .ok: "OK     "
        case .warning: "WARNING"
        case .fault: "FAULT  "
        }
      let name = TerminalText.fit(finding.check, to: names)
      lines.append("\(mark)  \(name)  \(TerminalText.printable(finding.what))")
      if let remedy = finding.remedy {
        lines.append("\(String(repeating: " ", count: 11 + names))→ \(TerminalText.printable(remedy))")
      }
    }
    let found = [(faults, "fault"), (warnings, "warning")].filter { $0.0 > 0 }.map { Table.count($0.0, $0.1) }
    return lines + ["", found.isEmpty ? "all is well" : found.joined(separator: ", ")]
  }
}
