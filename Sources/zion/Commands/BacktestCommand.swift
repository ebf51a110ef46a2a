import ArgumentParser
import Foundation
import Orchestrator
import Stratum

/// `zion backtest`: the live decision code on what markets really paid.
struct BacktestCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backtest",
    abstract: "Run the decision code over traces of what mining paid, and compare it with simple rules.",
    discussion: """
      A trace is a CSV file of one of three kinds:
        coins       time,coin,price_usd,difficulty,block_reward_native   with coins.csv in the same folder
        pools       time,algo,pool,estimate_btc_per_ghs_day,actual24h_btc_per_ghs_day
        recordings  time,source,currency_per_hash

      Each row is known when its time is over; in the first one a policy knows nothing, and mines the first source.
      What a pool of a pools file pays for a time is known 24 hours later; until then there are its claims, and what it
      had paid before.

      All percentages are over the best single source in hindsight: naive takes the best source of every step as if it
      were known before, lag-1 follows the last step with the threshold that would have earned most, and no sequence of
      choices earns more than clairvoyant. Ceiling does as the policy until the first pay is known and as clairvoyant
      from then on: nothing that a policy could learn from what it was paid gets it above that. Capture is the part of
      the clairvoyant's gain that the policy had.

      A policy's allow and deny hold: the name of a trace's source stands for the pool and for the coin. A trace has no
      miners, no service and no hours: pins, rules and schedules are left out, which is said.
      """)

  @Option(parsing: .upToNextOption, help: "CSV files.")
  var trace: [String]

  @Option(
    parsing: .upToNextOption,
    help: "Policy files (mode optimize_profit or adaptive_learning), or balanced and adaptive_learning.")
  var policy: [String] = ["balanced", "adaptive_learning"]

  @Option(help: "Mining lost by a move, such as 30m.")
  var switchCost = "30m"

  @Option(help: "Leave out what is before this day, such as 2018-01-01.")
  var from: String?

  @Option(help: "Leave out what is after this day.")
  var to: String?

  @Flag(help: "Pay nobody for the first row, which then only tells what is known when mining begins.")
  var warmUp = false

  @Flag(help: "Run each policy that adaptive_learning chooses from alone, too.")
  var shadows = false

  @Flag(help: "Print one JSON object a trace and policy, in a list.")
  var json = false

  func run() throws {
    let results = try results()
    try JSONText.show(results, asJSON: json, else: Self.lines(results))
  }

  func results() throws -> [Backtest.Result] {
    let cost: Double
    do throws(Wrong) {
      cost = try Quantity.seconds(switchCost, in: 0...86_400)
    } catch {
      throw ValidationError("--switch-cost: \(error.what); write \(error.instead)")
    }
    var policies = try policy.map { try Self.policy($0) }
    if shadows {
      for adaptive in policies where adaptive.mode == .adaptiveLearning {
        policies += AdaptiveLearner.standard(adaptive.decision).map { shadow in
          var policy = Policy(name: "\(adaptive.name): \(shadow.name)", mode: .optimizeProfit)
          policy.decision = shadow.options
          return policy
        }
      }
    }
    let traces = try readTraces()
    for policy in policies { Self.notes(policy, known: Set(traces.flatMap(\.sources))).forEach(note) }
    var results: [Backtest.Result] = []
    let total = traces.count * policies.count
    for trace in traces {
      let backtest = Backtest(trace, switchCost: cost)
      for policy in policies {
        progress("\(results.count + 1) of \(total): \(policy.name), \(trace.group)")
        results.append(backtest.run(policy))
      }
    }
    progress(nil)
    return results
  }

  private func readTraces() throws -> [Trace] {
    let first = try Self.day(from, option: "--from") ?? -Double.infinity
    let last = try Self.day(to, option: "--to").map { $0 + 86_399 } ?? Double.infinity
    guard first < last else { throw ValidationError("--from: must be before --to") }
    var traces: [Trace] = []
    for path in trace {
      progress("reading \(path)")
      var reader = TraceReader()
      reader.warmsUp = warmUp
      reader.span = first...last
      let coins = TextFile.path("coins.csv", besides: path.contains("/") ? path : "./\(path)")
      if FileManager.default.fileExists(atPath: coins) { try reader.readCoins(Self.text(coins), file: coins) }
      let read = try reader.read(Self.text(path), file: path)
      if read.isEmpty { note("\(path): there are no two sources to choose from") }
      traces += read
    }
    return traces
  }

  /// Traces are longer than what `TextFile` takes.
  private static func text(_ path: String) throws -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw ValidationError("--trace: \(path) cannot be read")
    }
    return String(decoding: data, as: UTF8.self)
  }

  private static func day(_ text: String?, option: String) throws -> Double? {
    guard let text else { return nil }
    guard let seconds = TraceReader.seconds(ofDay: text) else {
      throw ValidationError("\(option): “\(text)” is not a day; write it as 2018-01-01")
    }
    return seconds
  }

  /// A name of a preset, or a file.
  static func policy(_ text: String) throws -> Policy {
    if let preset = presets.first(where: { $0.name == text }) { return preset }
    let content: String
    do throws(TextFile.Unreadable) {
      content = try TextFile.read(text)
    } catch {
      throw ValidationError(
        "--policy: \(text) cannot be read: \(error.reason); write a file, or "
          + presets.map(\.name).joined(separator: " or "))
    }
    // Pools are those of the traces, which a policy need not have been written for.
    let reading = PolicyFile.read(PolicySource(file: text, text: content), names: PolicyNames())
    guard reading.problems.isEmpty else {
      throw ValidationError(reading.problems.map(\.description).joined(separator: "\n"))
    }
    let policy = reading.policy
    guard [.optimizeProfit, .adaptiveLearning].contains(policy.mode) else {
      throw ValidationError(
        "\(text): mode: traces tell only what is paid, and \(policy.mode.rawValue) decides by more; write "
          + "optimize_profit or adaptive_learning")
    }
    return policy
  }

  /// What a policy says that traces cannot follow.
  static func notes(_ policy: Policy, known: Set<String>) -> [String] {
    let parts = [
      ("pins", policy.pins.isEmpty), ("rules", policy.rules.isEmpty), ("schedules", policy.schedules.isEmpty),
    ]
    var notes = parts.filter { !$0.1 }.map { "\(policy.name): \($0.0) are left out" }
    let pools = Set(known.flatMap { [$0] + ($0.split(separator: ":").first.map { [String($0)] } ?? []) })
    let named = Set((policy.allow + policy.deny).compactMap(\.pool)).subtracting(pools).sorted()
    if !named.isEmpty { notes.append("\(policy.name): no trace has a pool \(named.joined(separator: ", "))") }
    return notes
  }

  static let presets: [Policy] = [
    Policy(name: "balanced", mode: .optimizeProfit), Policy(name: "adaptive_learning", mode: .adaptiveLearning),
  ]

  private static func lines(_ results: [Backtest.Result]) -> [String] {
    func percent(_ value: Double) -> String { Stratum.Decimal.fixed(value, decimals: 2) }
    let rows = results.map { result in
      [
        result.group, result.policy, "\(result.steps)", result.bestSingle, percent(result.policyPercent),
        "\(result.switches)", percent(result.naivePercent),
        "\(percent(result.lagOnePercent)) (\(percent(result.lagOneThreshold * 100)))",
        percent(result.ceilingPercent), "\(percent(result.clairvoyantPercent)) (\(result.clairvoyantSwitches))",
        result.capture.map { Stratum.Decimal.fixed($0, decimals: 2) } ?? "–",
      ]
    }
    return Table(
      [
        "trace", "policy", ">steps", "best single", ">policy %", ">moves", ">naive %", ">lag-1 % (threshold)",
        ">ceiling %", ">clairvoyant % (moves)", ">capture",
      ], rows
    ).lines
  }

  /// One line that is written over; nothing where stderr is not a terminal.
  private func progress(_ text: String?) {
    guard isatty(2) == 1 else { return }
    FileHandle.standardError.write(Data("\r\u{1b}[K\(text ?? "")".utf8))
  }

  private func note(_ text: String) { FileHandle.standardError.write(Data("zion backtest: \(text)\n".utf8)) }
}
