import Stratum
import Testing

@testable import Pool

/// The way of a batch, as events and steps.
struct PayoutMachineTests {
  private let payout = Sample.payout()
  private var txid: Hash256 { payout.txid }

  /// Feeds events one after the other, `seconds` apart.
  private func run(
    _ batch: PayoutBatch, every seconds: UInt32 = 1, _ events: PayoutEvent...
  ) -> [PayoutTransition] {
    var transitions: [PayoutTransition] = []
    var batch = batch
    for (index, event) in events.enumerated() {
      let now = UnixTime(seconds: Sample.start.seconds + UInt32(index) * seconds)
      transitions.append(Sample.machine.next(batch, event, at: now))
      batch = transitions.last?.batch ?? batch
    }
    return transitions
  }

  @Test func `a batch below the limit is prepared, stored, broadcast, seen, confirmed and settled`() {
    let way = run(
      Sample.batch(), .advance, .advance, .prepared(payout), .broadcast(.accepted), .status(.mempool),
      .status(Sample.block(1)), .status(Sample.block(1)), .status(Sample.block(5)), .status(Sample.block(6)),
      .advance)
    #expect(
      way.map(\.step) == [
        .prepare, .prepare, .broadcast(payout, afterSeconds: 0), .ask(txid: txid, afterSeconds: 30),
        .ask(txid: txid, afterSeconds: 30), .ask(txid: txid, afterSeconds: 30), .ask(txid: txid, afterSeconds: 30),
        .ask(txid: txid, afterSeconds: 30), .finished, .finished,
      ])
    let ours = PayoutTransaction.signed(payout)
    #expect(
      way.map(\.batch.state) == [
        .approved, .approved, .signed(payout), .sent(ours), .seen(ours), .confirmed(ours, confirmations: 1),
        .confirmed(ours, confirmations: 1), .confirmed(ours, confirmations: 5), .final(ours), .final(ours),
      ])
    #expect(way.map(\.batch.version) == [8, 8, 9, 10, 11, 12, 12, 13, 14, 14])
    #expect(way.compactMap(\.booking) == [.settle(fee: AtomicUnits(5))])
    #expect(way[8].booking != nil)
  }

  @Test func `a batch above the limit waits for all its approvals, and a rejection gives the money back`() {
    let planned = Sample.batch(.planned, approvals: 2)
    let way = run(planned, .advance, .advance, .approved(count: 1), .prepared(payout), .approved(count: 2))
    #expect(
      way.map(\.step) == [
        .waitForApprovals, .waitForApprovals, .waitForApprovals, .release(payout.inputs), .prepare,
      ])
    #expect(way.map(\.batch.state).dropLast().allSatisfy { $0 == .awaitingApproval })
    let no = run(planned, .advance, .approved(count: 1), .disapproved(reason: "typo"), .approved(count: 2))
    #expect(no.last?.batch.state == .cancelled(reason: "typo"))
    #expect(no.compactMap(\.booking) == [.giveBack])
  }

  @Test func `a transaction that was stored is broadcast until a node has it`() {
    let way = run(
      Sample.batch(.signed(payout)), .advance, .broadcast(.unclear(reason: "timeout")), .failedToAsk,
      .status(.unknown), .broadcast(.rejected(reason: "mempool full")), .status(.unknown), .broadcast(.alreadyKnown))
    #expect(
      way.map(\.step) == [
        .broadcast(payout, afterSeconds: 0), .ask(txid: txid, afterSeconds: 0), .ask(txid: txid, afterSeconds: 60),
        .broadcast(payout, afterSeconds: 60), .ask(txid: txid, afterSeconds: 0),
        .broadcast(payout, afterSeconds: 60), .ask(txid: txid, afterSeconds: 30),
      ])
    #expect(way.map(\.batch.version) == [7, 7, 7, 7, 7, 7, 8])
  }

  @Test func `the answer to a broadcast may be lost: the chain tells`() {
    let way = run(
      Sample.batch(.signed(payout)), .broadcast(.rejected(reason: "Missing inputs")), .status(Sample.block(9)))
    #expect(way.last?.batch.state == .final(.signed(payout)))
    #expect(way.last?.booking == .settle(fee: AtomicUnits(5)))
  }

  @Test func `a transaction that fell out of the memory pool or the chain is sent again`() {
    let ours = PayoutTransaction.signed(payout)
    for state in [PayoutState.sent(ours), .seen(ours), .confirmed(ours, confirmations: 3)] {
      let way = run(Sample.batch(state), .status(.unknown))
      #expect(way[0].batch.state == .signed(payout))
      #expect(way[0].step == .broadcast(payout, afterSeconds: 60))
    }
    let back = run(Sample.batch(.confirmed(ours, confirmations: 3)), .status(.mempool), .status(Sample.block(1)))
    #expect(back.map(\.batch.state) == [.seen(ours), .confirmed(ours, confirmations: 1)])
  }

  @Test func `an input spent by another transaction is final only as deep as a payout would be`() {
    let ours = PayoutTransaction.signed(payout)
    for state in [PayoutState.signed(payout), .sent(ours), .seen(ours), .confirmed(ours, confirmations: 1)] {
      let way = run(Sample.batch(state), .status(.conflicted(depth: 5)), .status(.conflicted(depth: 6)))
      #expect(way[0].batch.state == state)
      #expect(way[0].step == .ask(txid: txid, afterSeconds: 30))
      #expect(way[1].batch.state == .conflicted(ours))
      #expect(way[1].booking == .giveBack)
      #expect(way[1].step == .release(payout.inputs))
    }
  }

  @Test func `what no node knows for a day is for a person, counted from when it was last known`() {
    let ours = PayoutTransaction.signed(payout)
    let day = run(
      Sample.batch(.signed(payout)), every: 86_399, .broadcast(.accepted), .status(.unknown), .status(.unknown))
    #expect(day[1].batch.state == .signed(payout))
    guard case .review(let reason, let transaction) = day[2].batch.state else {
      Issue.record("\(day[2].batch.state)")
      return
    }
    #expect(transaction == ours)
    #expect(reason.contains(txid.displayHex) && reason.contains("24 h"))
    #expect(day[2].booking == nil)
    let seen = run(
      Sample.batch(.seen(ours)), every: 86_399, .advance, .status(.unknown), .status(.unknown), .status(.unknown))
    #expect(seen[2].batch.state == .signed(payout))
    guard case .review = seen[3].batch.state else {
      Issue.record("\(seen[3].batch.state)")
      return
    }
  }

  @Test func `a wallet that does not pay for an hour gives the money back, one that is away does not`() {
    let refused = PayoutEvent.notPrepared(reason: "too little")
    let way = run(Sample.batch(.approved), every: 1_799, .advance, refused, refused, refused)
    #expect(
      way.map(\.step) == [.prepare, .pause(seconds: 60), .pause(seconds: 60), .finished])
    #expect(way.last?.batch.state == .cancelled(reason: "too little"))
    #expect(way.compactMap(\.booking) == [.giveBack])
    let away = run(Sample.batch(.approved), every: 86_400, .failedToAsk, .failedToAsk, .failedToAsk)
    #expect(away.allSatisfy { $0.step == .pause(seconds: 60) && $0.batch.state == .approved })
  }

  @Test func `sendmany is called once, after the claim was stored, and looked up before anything else`() {
    let approved = Sample.batch(.approved, .sendMany)
    let way = run(approved, .advance, .advance, .answered(.sent(txid: txid)), .found([Sample.match()]))
    #expect(
      way.map(\.step) == [
        .submit, .lookUp(afterSeconds: 0), .lookUp(afterSeconds: 0), .ask(txid: txid, afterSeconds: 0),
      ])
    #expect(way.map(\.batch.version) == [8, 8, 8, 9])
    #expect(way.last?.batch.state == .sent(.found(Sample.match())))
  }

  @Test func `an unclear sendmany is held, looked for every ten minutes, and at last reviewed`() {
    let held = Sample.batch(.submitting(refusal: nil), .sendMany)
    let way = run(
      held, every: 7_200, .answered(.unclear(reason: "timeout")), .found([]), .found([]), .found([]),
      .resolved(.notPaid))
    #expect(
      way[0..<3].map(\.step) == [.lookUp(afterSeconds: 0), .lookUp(afterSeconds: 600), .lookUp(afterSeconds: 600)])
    guard case .review(let reason, nil) = way[3].batch.state else {
      Issue.record("\(way[3].batch.state)")
      return
    }
    #expect(reason.contains(Sample.id().text) && reason.contains("6 h"))
    #expect(way[4].booking == .giveBack)
    #expect(way.dropLast().allSatisfy { $0.booking == nil })
  }

  @Test func `a refusal counts only when the wallet has nothing with the comment either`() {
    let held = Sample.batch(.submitting(refusal: nil), .sendMany)
    let refused = PayoutEvent.answered(.refused(reason: "locked"))
    let way = run(held, refused, refused, .advance, .found([]))
    #expect(way[0..<3].allSatisfy { $0.step == .lookUp(afterSeconds: 0) && $0.booking == nil })
    #expect(way.map(\.batch.version) == [8, 8, 8, 9])
    #expect(way[3].batch.state == .cancelled(reason: "locked"))
    #expect(way[3].booking == .giveBack)
    #expect(run(held, refused, .found([Sample.match()])).last?.batch.state == .sent(.found(Sample.match())))
  }

  @Test func `several matches, or one that pays otherwise, are for a person`() {
    let held = Sample.batch(.submitting(refusal: nil), .sendMany)
    var less = Sample.match()
    less.outputs["bob"] = AtomicUnits(299)
    var stranger = Sample.match()
    stranger.outputs["carol"] = AtomicUnits(1)
    var missing = Sample.match()
    missing.outputs["bob"] = nil
    for matches in [[less], [stranger], [missing], [Sample.match(1), Sample.match(2)]] {
      let result = run(held, .found(matches))[0]
      guard case .review(let reason, _) = result.batch.state else {
        Issue.record("\(result.batch.state)")
        return
      }
      #expect(matches.allSatisfy { reason.contains($0.txid.displayHex) })
    }
    let order = Sample.order(.sendMany, fees: .miners)
    var shared = Sample.match()
    shared.outputs["alice"] = AtomicUnits(697)
    shared.outputs["bob"] = AtomicUnits(298)
    #expect(order.isPaid(by: shared))
    shared.fee = AtomicUnits(6)
    #expect(!order.isPaid(by: shared))
  }

  @Test func `an operator resolves a review, and nobody else does`() {
    let ours = PayoutTransaction.signed(payout)
    let held = Sample.batch(.review(reason: "?", ours))
    let other = PayoutEvent.resolved(.paid(txid: Sample.hash(5), fee: AtomicUnits(9)))
    #expect(run(held, .resolved(.paid(txid: txid, fee: .zero)))[0].booking == .settle(fee: AtomicUnits(5)))
    #expect(run(held, other)[0].booking == .settle(fee: AtomicUnits(9)))
    #expect(run(held, other)[0].batch.state == .final(.named(txid: Sample.hash(5), fee: AtomicUnits(9))))
    let not = run(held, .resolved(.notPaid), .resolved(.notPaid), other)
    #expect(not.map(\.step) == [.release(payout.inputs), .finished, .finished])
    #expect(not.map(\.booking) == [.giveBack, nil, nil])
  }

  @Test func `the clock may go back`() {
    let way = Sample.machine.next(Sample.batch(.signed(payout)), .status(.unknown), at: UnixTime(seconds: 0))
    #expect(way.step == .broadcast(payout, afterSeconds: 60))
  }
}
