import ArgumentParser
import Foundation
import NIOConcurrencyHelpers

/// `zion chaos`, in builds with `CHAOS=1`.
public struct ChaosCommand: AsyncParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "chaos",
    abstract: "Torment this very program at seeded moments, and see whether it keeps its promises.",
    discussion: """
      Each seed is a run of its own: a server on a configuration of its own, six miners, two upstream pools, a node and \
      a database, and faults at moments that follow from the seed. Afterwards journal, database, upstream pools and \
      chain are read by code apart from the server's, and held against what the miners were told. Ends with 1 when a \
      promise was broken. A run of 60 s takes about 90.
      """)

  @Option(help: "One seed, or FIRST...LAST.")
  var seeds = "1...10"
  @Option(help: "How long miners mine in each run.")
  var seconds = 60.0
  @Option(help: "Runs at once.")
  var parallel = 4
  @Option(help: "Keep everything of every run below this folder; without it, of failed runs below the temporary one.")
  var keep: String?
  @Option(help: "sqlite or postgres; without it, as each seed has it.")
  var database: String?
  @Flag(help: "Print what would happen, and end.")
  var plan = false

  public init() {}

  public func validate() throws {
    guard SeedRange(seeds) != nil else { throw ValidationError("--seeds must be a number, or two as in 1...200") }
    guard (5...3600).contains(seconds) else { throw ValidationError("--seconds must be 5 to 3600") }
    guard (1...64).contains(parallel) else { throw ValidationError("--parallel must be 1 to 64") }
    if let database, ChaosWorld.Database(rawValue: database) == nil {
      throw ValidationError("--database must be sqlite or postgres")
    }
  }

  public func run() async throws {
    guard let range = SeedRange(seeds) else { return }
    let plans = range.seeds.map { seed in
      ChaosPlan(seed: seed, seconds: seconds, database: database.flatMap { ChaosWorld.Database(rawValue: $0) })
    }
    guard !plan else { return print(plans.map { "\($0)" }.joined(separator: "\n")) }
    let base =
      keep.map { URL(fileURLWithPath: $0, relativeTo: nil) }
      ?? FileManager.default.temporaryDirectory.appendingPathComponent("zion-chaos-\(getpid())")
    let keeps = keep != nil
    var outcomes: [ChaosReport] = []
    await withTaskGroup(of: ChaosReport.self) { group in
      var waiting = plans[...]
      for plan in waiting.prefix(parallel) { group.addTask { await Self.report(plan, below: base, keeps: keeps) } }
      waiting = waiting.dropFirst(parallel)
      while let report = await group.next() {
        print(report)
        fflush(nil)
        outcomes.append(report)
        if let plan = waiting.popFirst() { group.addTask { await Self.report(plan, below: base, keeps: keeps) } }
      }
    }
    let failed = outcomes.filter { !$0.isGood }
    print(ChaosReport.summary(outcomes))
    if !failed.isEmpty { throw ExitCode(1) }
  }

  private static func report(_ plan: ChaosPlan, below base: URL, keeps: Bool) async -> ChaosReport {
    let folder = base.appendingPathComponent("seed-\(plan.seed)")
    try? FileManager.default.removeItem(at: folder)
    do {
      let outcome = try await ChaosRun(plan: plan, folder: folder).run()
      if outcome.violations.isEmpty, !keeps { try FileManager.default.removeItem(at: folder) }
      return ChaosReport(plan: plan, folder: folder, result: .success(outcome))
    } catch {
      return ChaosReport(plan: plan, folder: folder, result: .failure(error))
    }
  }
}

/// What one seed came to.
struct ChaosReport: Sendable, CustomStringConvertible {
  let plan: ChaosPlan
  let folder: URL
  /// An error is the harness's own.
  let result: Result<ChaosRun.Outcome, any Error>

  var isGood: Bool { if case .success(let outcome) = result { outcome.violations.isEmpty } else { false } }

  private var violations: [Violation] { if case .success(let outcome) = result { outcome.violations } else { [] } }

  var description: String {
    switch result {
    case .success(let outcome):
      let line =
        "seed \(plan.seed): \(plan.strikes.count) faults; shares \(outcome.sent) sent, \(outcome.acknowledged) "
        + "acknowledged, \(outcome.stored) stored; \(outcome.blocks) blocks, \(outcome.payments) payments; "
        + "\(outcome.peakBytes >> 20) MB; \(tenths(outcome.seconds)) s; \(outcome.violations.count) violations "
        + "(\(plan.world))"
      let found = outcome.violations.map { "  \($0)" }
      return ([line] + found + (found.isEmpty ? [] : ["  everything of it: \(folder.path)"])).joined(separator: "\n")
    case .failure(let error):
      return "seed \(plan.seed): could not be run (\(plan.world)): \(error)\n  everything of it: \(folder.path)"
    }
  }

  static func summary(_ reports: [ChaosReport]) -> String {
    let outcomes = reports.compactMap { try? $0.result.get() }
    let faults = outcomes.reduce(0) { $0 + $1.plan.strikes.count }
    let violations = reports.reduce(0) { $0 + $1.violations.count }
    let failed = reports.filter { !$0.isGood }.map { "\($0.plan.seed)" }
    return
      "\(reports.count) seeds, \(faults) faults, \(outcomes.reduce(0) { $0 + $1.acknowledged }) shares acknowledged, "
      + "\(outcomes.reduce(0) { $0 + $1.blocks }) blocks, \(outcomes.reduce(0) { $0 + $1.payments }) payments: "
      + "\(violations) violations"
      + (failed.isEmpty ? "" : "; look at seeds \(failed.joined(separator: ", "))")
  }
}
