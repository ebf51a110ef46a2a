import Stratum
import Testing

@testable import Pool

struct PayoutApprovalTests {
  private let order = Sample.order(approvals: 2)

  private func key(_ number: UInt8) throws -> Ed25519PrivateKey {
    try #require(Ed25519PrivateKey(seed: [UInt8](repeating: number, count: 32)))
  }

  private func approvers() throws -> Approvers {
    try Approvers(keys: try [1, 2, 3].map { try key($0).publicKey })
  }

  private func changed(
    id: PayoutBatchID? = nil, pool: String = "zion", chain: String = "regtest", outputs: [PayoutOutput]? = nil,
    fees: NetworkFeePolicy = .pool, route: PayoutOrder.Route = .signed, approvals: Int = 2
  ) -> PayoutOrder {
    PayoutOrder(
      id: id ?? order.id, pool: pool, chain: chain, outputs: outputs ?? order.outputs, fees: fees, route: route,
      requiredApprovals: approvals)
  }

  @Test func `two of three approve, one of them twice is one`() throws {
    let approvers = try approvers()
    let first = PayoutApproval(.approve, on: order, by: try key(1))
    let second = PayoutApproval(.approve, on: order, by: try key(3))
    #expect(approvers.tally([first], of: order).event == .approved(count: 1))
    let twice = approvers.tally([first, first], of: order)
    #expect(twice.event == .approved(count: 1))
    #expect(twice.refused == [.alreadyGiven(keyID: first.key.id)])
    #expect(approvers.tally([first, second], of: order).event == .approved(count: 2))
    let batch = Sample.batch(.awaitingApproval, approvals: 2)
    let one = Sample.machine.next(batch, approvers.tally([first, first], of: order).event, at: Sample.start)
    #expect(one.batch.state == .awaitingApproval)
    let two = Sample.machine.next(batch, approvers.tally([first, second], of: order).event, at: Sample.start)
    #expect(two.batch.state == .approved)
  }

  @Test func `strangers, forgeries and approvals of other batches are refused, each with its reason`() throws {
    let approvers = try approvers()
    let stranger = PayoutApproval(.approve, on: order, by: try key(9))
    #expect(throws: ApprovalRefusal.unknownKey(id: stranger.key.id)) {
      try approvers.check(stranger, of: order, after: [])
    }
    // Somebody else's signature under an approver's name.
    var borrowed = stranger
    borrowed.key = try key(1).publicKey
    #expect(throws: ApprovalRefusal.forged(keyID: borrowed.key.id)) {
      try approvers.check(borrowed, of: order, after: [])
    }
    let other = changed(id: Sample.id(2))
    let replayed = PayoutApproval(.approve, on: other, by: try key(1))
    #expect(throws: ApprovalRefusal.otherBatch(digest: other.digest)) {
      try approvers.check(replayed, of: order, after: [])
    }
    var relabelled = replayed
    relabelled.digest = order.digest
    #expect(throws: ApprovalRefusal.forged(keyID: relabelled.key.id)) {
      try approvers.check(relabelled, of: order, after: [])
    }
    // A rejection is no approval.
    var turned = PayoutApproval(.reject, on: order, by: try key(1))
    turned.decision = .approve
    #expect(throws: ApprovalRefusal.forged(keyID: turned.key.id)) { try approvers.check(turned, of: order, after: []) }
    let tally = approvers.tally([stranger, borrowed, replayed, relabelled, turned], of: order)
    #expect(tally.event == .approved(count: 0))
    #expect(tally.refused.count == 5)
  }

  @Test func `an approval with any bit changed does not count`() throws {
    let approvers = try approvers()
    let good = PayoutApproval(.approve, on: order, by: try key(1))
    for index in good.signature.indices {
      var wrong = good
      wrong.signature[index] ^= 4
      #expect(approvers.tally([wrong], of: order).approvedBy == [])
    }
    for index in good.digest.indices {
      var wrong = good
      wrong.digest[index] ^= 4
      #expect(approvers.tally([wrong], of: order).approvedBy == [])
    }
  }

  @Test func `one rejection ends it, also by who approved before`() throws {
    let approvers = try approvers()
    let all = try [1, 2].map { PayoutApproval(.approve, on: order, by: try key($0)) }
    let no = PayoutApproval(.reject, on: order, by: try key(2))
    let tally = approvers.tally(all + [no], of: order)
    guard case .disapproved(let reason) = tally.event else {
      Issue.record("\(tally.event)")
      return
    }
    #expect(reason.contains(no.key.id))
    #expect(tally.approvedBy.map(\.id) == [all[0].key.id])
  }

  @Test func `whatever differs between two batches, their digests differ`() {
    let moved = [order.outputs[1], order.outputs[0]]
    var more = order.outputs
    more[0].amount = AtomicUnits(701)
    var shifted = order.outputs
    (shifted[0].amount, shifted[1].amount) = (AtomicUnits(701), AtomicUnits(299))
    var script = order.outputs
    script[0].script = [9]
    // The same letters, cut at other places.
    var cut = order.outputs
    (cut[0].address, cut[0].script) = ("alic", [UInt8(ascii: "e"), 1])
    let orders = [
      order, changed(id: Sample.id(2)), changed(pool: "zionr", chain: "egtest"), changed(pool: "other"),
      changed(chain: "main"), changed(outputs: moved), changed(outputs: more), changed(outputs: shifted),
      changed(outputs: script), changed(outputs: cut), changed(outputs: [order.outputs[0]]), changed(outputs: []),
      changed(fees: .miners), changed(route: .sendMany), changed(approvals: 1),
    ]
    #expect(Set(orders.map(\.digest)).count == orders.count)
    #expect(changed().digest == order.digest)
    #expect(order.digest.count == 32)
  }

  /// Computed by another program from the description of the bytes.
  @Test func `the digest is the same in every version of the program`() {
    #expect(Hex.encode(order.digest) == "5c961cce6db84ed138859245c9b7286f20839981889d038960dbff86fa7b7394")
  }

  @Test func `an approver's key stands in the list once`() throws {
    let key = try key(1).publicKey
    #expect(throws: Approvers.Malformed.sameKeyTwice(id: key.id)) { _ = try Approvers(keys: [key, key]) }
  }
}
