import Foundation
import NIOConcurrencyHelpers
import NIOPosix
import TestSupport

/// One seed from start to verdict.
struct ChaosRun: Sendable {
  let plan: ChaosPlan
  /// Where everything is written; emptied by the caller.
  let folder: URL

  struct Outcome: Sendable {
    var plan: ChaosPlan
    var violations: [Violation] = []
    var sent = 0
    var acknowledged = 0
    var stored = 0
    var blocks = 0
    var payments = 0
    var peakBytes = 0
    var seconds = 0.0
  }

  /// Resident memory that a server with six miners never needs, even unoptimised.
  static let memoryCeiling = 400 << 20
  /// After the last fault every miner has new shares accepted within this.
  static let healSeconds = 45.0
  /// And then something comes into the database, is decided or is paid within this, until all is.
  static let settleSeconds = 60.0
  static let longestSettleSeconds = 400.0

  func run() async throws -> Outcome {
    let start = ContinuousClock.now
    var outcome = Outcome(plan: plan)
    // Loops that nobody ends: what is on its way when a run is over still finds them.
    let system = try await ChaosSystem(plan, folder: folder, on: .singleton)
    do {
      try await torment(system, &outcome)
    } catch {
      let ends = system.nodes?.ends ?? ""
      await system.stop()
      guard ends.isEmpty else { throw ChaosError("\(error); \(ends)") }
      throw error
    }
    await system.stop()
    outcome.seconds = seconds(since: start)
    return outcome
  }

  private func torment(_ system: ChaosSystem, _ outcome: inout Outcome) async throws {
    let server = system.server
    try server.start()
    try await server.process.accepts(server.port, server.apiPort, within: .seconds(60))
    for miner in system.miners { miner.start() }
    var violations = try await storm(system)
    violations += await heal(system)
    for miner in system.miners {
      do { try await miner.rest() } catch { violations.append(Violation(.rejectsHaveReasons, "\(error)")) }
    }
    violations += try await settle(system)
    // Half of the runs end as a power cut ends them.
    try await server.end(plan.seed % 2 == 0 ? SIGTERM : SIGKILL)
    let evidence = try await system.evidence()
    violations += server.troubles.withLockedValue { $0 } + evidence.violations
    if server.peakBytes > Self.memoryCeiling {
      violations.append(
        Violation(.memoryBounded, "\(server.peakBytes >> 20) MB were resident, more than \(Self.memoryCeiling >> 20)"))
    }
    outcome.violations = violations
    outcome.sent = evidence.client.shares.count
    outcome.acknowledged = evidence.client.accepted.count
    outcome.stored = evidence.database.shares.count
    outcome.blocks = evidence.database.blocks.count
    outcome.payments = evidence.database.batches.count
    outcome.peakBytes = server.peakBytes
    try record(evidence, violations)
  }

  /// The miners mine, the chains go on, and everything of the plan happens.
  private func storm(_ system: ChaosSystem) async throws -> [Violation] {
    let (plan, start) = (plan, ContinuousClock.now)
    let watch = ExtranonceWatch()
    let log = NIOLockedValueBox("")
    try await withThrowingTaskGroup(of: Void.self) { group in
      for strike in plan.strikes {
        group.addTask {
          try await Task.sleep(until: start + .seconds(strike.at))
          log.withLockedValue { $0 += "\(tenths(seconds(since: start))) \(strike.fault.rawValue) (\(strike.pool))\n" }
          do {
            try await system.strike(strike)
          } catch is CancellationError {
            throw CancellationError()
          } catch {
            throw ChaosError("\(strike.fault.rawValue) at \(tenths(strike.at)) s failed: \(error)")
          }
          log.withLockedValue { $0 += "\(tenths(seconds(since: start))) end of \(strike.fault.rawValue)\n" }
        }
      }
      group.addTask {
        while seconds(since: start) < plan.seconds {
          try system.server.look()
          watch.look(at: system)
          try await Task.sleep(for: .milliseconds(500))
        }
      }
      group.addTask {
        while seconds(since: start) < plan.seconds {
          for pool in system.upstreams { pool.newBlock() }
          try await Task.sleep(for: .seconds(4))
        }
      }
      if let nodes = system.nodes {
        group.addTask {
          while seconds(since: start) < plan.seconds {
            // A node that hangs meanwhile has its block later.
            _ = try? await nodes.call("generate", "1", node: 1)
            try await Task.sleep(for: .milliseconds(700))
          }
        }
      }
      do {
        try await group.waitForAll()
      } catch {
        group.cancelAll()
        throw error
      }
    }
    try Data(log.withLockedValue { $0 }.utf8).write(to: folder.appendingPathComponent("strikes.log"))
    return watch.violations
  }

  private func heal(_ system: ChaosSystem) async -> [Violation] {
    let goals = system.miners.map { ($0, $0.read { $0.accepted.count } + 2) }
    do {
      try await eventually("two shares of each", within: .seconds(Self.healSeconds), every: .milliseconds(200)) {
        try system.server.look()
        return goals.allSatisfy { miner, goal in miner.read { $0.accepted.count } >= goal }
      }
      return []
    } catch {
      let late = goals.filter { miner, goal in miner.read { $0.accepted.count } < goal }
      return [
        Violation(
          .heals,
          "\(late.count) miners had no two shares accepted within \(Int(Self.healSeconds)) s of the last fault: "
            + late.map { "\($0.0.options.user) \($0.0.read { $0.rejections })" }.joined(separator: ", "))
      ]
    }
  }

  /// Until the database has all, blocks are decided, and payments are final.
  private func settle(_ system: ChaosSystem) async throws -> [Violation] {
    if let nodes = system.nodes {
      _ = try await nodes.call("generate", "101", node: 1)
      try await nodes.agree()
    }
    let start = ContinuousClock.now
    var left = try system.unsettled()
    var progress = start
    while !left.all.isEmpty, seconds(since: progress) < Self.settleSeconds,
      seconds(since: start) < Self.longestSettleSeconds
    {
      try await system.goOn(for: left, within: .seconds(Self.settleSeconds) - (.now - progress))
      try system.server.look()
      let now = try system.unsettled()
      if Set(now.all) != Set(left.all) { progress = .now }
      left = now
    }
    return [Violation.of(.heals, "things are not settled \(Int(seconds(since: start))) s after the miners", left.all)]
      .compactMap { $0 }
  }

  private func record(_ evidence: Evidence, _ violations: [Violation]) throws {
    var lines = ["\(plan)", ""] + violations.map { "VIOLATION \($0)" } + [""]
    lines += evidence.client.shares.map {
      "\($0.hash) \($0.user) \($0.pool ?? "zion") work \($0.work) block \($0.isBlock) \($0.reply)"
    }
    let text = lines.joined(separator: "\n") + "\n"
    try Data(text.utf8).write(to: folder.appendingPathComponent("evidence.txt"))
  }
}
