import Stratum

/// What happened to a batch.
public enum PayoutEvent: Equatable, Sendable {
  /// It is new, was read from the store, or its pause is over.
  case advance
  /// So many of its approvers have signed.
  case approved(count: Int)
  /// An approver said no, or the operator took it back.
  case disapproved(reason: String)
  case prepared(SignedPayout)
  /// The wallet does not make the transaction now. Nothing was signed.
  case notPrepared(reason: String)
  case broadcast(BroadcastResult)
  case status(TransactionStatus)
  /// What `sendmany` said.
  case answered(SendResult)
  /// Everything that the wallet has with the batch's comment.
  case found([WalletMatch])
  /// The wallet's history cannot be read far enough.
  case unfindable(reason: String)
  /// No answer from the node: nothing is known that was not known before.
  case failedToAsk
  /// An operator looked into a batch under review.
  case resolved(PayoutResolution)
}

public enum PayoutResolution: Equatable, Sendable {
  case paid(txid: Hash256, fee: AtomicUnits)
  case notPaid
}

/// What the ledger has to book in the same transaction that stores the change.
public enum PayoutBooking: Equatable, Sendable {
  /// The batch's sum went out of the wallet. When the pool bears the fee, that did too; when the miners do, it is
  /// part of the sum.
  case settle(fee: AtomicUnits)
  /// Every account gets back what it was debited.
  case giveBack
}

/// What to do next, after the change has been stored.
public enum PayoutStep: Equatable, Sendable {
  case waitForApprovals
  case prepare
  case broadcast(SignedPayout, afterSeconds: Double)
  /// Call `sendmany`, at once or not at all: a call that is later than the patience of the look-up is not looked for
  /// any more. Asked for once per batch, and never again after a restart.
  case submit
  case lookUp(afterSeconds: Double)
  case ask(txid: Hash256, afterSeconds: Double)
  /// Come back with `.advance`.
  case pause(seconds: Double)
  /// Unlock these inputs, and come back with `.advance` if the batch is not closed.
  case release([OutPoint])
  /// Only a person can go on.
  case review(reason: String)
  case finished
}

public struct PayoutTransition: Equatable, Sendable {
  /// With a greater version when there is something to store.
  public var batch: PayoutBatch
  public var booking: PayoutBooking?
  public var step: PayoutStep
}

/// Decides the next step of a batch. A value without clock, network or store.
///
/// A change is stored before its step is carried out, and only over the version that it was made from; who fails to
/// store drops the step, reads the batch anew and starts with `.advance`. So a restart at any point continues from the
/// stored state, and what is broadcast was stored before.
///
/// Source: design.md §6.
public struct PayoutMachine: Sendable, Equatable {
  public struct Rules: Sendable, Equatable {
    /// Confirmations at which a payout counts as final, and a competing transaction as the one that stays. No
    /// reorganisation may be as deep.
    public var confirmations: UInt32 = 6
    public var pollSeconds = 30.0
    /// Between two attempts at what did not work.
    public var retrySeconds = 60.0
    /// Between two looks for a comment that is not there yet.
    public var lookUpSeconds = 600.0
    /// A batch that the wallet refuses to make for so long is taken back, and planned anew from what there is then.
    public var preparePatience: UInt32 = 3_600
    /// A signed transaction that no node knows for so long is for a person to look at.
    public var unknownPatience: UInt32 = 86_400
    /// A `sendmany` of which the wallet knows nothing for so long is for a person to look at.
    public var lookUpPatience: UInt32 = 21_600

    public init() {}
  }

  public let rules: Rules

  public init(rules: Rules) { self.rules = rules }

  /// What `event` makes of `batch`. An event that does not belong to the batch's state changes nothing, and is
  /// answered with what there is to do.
  public func next(_ batch: PayoutBatch, _ event: PayoutEvent, at now: UnixTime) -> PayoutTransition {
    if case .prepared(let payout) = event, !expectsTransaction(batch) { return unneeded(payout, batch) }
    switch batch.state {
    case .planned: return planned(batch, event, at: now)
    case .awaitingApproval: return awaitingApproval(batch, event, at: now)
    case .approved: return approved(batch, event, at: now)
    case .signed(let payout): return signed(batch, payout, event, at: now)
    case .submitting(let refusal): return submitting(batch, refusal: refusal, event, at: now)
    case .sent, .seen, .confirmed: return onItsWay(batch, event, at: now)
    case .review(_, let transaction): return underReview(batch, transaction, event, at: now)
    case .final, .conflicted, .cancelled: return unchanged(batch)
    }
  }

  private func planned(_ batch: PayoutBatch, _ event: PayoutEvent, at now: UnixTime) -> PayoutTransition {
    switch event {
    case .advance:
      batch.order.requiredApprovals > 0
        ? change(batch, to: .awaitingApproval, at: now) : change(batch, to: .approved, at: now)
    case .disapproved(let reason): cancel(batch, reason, at: now)
    case .approved, .prepared, .notPrepared, .broadcast, .status, .answered, .found, .unfindable, .failedToAsk,
      .resolved:
      unchanged(batch)
    }
  }

  private func awaitingApproval(_ batch: PayoutBatch, _ event: PayoutEvent, at now: UnixTime) -> PayoutTransition {
    switch event {
    case .approved(let count) where count >= batch.order.requiredApprovals: change(batch, to: .approved, at: now)
    case .disapproved(let reason): cancel(batch, reason, at: now)
    case .advance, .approved, .prepared, .notPrepared, .broadcast, .status, .answered, .found, .unfindable,
      .failedToAsk, .resolved:
      unchanged(batch)
    }
  }

  private func approved(_ batch: PayoutBatch, _ event: PayoutEvent, at now: UnixTime) -> PayoutTransition {
    switch (event, batch.order.route) {
    case (.advance, .signed): return PayoutTransition(batch: batch, step: .prepare)
    case (.advance, .sendMany):
      var claim = change(batch, to: .submitting(refusal: nil), at: now)
      claim.step = .submit
      return claim
    case (.prepared(let payout), .signed): return change(batch, to: .signed(payout), at: now)
    case (.notPrepared(let reason), _):
      if elapsed(batch.since, now) >= rules.preparePatience { return cancel(batch, reason, at: now) }
      return PayoutTransition(batch: batch, step: .pause(seconds: rules.retrySeconds))
    case (.failedToAsk, _): return PayoutTransition(batch: batch, step: .pause(seconds: rules.retrySeconds))
    case (.disapproved(let reason), _): return cancel(batch, reason, at: now)
    case (.prepared, .sendMany), (.approved, _), (.broadcast, _), (.status, _), (.answered, _), (.found, _),
      (.unfindable, _), (.resolved, _):
      return unchanged(batch)
    }
  }

  private func underReview(
    _ batch: PayoutBatch, _ transaction: PayoutTransaction?, _ event: PayoutEvent, at now: UnixTime
  ) -> PayoutTransition {
    switch event {
    case .resolved(.paid(let txid, let fee)):
      let paid = transaction.flatMap { $0.txid == txid ? $0 : nil } ?? .named(txid: txid, fee: fee)
      return change(batch, to: .final(paid), at: now, booking: .settle(fee: paid.fee))
    case .resolved(.notPaid):
      var result = cancel(batch, "an operator found it not paid", at: now)
      if let transaction, !transaction.inputs.isEmpty { result.step = .release(transaction.inputs) }
      return result
    case .advance, .approved, .disapproved, .prepared, .notPrepared, .broadcast, .status, .answered, .found,
      .unfindable, .failedToAsk:
      return unchanged(batch)
    }
  }

  /// Whether a transaction that was prepared for `batch` becomes its own.
  private func expectsTransaction(_ batch: PayoutBatch) -> Bool {
    batch.state == .approved && batch.order.route == .signed
  }

  /// A transaction that comes too late was never stored and will not be sent: its inputs are free again, but for
  /// those that the batch's own transaction spends.
  private func unneeded(_ payout: SignedPayout, _ batch: PayoutBatch) -> PayoutTransition {
    let own = batch.transaction?.inputs ?? []
    let free = payout.inputs.filter { !own.contains($0) }
    return free.isEmpty ? unchanged(batch) : PayoutTransition(batch: batch, step: .release(free))
  }
}
