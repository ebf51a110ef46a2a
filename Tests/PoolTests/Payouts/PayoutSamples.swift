import Stratum
import TestSupport
import Testing

@testable import Pool

/// Batches, transactions and machines for tests.
enum Sample {
  static let start = UnixTime(seconds: 1_800_000_000)
  static let rules = PayoutMachine.Rules()
  static let machine = PayoutMachine(rules: rules)

  static func id(_ seed: UInt64 = 1) -> PayoutBatchID {
    var random = SeededRandom(seed: seed)
    return PayoutBatchID(using: &random)
  }

  static func hash(_ number: UInt64) -> Hash256 { Hash256(number: UInt256(number)) }

  static let outputs = [
    PayoutOutput(address: "alice", script: [1], amount: AtomicUnits(700)),
    PayoutOutput(address: "bob", script: [2], amount: AtomicUnits(300)),
  ]

  static func order(
    _ route: PayoutOrder.Route = .signed, approvals: Int = 0, fees: NetworkFeePolicy = .pool
  ) -> PayoutOrder {
    PayoutOrder(
      id: id(), pool: "zion", chain: "regtest", outputs: outputs, fees: fees, route: route,
      requiredApprovals: approvals)
  }

  static func batch(
    _ state: PayoutState = .planned, _ route: PayoutOrder.Route = .signed, approvals: Int = 0
  ) -> PayoutBatch {
    PayoutBatch(order: order(route, approvals: approvals), state: state, version: 7, since: start)
  }

  static func payout(_ number: UInt64 = 1) -> SignedPayout {
    SignedPayout(
      rawTransaction: [UInt8(truncatingIfNeeded: number)], txid: hash(number),
      inputs: [OutPoint(txid: hash(1000 + number), index: 0)], fee: AtomicUnits(5),
      amounts: outputs.map(\.amount))
  }

  static func match(_ number: UInt64 = 1) -> WalletMatch {
    WalletMatch(
      txid: hash(number), outputs: ["alice": AtomicUnits(700), "bob": AtomicUnits(300)], fee: AtomicUnits(5))
  }

  static func block(_ confirmations: UInt32) -> TransactionStatus {
    .confirmed(confirmations: confirmations, block: hash(99))
  }
}
