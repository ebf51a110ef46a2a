import Stratum

/// Tells programs of the way of blocks and payouts: each step once, after the database has it.
public struct MoneyNews: Sendable {
  let pool: String
  let coin: Coin
  /// Confirmations at which a reward may be spent.
  let maturity: UInt32
  let sourceName: @Sendable (Algorithm) -> String
  let sink: EventSink

  public init(
    pool: String, coin: Coin, maturity: UInt32, sourceName: @escaping @Sendable (Algorithm) -> String, sink: EventSink
  ) {
    self.pool = pool
    self.coin = coin
    self.maturity = maturity
    self.sourceName = sourceName
    self.sink = sink
  }

  /// A block is stored in its new state. `before`: what was stored of it; `nil` for nothing.
  public func stored(_ block: BlockRecord, over before: BlockState?) {
    if before == nil { sink.publish(.blockFound(event(block))) }
    guard block.state != before else { return }
    switch block.state {
    case .found, .submitted: break
    case .immature: sink.publish(.blockProgress(event(block)))
    case .mature: sink.publish(.blockUnlocked(event(block)))
    case .orphaned, .rejected: sink.publish(.blockOrphaned(event(block)))
    }
  }

  public func heard(_ height: UInt32, of algorithm: Algorithm) {
    sink.publish(
      .chainHeight(
        ChainEvent(
          pool: pool, source: sourceName(algorithm), coin: coin.symbol, algorithm: algorithm, height: height)))
  }

  private func event(_ block: BlockRecord) -> BlockEvent {
    var event = BlockEvent(
      pool: pool, source: sourceName(block.algorithm), coin: coin.symbol, height: block.height,
      hash: block.hash.displayHex, algorithm: block.algorithm, address: block.finder.account,
      worker: block.finder.worker,
      difficulty: block.networkWork.approximate / ShareWork(of: block.algorithm.difficultyOneTarget).approximate,
      reward: block.reward.value, rewardText: coin.text(block.reward), state: block.state.label)
    switch block.state {
    case .rejected(let reason): event.reason = String(reason.prefix(Self.reasonLength))
    case .immature(let confirmations):
      event.confirmations = confirmations
      event.progress = maturity == 0 ? 1 : min(1, Double(confirmations) / Double(maturity))
    case .mature: (event.confirmations, event.progress) = (maturity, 1)
    case .found, .submitted, .orphaned: break
    }
    return event
  }

  /// Of a node's or wallet's words in one event.
  static let reasonLength = 500

  // MARK: payouts

  /// A batch is stored in its new state. Its payments are told of when it is sent; one that an operator had to look at
  /// may be told of again.
  public func stored(_ batch: PayoutBatch, over before: PayoutState) {
    if batch.state.isSent, !before.isSent, let transaction = batch.transaction {
      sink.publish(.paymentBatch(event(batch, state: "sent")))
      for (line, output) in batch.order.outputs.enumerated() {
        sink.publish(
          .payment(payment(output, amount: transaction.amount(at: line) ?? output.amount, transaction, batch)))
      }
    }
    guard batch.state.label != before.label else { return }
    switch batch.state {
    case .final, .conflicted, .cancelled, .review:
      sink.publish(.paymentBatch(event(batch, state: batch.state.label)))
    case .planned, .awaitingApproval, .approved, .signed, .submitting, .sent, .seen, .confirmed: break
    }
  }

  private func payment(
    _ output: PayoutOutput, amount: AtomicUnits, _ transaction: PayoutTransaction, _ batch: PayoutBatch
  ) -> PaymentEvent {
    PaymentEvent(
      pool: pool, coin: coin.symbol, batch: batch.order.id.text, address: output.address, amount: amount.value,
      amountText: coin.text(amount), txid: transaction.txid.displayHex)
  }

  private func event(_ batch: PayoutBatch, state: String) -> PaymentBatchEvent {
    var event = PaymentBatchEvent(
      pool: pool, coin: coin.symbol, batch: batch.order.id.text, state: state, total: batch.order.total.value,
      totalText: coin.text(batch.order.total), recipients: batch.order.outputs.count)
    if let transaction = batch.transaction {
      event.txid = transaction.txid.displayHex
      event.fee = transaction.fee.value
      event.feeText = coin.text(transaction.fee)
    }
    switch batch.state {
    case .review(let reason, _), .cancelled(let reason): event.reason = String(reason.prefix(Self.reasonLength))
    default: break
    }
    return event
  }
}

extension PayoutState {
  /// A node or the wallet has its transaction, as far as anybody knows.
  fileprivate var isSent: Bool {
    switch self {
    case .sent, .seen, .confirmed, .final: true
    case .planned, .awaitingApproval, .approved, .signed, .submitting, .conflicted, .review, .cancelled: false
    }
  }
}

extension PayoutTransaction {
  /// What one line gets, where it is not what its account was debited.
  fileprivate func amount(at line: Int) -> AtomicUnits? {
    guard case .signed(let payout) = self, payout.amounts.indices.contains(line) else { return nil }
    return payout.amounts[line]
  }
}
