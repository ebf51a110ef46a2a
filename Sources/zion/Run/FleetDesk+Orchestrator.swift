import API
import Orchestrator
import Pool
import Stratum

extension FleetDesk {
  func orchestrator() async -> OrchestratorPage {
    OrchestratorPage(
      policy: policies.policy.name, mode: (planner.orders.mode ?? planner.verdict.policy.mode).rawValue,
      orderedMode: planner.orders.mode?.rawValue, modeReason: planner.verdict.modeReason,
      paused: planner.orders.isPaused,
      decisions: planner.decisions.map(dated))
  }

  func decisions() async -> [DecisionLog.Entry] {
    planner.log.entries.map { entry in
      var entry = entry
      entry.decision = dated(entry.decision)
      return entry
    }
  }

  func order(_ order: OrchestratorOrder) async {
    switch order {
    case .mode(let mode): planner.orders.mode = mode
    case .pause(let isPaused): planner.orders.isPaused = isPaused
    }
    logger.notice(
      "an operator's order to the orchestrator",
      metadata: [
        "mode": "\(planner.orders.mode?.rawValue ?? "as the policy says")", "paused": "\(planner.orders.isPaused)",
      ])
  }

  /// The planner is a value: a copy of it can be asked without anyone noticing.
  func explain(policy text: String) async throws(PolicyProblems) -> ExplanationPage {
    var snapshot = await snapshot()
    describe(&snapshot.miners)
    let names = PolicyNames(pools: Set(snapshot.sources.flatMap { [$0.name, $0.pool] }).sorted())
    // What it names as candidates is looked for beside the policy that is in use.
    let reading = PolicyFile.read(
      PolicySource(file: "policy", text: text), names: names, besides: policies.report.file)
    guard reading.problems.isEmpty else { throw PolicyProblems(lines: reading.problems.map(\.description)) }
    let asked = reading.policy
    var copy = planner
    copy.orders = OperatorOrders()
    _ = copy.plan(snapshot, policy: asked, wallSeconds: Int(Clocks.wall().seconds))
    return ExplanationPage(policy: asked.name, mode: asked.mode.rawValue, decisions: copy.decisions.map(dated))
  }

  /// Says and keeps what was decided.
  func record(_ snapshot: FleetSnapshot) async {
    for decision in planner.decisions where decision.to != decision.from {
      logger.notice(
        "moved",
        metadata: [
          "group": "\(decision.group)", "from": "\(decision.from ?? "nowhere")", "to": "\(decision.to ?? "nowhere")",
          "reason": "\(decision.reason)",
        ])
    }
    if planner.log.count != recordedCount {
      tellDecisions(after: recordedCount)
      recordedCount = planner.log.count
      await records.keep(await decisions())
    }
    await records.keep(snapshot.sources, at: Double(Clocks.wall().seconds))
  }

  /// Decisions are made on the clock of the machine's uptime, and told in seconds since 1970.
  private func dated(_ decision: Decision) -> Decision {
    var decision = decision
    decision.at += Double(Clocks.wall().seconds) - Clocks.uptime().seconds(since: .zero)
    return decision
  }

  /// What the database knows of levels and bonuses, once a minute while the policy asks for it: it is read beside the
  /// planning.
  func watchBonuses() async {
    guard let local else { return }
    var readAt: MonotonicTime?
    while !Task.isCancelled {
      let now = Clocks.uptime()
      if planner.verdict.policy.asksForLevels, readAt.map({ now.seconds(since: $0) >= 60 }) ?? true {
        readAt = now
        for algorithm in Set(local.pools.map(\.algorithm)) { await readOutlook(of: algorithm, from: local) }
      }
      do {
        try await Task.sleep(for: .seconds(1))
      } catch {
        return
      }
    }
  }

  private func readOutlook(of algorithm: Algorithm, from local: LocalPoolParts) async {
    do {
      outlooks[algorithm] = try await local.money.outlook(of: algorithm)
      bonusTrouble = nil
    } catch {
      if bonusTrouble != "\(error)" {
        logger.warning("levels and bonuses could not be read", metadata: ["reason": "\(error)"])
      }
      bonusTrouble = "\(error)"
    }
  }

  /// The fleet with all that a decision may look at.
  func look() async -> FleetSnapshot {
    var snapshot = await economics.observe(proxy.snapshot())
    describe(&snapshot.miners)
    return snapshot
  }

  /// Adds to each miner what is known of it beside its connection.
  func describe(_ miners: inout [MinerSnapshot]) {
    guard !outlooks.isEmpty else { return }
    for index in miners.indices {
      guard let outlook = outlooks[miners[index].algorithm] else { continue }
      let account = miners[index].identity.account
      miners[index].traits.level = outlook.level(of: account).rawValue
      miners[index].traits.expectedBonus = outlook.bonus(of: account)
    }
  }
}

extension MoneyParts {
  func outlook(of algorithm: Algorithm) async throws -> BonusOutlook {
    let (pool, reward, rules) = (store.pool, reward.value, rules)
    return try await store.database.read { sql in
      try BonusOutlook.read(pool: pool, algorithm: algorithm, reward: reward, rules: rules, sql)
    }
  }
}
