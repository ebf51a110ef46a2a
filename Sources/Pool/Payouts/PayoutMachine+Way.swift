import Stratum

/// From the signature, or the call of `sendmany`, to the last confirmation.
extension PayoutMachine {
  func signed(
    _ batch: PayoutBatch, _ payout: SignedPayout, _ event: PayoutEvent, at now: UnixTime
  ) -> PayoutTransition {
    let transaction = PayoutTransaction.signed(payout)
    switch event {
    case .broadcast(.accepted), .broadcast(.alreadyKnown):
      // Patience goes on counting: a node that takes it and does not know it afterwards is no progress.
      var result = change(batch, to: .sent(transaction), at: batch.since)
      result.step = .ask(txid: payout.txid, afterSeconds: rules.pollSeconds)
      return result
    case .broadcast(.rejected), .broadcast(.unclear):
      // Whatever was said, the status tells: a node that has all of it confirmed misses the inputs.
      return PayoutTransition(batch: batch, step: .ask(txid: payout.txid, afterSeconds: 0))
    case .status(let status): return follow(batch, transaction, status, at: now)
    case .failedToAsk:
      return PayoutTransition(batch: batch, step: .ask(txid: payout.txid, afterSeconds: rules.retrySeconds))
    case .advance, .approved, .disapproved, .prepared, .notPrepared, .answered, .found, .unfindable, .resolved:
      return unchanged(batch)
    }
  }

  func onItsWay(_ batch: PayoutBatch, _ event: PayoutEvent, at now: UnixTime) -> PayoutTransition {
    guard let transaction = batch.transaction else { return unchanged(batch) }
    switch event {
    case .status(let status): return follow(batch, transaction, status, at: now)
    case .failedToAsk:
      return PayoutTransition(batch: batch, step: .ask(txid: transaction.txid, afterSeconds: rules.retrySeconds))
    case .advance, .approved, .disapproved, .prepared, .notPrepared, .broadcast, .answered, .found, .unfindable,
      .resolved:
      return unchanged(batch)
    }
  }

  private func follow(
    _ batch: PayoutBatch, _ transaction: PayoutTransaction, _ status: TransactionStatus, at now: UnixTime
  ) -> PayoutTransition {
    switch status {
    case .unknown: return unknown(batch, transaction, at: now)
    case .mempool: return move(batch, to: .seen(transaction), at: now)
    case .confirmed(let confirmations, _) where confirmations >= rules.confirmations:
      return change(batch, to: .final(transaction), at: now, booking: .settle(fee: transaction.fee))
    case .confirmed(let confirmations, _):
      return move(batch, to: .confirmed(transaction, confirmations: confirmations), at: now)
    case .conflicted(let depth) where depth >= rules.confirmations:
      return change(batch, to: .conflicted(transaction), at: now, booking: .giveBack)
    case .conflicted:
      // The other transaction's branch may still lose.
      return PayoutTransition(batch: batch, step: .ask(txid: transaction.txid, afterSeconds: rules.pollSeconds))
    }
  }

  private func move(_ batch: PayoutBatch, to state: PayoutState, at now: UnixTime) -> PayoutTransition {
    var result = state == batch.state ? unchanged(batch) : change(batch, to: state, at: now)
    if let transaction = batch.transaction {
      result.step = .ask(txid: transaction.txid, afterSeconds: rules.pollSeconds)
    }
    return result
  }

  /// No node knows the transaction (any more): what was signed is sent again, what the wallet made is waited for.
  private func unknown(_ batch: PayoutBatch, _ transaction: PayoutTransaction, at now: UnixTime) -> PayoutTransition {
    let wasSeen =
      switch batch.state {
      case .seen, .confirmed: true
      default: false
      }
    if !wasSeen, elapsed(batch.since, now) >= rules.unknownPatience {
      let hours = rules.unknownPatience / 3_600
      return review(
        batch, transaction,
        "no node has known the transaction \(transaction.txid.displayHex) for \(hours) h: look for it in an explorer, "
          + "and see whether its inputs were spent by another one; before you resolve it as not paid, make sure "
          + "that it cannot be confirmed later, by spending one of its inputs", at: now)
    }
    guard case .signed(let payout) = transaction else {
      var result = wasSeen ? change(batch, to: .sent(transaction), at: now) : unchanged(batch)
      result.step = .ask(txid: transaction.txid, afterSeconds: rules.retrySeconds)
      return result
    }
    let since = wasSeen ? now : batch.since
    var result = batch.state == .signed(payout) ? unchanged(batch) : change(batch, to: .signed(payout), at: since)
    result.step = .broadcast(payout, afterSeconds: rules.retrySeconds)
    return result
  }

  func submitting(
    _ batch: PayoutBatch, refusal: String?, _ event: PayoutEvent, at now: UnixTime
  ) -> PayoutTransition {
    switch event {
    case .found(let matches): return found(matches, batch, refusal: refusal, at: now)
    case .answered(.refused(let reason)) where refusal == nil:
      return change(batch, to: .submitting(refusal: reason), at: batch.since)
    case .answered: return PayoutTransition(batch: batch, step: .lookUp(afterSeconds: 0))
    case .unfindable(let reason):
      return review(
        batch, nil, "\(reason): look in the wallet for the comment \(batch.order.id), then resolve the batch",
        at: now)
    case .failedToAsk: return PayoutTransition(batch: batch, step: .lookUp(afterSeconds: rules.retrySeconds))
    case .advance, .approved, .disapproved, .prepared, .notPrepared, .broadcast, .status, .resolved:
      return unchanged(batch)
    }
  }

  private func found(
    _ matches: [WalletMatch], _ batch: PayoutBatch, refusal: String?, at now: UnixTime
  ) -> PayoutTransition {
    let id = batch.order.id
    if matches.count > 1 {
      return review(
        batch, nil,
        "the wallet has \(matches.count) transactions with the comment \(id): "
          + matches.map(\.txid.displayHex).joined(separator: ", ")
          + "; see which of them are confirmed and who got what, then resolve the batch", at: now)
    }
    if let match = matches.first {
      guard batch.order.isPaid(by: match) else {
        return review(
          batch, .found(match),
          "the transaction \(match.txid.displayHex) has the comment \(id) and pays something else than the batch: "
            + "compare its outputs with the batch's, then resolve it", at: now)
      }
      return change(batch, to: .sent(.found(match)), at: now)
    }
    if let refusal { return cancel(batch, refusal, at: now) }
    guard elapsed(batch.since, now) < rules.lookUpPatience else {
      return review(
        batch, nil,
        "sendmany was called without a clear answer, and the wallet has shown no transaction with the comment \(id) for "
          + "\(rules.lookUpPatience / 3_600) h: look for it in the wallet's history (listtransactions), and in its "
          + "backup if it was exchanged, then resolve the batch", at: now)
    }
    return PayoutTransition(batch: batch, step: .lookUp(afterSeconds: rules.lookUpSeconds))
  }
}

extension PayoutOrder {
  /// Whether a transaction of the wallet's pays exactly this: the same addresses, each its amount, but for the fee if
  /// the miners bear it.
  func isPaid(by match: WalletMatch) -> Bool {
    guard match.outputs.count == outputs.count, match.fee >= .zero else { return false }
    var missing: Int128 = 0
    for output in outputs {
      guard let amount = match.outputs[output.address], amount > .zero, amount <= output.amount else { return false }
      missing += Int128(output.amount.value) - Int128(amount.value)
    }
    return missing == (fees == .pool ? 0 : Int128(match.fee.value))
  }
}
