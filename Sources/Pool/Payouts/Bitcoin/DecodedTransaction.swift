import Stratum

/// The answer to `decoderawtransaction`, as far as a payout is compared with it.
struct DecodedTransaction: Decodable, Sendable {
  struct Input: Decodable, Sendable {
    var txid: String?
    var vout: UInt32?
  }
  struct Output: Decodable, Sendable {
    struct Script: Decodable, Sendable { var hex: String }
    var value: CoinAmount
    var scriptPubKey: Script
  }
  var txid: String
  var vin: [Input]
  var vout: [Output]

  var outPoints: [OutPoint]? {
    var points: [OutPoint] = []
    for input in vin {
      guard let txid = input.txid.flatMap({ Hash256(displayHex: $0) }), let index = input.vout else { return nil }
      points.append(OutPoint(txid: txid, index: index))
    }
    return points.isEmpty ? nil : points
  }

  /// What each of `asked` is really paid, in their order, when the transaction pays them, at most one output of
  /// change, and nothing else.
  /// - Parameters:
  ///   - spent: the value of all inputs together.
  ///   - fees: the pool bears them: each output is exactly what was asked for. The miners do: what the outputs lack
  ///     is the fee, in equal parts.
  /// - Throws: `.otherTransaction` with the difference.
  func compare(
    asked: [PayoutOutput], spent: AtomicUnits, fees: NetworkFeePolicy
  ) throws(WalletError) -> (fee: AtomicUnits, amounts: [AtomicUnits]) {
    var left = vout
    var amounts: [AtomicUnits] = []
    for output in asked {
      let script = Hex.encode(output.script)
      guard let index = left.firstIndex(where: { $0.scriptPubKey.hex.lowercased() == script }) else {
        throw .otherTransaction("nothing for \(output.address)")
      }
      amounts.append(left.remove(at: index).value.units)
    }
    guard left.count <= 1 else { throw .otherTransaction("\(left.count) outputs more than asked for and change") }
    do {
      let paid = try vout.reduce(AtomicUnits.zero) { try $0.adding($1.value.units) }
      let fee = try spent.subtracting(paid)
      guard fee >= .zero, vout.allSatisfy({ $0.value.units >= .zero }) else {
        throw WalletError.otherTransaction("it pays more than it spends")
      }
      // What each of them bears, and how much more the first may.
      let (least, spread) = fees == .pool ? (0, 1) : (fee.value / Int64(asked.count), Int64(asked.count))
      for (output, amount) in zip(asked, amounts) {
        let missing = try output.amount.subtracting(amount)
        guard amount > .zero, missing.value >= least, missing.value - least < spread else {
          throw WalletError.otherTransaction(
            "\(output.address) gets \(CoinAmount(amount)) of \(CoinAmount(output.amount))")
        }
      }
      if fees == .miners {
        let gross = try asked.reduce(AtomicUnits.zero) { try $0.adding($1.amount) }
        let net = try amounts.reduce(AtomicUnits.zero) { try $0.adding($1) }
        guard try gross.subtracting(net) == fee else {
          throw WalletError.otherTransaction("the miners bear another sum than the fee")
        }
      }
      return (fee, amounts)
    } catch let error as WalletError {
      throw error
    } catch {
      throw .otherTransaction("its amounts are more than all the money there can be")
    }
  }
}
