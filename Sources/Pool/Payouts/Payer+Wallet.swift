import Logging
import Stratum

/// What a payer asks of its wallet.
extension Payer {
  /// Carries a step out, now. `nil` when there is nothing to do until somebody changes the batch.
  func carryOut(_ step: PayoutStep, of batch: PayoutBatch) async -> PayoutEvent? {
    switch (step, purse) {
    case (.waitForApprovals, _): await approvals(of: batch)
    case (.pause, _): .advance
    case (.prepare, .signing(let wallet)): await prepare(batch.order, with: wallet)
    case (.broadcast(let payout, _), .signing(let wallet)): .broadcast(await wallet.broadcast(payout.rawTransaction))
    case (.release(let inputs), .signing(let wallet)): await release(inputs, of: batch, with: wallet)
    case (.submit, .sending(let wallet)):
      .answered(await wallet.send(batch.order.outputs, fees: batch.order.fees, comment: batch.order.id.text))
    case (.lookUp, .sending(let wallet)): await lookUp(batch, with: wallet)
    case (.ask(let txid, _), _): await ask(txid)
    case (.prepare, .sending), (.broadcast, .sending), (.submit, .signing), (.lookUp, .signing):
      // The operator has exchanged the wallet while the batch was on its way.
      await strange(batch)
    case (.release, .sending), (.review, _), (.finished, _): nil
    }
  }

  private func approvals(of batch: PayoutBatch) async -> PayoutEvent? {
    let table = table
    do {
      let stored = try await database.read { sql in try table.approvals(of: batch.order, sql) }
      let tally = settings.approvers.tally(stored, of: batch.order)
      for refusal in tally.refused {
        log.error(
          "a stored approval does not count", metadata: ["batch": "\(batch.order.id)", "reason": "\(refusal)"])
      }
      return tally.event
    } catch {
      log.warning("approvals cannot be read", metadata: ["batch": "\(batch.order.id)", "reason": "\(error)"])
      return .approved(count: 0)
    }
  }

  private func prepare(_ order: PayoutOrder, with wallet: any SigningWallet) async -> PayoutEvent {
    do throws(WalletError) {
      return .prepared(try await wallet.prepare(order.outputs, fees: order.fees))
    } catch {
      log.warning("a payout was not made", metadata: ["batch": "\(order.id)", "reason": "\(error)"])
      if case .node = error { return .failedToAsk }
      return .notPrepared(reason: "\(error)")
    }
  }

  private func release(
    _ inputs: [OutPoint], of batch: PayoutBatch, with wallet: any SigningWallet
  ) async -> PayoutEvent? {
    do throws(WalletError) {
      try await wallet.release(inputs)
    } catch {
      // `settleLocks` finds them.
      log.warning("coins stay locked for now", metadata: ["reason": "\(error)"])
    }
    return batch.isClosed ? nil : .advance
  }

  private func lookUp(_ batch: PayoutBatch, with wallet: any SendingWallet) async -> PayoutEvent {
    do throws(WalletError) {
      return .found(try await wallet.find(comment: batch.order.id.text, since: batch.since))
    } catch {
      if case .historyTooLong = error { return .unfindable(reason: "\(error)") }
      log.warning("a payout cannot be looked up", metadata: ["batch": "\(batch.order.id)", "reason": "\(error)"])
      return .failedToAsk
    }
  }

  private func ask(_ txid: Hash256) async -> PayoutEvent {
    do throws(WalletError) {
      return .status(try await purse.wallet.status(of: txid))
    } catch {
      log.warning("a payment cannot be asked for", metadata: ["txid": "\(txid.displayHex)", "reason": "\(error)"])
      return .failedToAsk
    }
  }

  private func strange(_ batch: PayoutBatch) async -> PayoutEvent? {
    log.error(
      "a payout was begun with another kind of wallet; set payouts.wallet back until it is done",
      metadata: ["batch": "\(batch.order.id)", "route": "\(batch.order.route.rawValue)"])
    return nil
  }

  func report(_ batch: PayoutBatch) {
    let order = batch.order
    let about: [String: String] = [
      "batch": order.id.text, "state": batch.state.label, "total": "\(order.total.value)",
      "miners": "\(order.outputs.count)", "txid": batch.transaction?.txid.displayHex ?? "",
    ]
    let metadata = about.filter { !$0.value.isEmpty }.mapValues { "\($0)" as Logger.MetadataValue }
    if case .review(let reason, _) = batch.state {
      log.error("a payout needs a look: \(reason)", metadata: metadata)
    } else {
      log.notice("payout", metadata: metadata)
    }
  }

  /// Locks again what open batches spend, which a restart of the node has forgotten, and lets go of coins that a payout
  /// took which was never stored. Only for whom has the right to pay.
  func settleLocks() async throws {
    guard case .signing(let wallet) = purse else { return }
    let table = table
    let mine = Set(try await database.read { sql in try table.open(sql) }.flatMap { $0.transaction?.inputs ?? [] })
    do throws(WalletError) {
      let locked = Set(try await wallet.locked())
      try await wallet.relock(mine.subtracting(locked).sorted(by: OutPoint.isBefore))
      let strays = locked.subtracting(mine)
      if !strays.isEmpty {
        log.notice("coins of a payout that was never stored are free again", metadata: ["count": "\(strays.count)"])
        try await wallet.release(strays.sorted(by: OutPoint.isBefore))
      }
    } catch {
      // What is signed stays signed; whoever spends the same coin twice is refused by the network.
      log.warning("the wallet's locks are not in order", metadata: ["reason": "\(error)"])
    }
  }

  /// Reserves batches for everybody who has reached a threshold.
  func plan() async throws {
    let table = table
    let (known, open) = try await database.read { sql in (try table.candidates(sql), try table.open(sql)) }
    let rules = settings.rules
    var candidates: [PayoutCandidate] = []
    for one in known {
      var candidate = PayoutCandidate(
        address: one.address, destination: .unclear(reason: "not asked"), balance: one.balance,
        threshold: one.threshold)
      // Whoever has not reached it need not be asked for.
      guard candidate.balance >= rules.threshold(of: candidate) else { continue }
      candidate.destination = await destination(one.address)
      candidates.append(candidate)
    }
    guard !candidates.isEmpty else { return }
    let spendable: AtomicUnits
    do throws(WalletError) {
      spendable = try await purse.wallet.spendable()
    } catch {
      log.warning("nothing is paid: the wallet does not say what it has", metadata: ["reason": "\(error)"])
      return
    }
    // What open batches will take, and have not taken yet.
    let promised = open.filter { $0.transaction == nil }.reduce(Int128(0)) {
      $0 + Int128($1.order.total.value) + Int128(rules.feeReserve.value)
    }
    let left = AtomicUnits(Int64(clamping: max(0, Int128(spendable.value) - promised)))
    var random = SystemRandomNumberGenerator()
    let plan = PayoutPlan(candidates, rules: rules, spendable: left, using: &random)
    for waiting in plan.waiting.prefix(20) {
      log.notice("a miner is not paid now", metadata: ["address": "\(waiting.address)", "reason": "\(waiting.reason)"])
    }
    if plan.waiting.count > 20 { log.notice("and \(plan.waiting.count - 20) more miners are not paid now") }
    let (orders, now) = (plan.orders, now())
    guard !orders.isEmpty else { return }
    try await database.write { sql in try table.reserve(orders, at: now, sql) }
    for order in orders { report(PayoutBatch(order: order, since: now)) }
  }
}

extension OutPoint {
  static func isBefore(_ a: OutPoint, _ b: OutPoint) -> Bool {
    a.txid != b.txid ? a.txid.number < b.txid.number : a.index < b.index
  }
}
