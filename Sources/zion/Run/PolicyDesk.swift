import API
import Orchestrator

/// The policy in use and the fate of edits, as `/api/orchestrator/policy` and the metrics show them.
struct PolicyDesk: Sendable {
  private(set) var policy: Policy
  private(set) var report: PolicyReport

  init(_ policy: Policy, source: PolicySource?, atWallSeconds now: Int) {
    self.policy = policy
    report = PolicyReport(policy, text: source?.text, file: source?.file, loadedAt: Int64(now))
  }

  mutating func use(_ policy: Policy, text: String?, atWallSeconds now: Int) {
    self.policy = policy
    var next = PolicyReport(policy, text: text ?? report.text, file: report.file, loadedAt: Int64(now))
    next.reloads = report.reloads + 1
    next.brokenReloads = report.brokenReloads
    report = next
  }

  /// Empty when the file is again as it was.
  mutating func keep(because problems: [ConfigurationProblem]) {
    report.problems = problems.map { .init(line: $0.line, key: $0.key, message: $0.message) }
    if !problems.isEmpty { report.brokenReloads += 1 }
  }
}

extension PolicyReport {
  init(_ policy: Policy, text: String?, file: String?, loadedAt: Int64) {
    self.init(
      name: policy.name, mode: policy.mode.rawValue, preset: policy.preset?.rawValue, text: text, file: file,
      loadedAt: loadedAt)
  }
}
