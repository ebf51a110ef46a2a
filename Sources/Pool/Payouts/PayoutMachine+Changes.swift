import Stratum

/// How a batch is changed, and what there is to do in each state.
extension PayoutMachine {
  func change(
    _ batch: PayoutBatch, to state: PayoutState, at now: UnixTime, booking: PayoutBooking? = nil
  ) -> PayoutTransition {
    var batch = batch
    batch.state = state
    batch.since = now
    batch.version += 1
    return PayoutTransition(batch: batch, booking: booking, step: step(for: batch))
  }

  func unchanged(_ batch: PayoutBatch) -> PayoutTransition { PayoutTransition(batch: batch, step: step(for: batch)) }

  func cancel(_ batch: PayoutBatch, _ reason: String, at now: UnixTime) -> PayoutTransition {
    change(batch, to: .cancelled(reason: reason), at: now, booking: .giveBack)
  }

  func review(
    _ batch: PayoutBatch, _ transaction: PayoutTransaction?, _ reason: String, at now: UnixTime
  ) -> PayoutTransition {
    change(batch, to: .review(reason: reason, transaction), at: now)
  }

  /// What there is to do for a batch in its state, and no more known than what was stored. Never `.submit`: that a
  /// batch is being submitted says that it may have been.
  private func step(for batch: PayoutBatch) -> PayoutStep {
    switch batch.state {
    case .planned: .pause(seconds: 0)
    case .awaitingApproval: .waitForApprovals
    case .approved: batch.order.route == .signed ? .prepare : .pause(seconds: 0)
    case .signed(let payout): .broadcast(payout, afterSeconds: 0)
    case .submitting: .lookUp(afterSeconds: 0)
    case .sent(let transaction), .seen(let transaction), .confirmed(let transaction, _):
      .ask(txid: transaction.txid, afterSeconds: 0)
    case .review(let reason, _): .review(reason: reason)
    case .conflicted(let transaction) where !transaction.inputs.isEmpty: .release(transaction.inputs)
    case .conflicted, .final, .cancelled: .finished
    }
  }

  /// Seconds; 0 when the clock went back.
  func elapsed(_ since: UnixTime, _ now: UnixTime) -> UInt32 {
    now > since ? now.seconds - since.seconds : 0
  }
}
