import Orchestrator
import Stratum

/// What the event bus has been told of things that go on.
struct ToldEvents: Sendable {
  static let hashrateSeconds = 10.0

  /// Whether each part was well when it was looked at last.
  private var isWell: [String: Bool] = [:]
  private var hashratesAt: MonotonicTime?

  /// News of a part; `nil` when there are none. The first look at a part is news only when there is trouble after the
  /// start.
  mutating func health(of part: String, isWell now: Bool, reason: String?) -> HealthEvent? {
    guard let before = isWell.updateValue(now, forKey: part), before != now else { return nil }
    return HealthEvent(part: part, isHealthy: now, reason: now ? nil : reason)
  }

  /// Whether it is time for all hashrates again.
  mutating func hashratesAreDue(at now: MonotonicTime) -> Bool {
    guard hashratesAt.map({ now.seconds(since: $0) >= Self.hashrateSeconds }) ?? true else { return false }
    hashratesAt = now
    return true
  }
}

extension FleetDesk {
  /// Once a second: who has become well or ill, and from time to time how fast everybody is.
  func tell(_ snapshot: FleetSnapshot) async {
    for part in await parts() {
      tellHealth(of: part.name, isWell: part.healthy, reason: part.reason)
    }
    for source in snapshot.sources {
      tellHealth(of: source.name, isWell: source.isReady, reason: source.trouble)
    }
    if told.hashratesAreDue(at: snapshot.at) { tellHashrates(snapshot) }
  }

  private func tellHealth(of part: String, isWell: Bool, reason: String?) {
    if let event = told.health(of: part, isWell: isWell, reason: reason) { events.publish(.health(event)) }
  }

  private func tellHashrates(_ snapshot: FleetSnapshot) {
    var miners: [String: Int] = [:]
    var algorithms: [String: Double] = [:]
    var total = Hashrate.zero
    for miner in snapshot.miners {
      if let source = miner.source { miners[source, default: 0] += 1 }
      algorithms[miner.algorithm.rawValue, default: 0] += miner.hashrate.hashesPerSecond
      total = total + miner.hashrate
    }
    for source in snapshot.sources {
      events.publish(
        .hashrate(
          HashrateEvent(
            pool: source.name, algorithm: source.algorithm, hashrate: source.hashrate, miners: miners[source.name] ?? 0)
        ))
    }
    events.publish(
      .hashrate(
        HashrateEvent(
          pool: nil, algorithm: nil, hashrate: total, miners: snapshot.miners.count, algorithms: algorithms)))
  }

  /// Those of the log with a number above `count`.
  func tellDecisions(after count: Int) {
    for entry in planner.log.entries where entry.number > count {
      let decision = entry.decision
      events.publish(
        .decision(
          DecisionEvent(
            number: entry.number, group: decision.group, policy: decision.policy, from: decision.from,
            to: decision.to, reason: decision.reason, expectedGain: decision.expectedGain,
            threshold: decision.threshold, isForced: decision.isForced)))
    }
  }

  /// What is in use now, after an edit of the file.
  func tellPolicy() {
    let report = policies.report
    let event = PolicyEvent(
      policy: policies.policy.name, mode: policies.policy.mode.rawValue, file: report.file,
      problems: report.problems.map { .init(line: $0.line, key: $0.key, message: $0.message) })
    events.publish(event.problems.isEmpty ? .policyReloaded(event) : .policyBroken(event))
  }
}
