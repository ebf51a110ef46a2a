import FoundationEssentials
import Stratum
import Testing

@testable import Pool

@Suite struct DecodedTransactionTests {
  private func transaction(paying amount: String) throws -> DecodedTransaction {
    try JSONDecoder().decode(
      DecodedTransaction.self,
      from: Data(#"{"txid":"a","vin":[],"vout":[{"value":\#(amount),"scriptPubKey":{"hex":"51"}}]}"#.utf8))
  }

  /// Whatever the node claims to be spent.
  @Test(arguments: NetworkFeePolicy.allCases, [Int64.max, Int64.max - 1, 0, -1, Int64.min])
  func `a node that claims all the money there can be stops nothing`(fees: NetworkFeePolicy, spent: Int64) throws {
    let asked = PayoutOutput(address: "A", script: [0x51], amount: AtomicUnits(Int64.max))
    for paid in ["0.00000001", "92233720368.54775807"] {
      let transaction = try transaction(paying: paid)
      let result = Result { () throws(WalletError) in
        try transaction.compare(asked: [asked], spent: AtomicUnits(spent), fees: fees)
      }
      // Only what was asked for, or that less the fee which the miner bears, is a payout.
      let isGood = paid == "0.00000001" ? fees == .miners && spent == Int64.max : spent == Int64.max
      switch result {
      case .success(let (fee, amounts)):
        #expect(isGood)
        #expect(fee.value + amounts.reduce(0) { $0 + $1.value } == spent)
      case .failure: #expect(!isGood)
      }
    }
  }
}
