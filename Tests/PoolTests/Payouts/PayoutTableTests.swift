import Stratum
import Testing

@testable import Pool

/// Every event in every state.
struct PayoutTableTests {
  static let ours = PayoutTransaction.signed(Sample.payout())
  static let found = PayoutTransaction.found(Sample.match())

  static let states: [(String, PayoutState)] = [
    ("planned", .planned), ("awaiting", .awaitingApproval), ("approved", .approved),
    ("signed", .signed(Sample.payout())), ("submitting", .submitting(refusal: nil)),
    ("refused", .submitting(refusal: "no")), ("sent", .sent(ours)), ("sent by wallet", .sent(found)),
    ("seen", .seen(ours)), ("seen of wallet", .seen(found)), ("confirmed", .confirmed(ours, confirmations: 2)),
    ("confirmed of wallet", .confirmed(found, confirmations: 2)), ("final", .final(ours)),
    ("conflicted", .conflicted(ours)), ("review", .review(reason: "?", nil)),
    ("review of ours", .review(reason: "?", ours)), ("cancelled", .cancelled(reason: "no")),
  ]

  static let events: [(String, PayoutEvent)] = [
    ("advance", .advance), ("1 approval", .approved(count: 1)), ("2 approvals", .approved(count: 2)),
    ("disapproved", .disapproved(reason: "no")), ("prepared", .prepared(Sample.payout())),
    ("prepared other", .prepared(Sample.payout(2))), ("not prepared", .notPrepared(reason: "poor")),
    ("accepted", .broadcast(.accepted)), ("known", .broadcast(.alreadyKnown)),
    ("rejected", .broadcast(.rejected(reason: "no"))), ("unclear", .broadcast(.unclear(reason: "?"))),
    ("unknown", .status(.unknown)), ("mempool", .status(.mempool)), ("1 block", .status(Sample.block(1))),
    ("6 blocks", .status(Sample.block(6))), ("conflict 1", .status(.conflicted(depth: 1))),
    ("conflict 6", .status(.conflicted(depth: 6))), ("answered sent", .answered(.sent(txid: Sample.hash(1)))),
    ("answered refused", .answered(.refused(reason: "no"))), ("answered unclear", .answered(.unclear(reason: "?"))),
    ("found none", .found([])), ("found it", .found([Sample.match()])),
    ("found two", .found([Sample.match(1), Sample.match(2)])), ("unfindable", .unfindable(reason: "long")),
    ("failed to ask", .failedToAsk), ("resolved paid", .resolved(.paid(txid: Sample.hash(1), fee: .zero))),
    ("resolved not paid", .resolved(.notPaid)),
  ]

  private func kind(_ state: PayoutState) -> String {
    switch state {
    case .planned: "planned"
    case .awaitingApproval: "awaiting"
    case .approved: "approved"
    case .signed: "signed"
    case .submitting: "submitting"
    case .sent: "sent"
    case .seen: "seen"
    case .confirmed: "confirmed"
    case .final: "final"
    case .conflicted: "conflicted"
    case .review: "review"
    case .cancelled: "cancelled"
    }
  }

  /// Everything that changes a batch, of either route, of which two approvals are needed: state, events, new state.
  /// What is not here changes nothing.
  static func changes(_ route: PayoutOrder.Route, late: Bool) -> [String: [String: String]] {
    let conflict = ["conflict 6": "conflicted", "6 blocks": "final"]
    var table: [String: [String: String]] = [
      "planned": ["advance": "awaiting", "disapproved": "cancelled"],
      "awaiting": ["2 approvals": "approved", "disapproved": "cancelled"],
      "approved": ["disapproved": "cancelled"],
      "signed": ["accepted": "sent", "known": "sent", "mempool": "seen", "1 block": "confirmed"],
      "submitting": [
        "answered refused": "submitting", "found it": "sent", "found two": "review", "unfindable": "review",
      ],
      "refused": ["found none": "cancelled", "found it": "sent", "found two": "review", "unfindable": "review"],
      "sent": ["unknown": late ? "review" : "signed", "mempool": "seen", "1 block": "confirmed"],
      "sent by wallet": ["mempool": "seen", "1 block": "confirmed"],
      "seen": ["unknown": "signed", "1 block": "confirmed"],
      "seen of wallet": ["unknown": "sent", "1 block": "confirmed"],
      "confirmed": ["unknown": "signed", "mempool": "seen", "1 block": "confirmed"],
      "confirmed of wallet": ["unknown": "sent", "mempool": "seen", "1 block": "confirmed"],
      "review": ["resolved paid": "final", "resolved not paid": "cancelled"],
      "review of ours": ["resolved paid": "final", "resolved not paid": "cancelled"],
    ]
    for state in table.keys where table[state]?["1 block"] != nil { table[state]?.merge(conflict) { $1 } }
    if route == .signed {
      table["approved"]?.merge(["prepared": "signed", "prepared other": "signed"]) { $1 }
    } else {
      table["approved"]?["advance"] = "submitting"
    }
    if late {
      table["approved"]?["not prepared"] = "cancelled"
      table["signed"]?["unknown"] = "review"
      table["sent by wallet"]?["unknown"] = "review"
      table["submitting"]?["found none"] = "review"
    }
    return table
  }

  @Test(arguments: PayoutOrder.Route.allCases, [false, true])
  func `every event in every state does what the table says, and nothing else`(
    route: PayoutOrder.Route, late: Bool
  ) {
    let table = Self.changes(route, late: late)
    let now = UnixTime(seconds: Sample.start.seconds + (late ? 1_000_000 : 10))
    for (stateName, state) in Self.states {
      for (eventName, event) in Self.events {
        let batch = Sample.batch(state, route, approvals: 2)
        let result = Sample.machine.next(batch, event, at: now)
        let pair = "\(stateName) × \(eventName)"
        let expected = table[stateName]?[eventName]
        #expect(result.batch.version == (expected == nil ? 7 : 8), "\(pair)")
        #expect(kind(result.batch.state) == expected ?? kind(state), "\(pair)")
        if expected == nil { #expect(result.batch == batch, "\(pair)") }
        check(result, from: batch, event, pair)
      }
    }
  }

  /// What holds for every pair, whatever the table says.
  private func check(_ result: PayoutTransition, from batch: PayoutBatch, _ event: PayoutEvent, _ pair: String) {
    #expect(result.batch.order == batch.order, "\(pair)")
    switch result.batch.state {
    case .final where !batch.isClosed:
      guard case .settle = result.booking else {
        Issue.record("\(pair): paid and not booked")
        return
      }
    case .conflicted where !batch.isClosed, .cancelled where !batch.isClosed:
      #expect(result.booking == .giveBack, "\(pair)")
    default: #expect(result.booking == nil, "\(pair)")
    }
    if result.step == .submit {
      #expect(batch.state == .approved && event == .advance && batch.order.route == .sendMany, "\(pair)")
      #expect(result.batch.state == .submitting(refusal: nil) && result.batch.version > batch.version, "\(pair)")
    }
    if case .broadcast(let payout, _) = result.step {
      #expect(result.batch.state == .signed(payout), "\(pair): broadcast and not stored")
    }
    if case .prepared(let payout) = event {
      let kept = result.batch.transaction.map { Set($0.inputs).isSuperset(of: payout.inputs) } ?? false
      #expect(kept || result.step == .release(payout.inputs), "\(pair): the inputs are lost")
    }
    if case .review(let reason, _) = result.batch.state, result.batch.version > batch.version {
      #expect(result.step == .review(reason: reason), "\(pair)")
    }
  }
}
