import API
import ArgumentParser
import Glibc
import Orchestrator
import Stratum

/// `zion decisions`
struct DecisionsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decisions", abstract: "The last decisions that moved miners, newest first, and what they brought.",
    discussion: """
      Gains are against the pool that was left: what was expected of the move, and what it has brought since.
      A policy file whose newest edit cannot be used needs a look.
      \(Watching.exitCodes)
      """)

  @Option(help: "How many, 1 to 1000.")
  var limit = 20

  @Option(help: "Only those of one group of miners.")
  var group: String?

  @OptionGroup var watching: Watching

  func validate() throws {
    guard (1...1000).contains(limit) else { throw ValidationError("--limit is 1 to 1000") }
  }

  func run() async throws {
    try await watching.show("decisions") { reader throws(APIClient.Failure) in
      let page = try await reader.decisions(limit: limit, group: group)
      let policy = try await reader.policy()
      return Watching.View(
        page: page, lines: Self.lines(page.decisions, policy: policy), isUnwell: !policy.problems.isEmpty)
    }
  }

  static func lines(_ entries: [DecisionLog.Entry], policy: PolicyReport) -> [String] {
    var lines = ["policy \(TerminalText.printable(policy.name)), \(policy.mode)"]
    lines += policy.problems.map { problem in
      let place = [problem.line.map { "line \($0)" }, problem.key.isEmpty ? nil : problem.key].compactMap(\.self)
      let text = TerminalText.printable("\(place.joined(separator: ", ")): \(problem.message)")
      return "! the newest edit of the policy is not in use: \(text)"
    }
    guard !entries.isEmpty else { return lines + ["", "nobody was moved by a decision yet"] }
    return lines + [""]
      + Table(
        [">number", "miners", "from", "to", ">expected", ">realised", ">over", "why"],
        entries.map { entry in
          let decision = entry.decision
          return [
            "\(entry.number)", decision.group, decision.from ?? "–", decision.to ?? "–",
            gain(decision.expectedGain), entry.realisedGain.map(signed) ?? "–",
            entry.observedSeconds > 0 ? Table.duration(entry.observedSeconds) : "–", decision.reason,
          ]
        }
      ).lines
  }

  /// A logarithm as percent.
  private static func gain(_ log: Double) -> String { log == 0 ? "–" : signed(expm1(log)) }

  private static func signed(_ fraction: Double) -> String {
    "\(fraction >= 0 ? "+" : "")\(Stratum.Decimal.fixed(fraction * 100, decimals: 2)) %"
  }
}
