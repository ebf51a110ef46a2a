import AsyncHTTPClient
import Stratum
import Synchronization

/// A node's wallet, used in steps: make, fund, sign, compare, and only then broadcast.
///
/// Works with the calls of new nodes and of old ones (`signrawtransaction`, no segwit).
public final class RawTransactionWallet: SigningWallet {
  public let name: String
  let calls: WalletCalls
  /// The node has `signrawtransaction` only.
  private let signsTheOldWay = Mutex(false)

  /// - Parameter http: made with `BitcoinNode.httpConfiguration`; stays the caller's, who shuts it down.
  public init(endpoint: NodeEndpoint, http: HTTPClient, settings: WalletSettings = WalletSettings()) {
    name = "wallet of \(endpoint.name)"
    calls = WalletCalls(endpoint: endpoint, http: http, settings: settings)
  }

  public func spendable() async throws(WalletError) -> AtomicUnits { try await calls.spendable() }

  public func holdings() async throws(WalletError) -> WalletHoldings { try await calls.holdings() }

  public func status(of txid: Hash256) async throws(WalletError) -> TransactionStatus {
    try await calls.status(of: txid)
  }

  public func prepare(
    _ outputs: [PayoutOutput], fees: NetworkFeePolicy
  ) async throws(WalletError) -> SignedPayout {
    try WalletCalls.check(outputs)
    let funded = try await funded(outputs, fees: fees)
    let draft: DecodedTransaction
    do throws(NodeError) {
      draft = try await decode(funded)
    } catch {
      throw .node(error)
    }
    guard let inputs = draft.outPoints else { throw .otherTransaction("it spends nothing") }
    do throws(WalletError) {
      return try await signed(funded, inputs: inputs, outputs: outputs, fees: fees)
    } catch {
      do throws(WalletError) {
        try await release(inputs)
      } catch _ {
        // Locked until the node is restarted, or until somebody compares `locked()` with the open payouts.
      }
      throw error
    }
  }

  /// A transaction with inputs and change, its inputs locked.
  private func funded(_ outputs: [PayoutOutput], fees: NetworkFeePolicy) async throws(WalletError) -> String {
    struct Funded: Decodable, Sendable { var hex: String }
    var options: [String: JSONRPC.Value] = ["lockUnspents": .bool(true)]
    if let rate = calls.settings.feePerKilobyte { options["feeRate"] = .amount(rate) }
    if fees == .miners {
      // Without change yet, so that the first outputs are all there are.
      options["subtractFeeFromOutputs"] = .array(outputs.indices.map { .integer(Int64($0)) })
    }
    let seconds = calls.settings.sendTimeoutSeconds
    do throws(NodeError) {
      let bare: String = try await calls.ask("createrawtransaction", [.array([]), WalletCalls.amounts(outputs)])
      let funded = try await calls.ask(
        "fundrawtransaction", [.string(bare), .object(options)], seconds: seconds, as: Funded.self)
      return funded.hex
    } catch {
      throw WalletError(error)
    }
  }

  private func signed(
    _ funded: String, inputs: [OutPoint], outputs: [PayoutOutput], fees: NetworkFeePolicy
  ) async throws(WalletError) -> SignedPayout {
    let spent = try await value(of: inputs)
    let hex = try await sign(funded)
    let transaction: DecodedTransaction
    do throws(NodeError) {
      transaction = try await decode(hex)
    } catch {
      throw .node(error)
    }
    guard let bytes = Hex.decode(hex), let txid = Hash256(displayHex: transaction.txid) else {
      throw .node(.malformed("the signed transaction"))
    }
    guard transaction.outPoints == inputs else { throw .otherTransaction("other inputs after signing") }
    let (fee, amounts) = try transaction.compare(asked: outputs, spent: spent, fees: fees)
    let limit = feeLimit(byteCount: bytes.count)
    guard fee <= limit else { throw .feeTooHigh(fee: fee, limit: limit) }
    return SignedPayout(rawTransaction: bytes, txid: txid, inputs: inputs, fee: fee, amounts: amounts)
  }

  /// The lower one of both limits.
  func feeLimit(byteCount: Int) -> AtomicUnits {
    let settings = calls.settings
    let byRate = Int128(settings.maximumFeePerKilobyte.value) * Int128(byteCount) / 1000
    return min(settings.maximumFee, AtomicUnits(Int64(clamping: byRate)))
  }

  private func decode(_ hex: String) async throws(NodeError) -> DecodedTransaction {
    try await calls.ask("decoderawtransaction", [.string(hex)])
  }

  /// From the outputs themselves: the fee is what the transaction leaves over of it, whatever the node calls its fee.
  private func value(of inputs: [OutPoint]) async throws(WalletError) -> AtomicUnits {
    struct Coin: Decodable, Sendable { var value: CoinAmount }
    do {
      var sum = AtomicUnits.zero
      for input in inputs {
        let coin = try await calls.ask(
          "gettxout", [.string(input.txid.displayHex), .integer(Int64(input.index)), .bool(true)], as: Coin.self)
        sum = try sum.adding(coin.value.units)
      }
      return sum
    } catch let error as NodeError {
      throw .node(error)
    } catch {
      throw .otherTransaction("its inputs are more than all the money there can be")
    }
  }

  private func sign(_ hex: String) async throws(WalletError) -> String {
    struct Signed: Decodable, Sendable {
      struct Trouble: Decodable, Sendable { var error: String? }
      var hex: String
      var complete: Bool
      var errors: [Trouble]?
    }
    do throws(NodeError) {
      let method = signsTheOldWay.withLock { $0 } ? "signrawtransaction" : "signrawtransactionwithwallet"
      let signed: Signed
      do throws(NodeError) {
        signed = try await calls.ask(method, [.string(hex)], seconds: calls.settings.sendTimeoutSeconds)
      } catch {
        guard case .refused(code: -32601, _) = error, method != "signrawtransaction" else { throw error }
        signed = try await calls.ask(
          "signrawtransaction", [.string(hex)], seconds: calls.settings.sendTimeoutSeconds)
        signsTheOldWay.withLock { $0 = true }
      }
      if signed.complete { return signed.hex }
      throw NodeError.malformed(signed.errors?.compactMap(\.error).first ?? "it says that signatures are missing")
    } catch {
      if case .malformed(let why) = error { throw .unsigned(why) }
      throw WalletError(error)
    }
  }
}
