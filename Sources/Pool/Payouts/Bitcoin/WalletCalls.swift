import AsyncHTTPClient
import Stratum

/// How a node's wallet is used.
public struct WalletSettings: Sendable, Equatable {
  /// For questions.
  public var timeoutSeconds = 30.0
  /// For making, signing and sending: a wallet with many coins takes long.
  public var sendTimeoutSeconds = 120.0
  /// Coins with fewer confirmations are not counted as spendable.
  public var minimumConfirmations: UInt32 = 1
  /// Network fee per 1,000 bytes; `nil` leaves it to the node.
  public var feePerKilobyte: AtomicUnits?
  /// A payout whose fee would be more is not signed.
  public var maximumFee = AtomicUnits(5_000_000)
  /// The same, per 1,000 bytes of transaction.
  public var maximumFeePerKilobyte = AtomicUnits(1_000_000)
  /// Entries of the wallet's history that are read when a comment is looked for.
  public var historyLimit = 100_000
  public var responseByteLimit = 128 << 20

  public init() {}
}

/// The calls that every wallet needs.
struct WalletCalls: Sendable {
  let rpc: JSONRPC
  let settings: WalletSettings

  init(endpoint: NodeEndpoint, http: HTTPClient, settings: WalletSettings) {
    rpc = JSONRPC(endpoint: endpoint, http: http, responseByteLimit: settings.responseByteLimit)
    self.settings = settings
  }

  /// The result of a question; `null` is malformed.
  func ask<R: Decodable & Sendable>(
    _ method: String, _ params: [JSONRPC.Value] = [], seconds: Double? = nil, as type: R.Type = R.self
  ) async throws(NodeError) -> R {
    let answer = try await rpc.call(method, params, timeout: seconds ?? settings.timeoutSeconds, as: type)
    guard let answer else { throw .malformed("\(method): null") }
    return answer
  }

  func spendable() async throws(WalletError) -> AtomicUnits {
    struct Coin: Decodable {
      var amount: CoinAmount
      var spendable: Bool?
      var safe: Bool?
    }
    do {
      // Not `getbalance`, which counts locked coins too.
      let coins = try await ask("listunspent", [.integer(Int64(settings.minimumConfirmations))], as: [Coin].self)
      return try coins.reduce(.zero) { sum, coin in
        coin.spendable == false || coin.safe == false ? sum : try sum.adding(coin.amount.units)
      }
    } catch let error as NodeError {
      throw .node(error)
    } catch {
      throw .node(.malformed("listunspent: more than all the money there can be"))
    }
  }

  func holdings() async throws(WalletError) -> WalletHoldings {
    struct Mine: Decodable, Sendable { var trusted, untrusted_pending, immature: CoinAmount }
    struct Balances: Decodable, Sendable { var mine: Mine }
    struct Old: Decodable, Sendable { var balance, unconfirmed_balance, immature_balance: CoinAmount }
    let (settled, pending, immature): (CoinAmount, CoinAmount, CoinAmount)
    do throws(NodeError) {
      do throws(NodeError) {
        let mine = try await ask("getbalances", as: Balances.self).mine
        (settled, pending, immature) = (mine.trusted, mine.untrusted_pending, mine.immature)
      } catch {
        // Nodes before 0.19 say it in another call.
        guard case .refused(code: -32601, _) = error else { throw error }
        let old = try await ask("getwalletinfo", as: Old.self)
        (settled, pending, immature) = (old.balance, old.unconfirmed_balance, old.immature_balance)
      }
    } catch {
      throw .node(error)
    }
    do throws(AtomicUnits.Overflow) {
      return WalletHoldings(balance: try settled.units.adding(pending.units), immature: immature.units)
    } catch {
      throw .node(.malformed("getbalances: more than all the money there can be"))
    }
  }

  func status(of txid: Hash256) async throws(WalletError) -> TransactionStatus {
    do throws(NodeError) {
      return try await status(of: txid.displayHex)
    } catch {
      throw .node(error)
    }
  }

  private struct Placed: Decodable, Sendable {
    var confirmations: Int64?
    var blockhash: String?
  }

  private func status(of txid: String) async throws(NodeError) -> TransactionStatus {
    guard let known = try await unlessUnknown("gettransaction", [.string(txid)], as: Placed.self) else {
      // Not the wallet's, or the wallet forgot: the memory pool and, with an index, the chain still know.
      let raw = try await unlessUnknown("getrawtransaction", [.string(txid), .integer(1)], as: Placed.self)
      guard let raw else { return .unknown }
      guard let confirmations = raw.confirmations, confirmations > 0 else { return .mempool }
      return try confirmed(confirmations, raw)
    }
    let confirmations = known.confirmations ?? 0
    if confirmations > 0 { return try confirmed(confirmations, known) }
    if confirmations < 0 { return .conflicted(depth: UInt32(clamping: confirmations.magnitude)) }
    // The wallet also keeps what fell out of the memory pool.
    struct Entry: Decodable, Sendable {}
    let entry = try await unlessUnknown("getmempoolentry", [.string(txid)], as: Entry.self)
    return entry == nil ? .unknown : .mempool
  }

  private func confirmed(_ confirmations: Int64, _ placed: Placed) throws(NodeError) -> TransactionStatus {
    guard let block = placed.blockhash.flatMap({ Hash256(displayHex: $0) }) else { throw .malformed("no blockhash") }
    return .confirmed(confirmations: UInt32(clamping: confirmations), block: block)
  }

  /// `nil` for the error of what is not known (-5).
  private func unlessUnknown<R: Decodable & Sendable>(
    _ method: String, _ params: [JSONRPC.Value], as type: R.Type
  ) async throws(NodeError) -> R? {
    do throws(NodeError) {
      return try await ask(method, params, as: type)
    } catch {
      if case .refused(code: -5, _) = error { return nil }
      throw error
    }
  }

  /// - Throws: `.unreasonable`, before the node is asked at all.
  static func check(_ outputs: [PayoutOutput]) throws(WalletError) {
    guard !outputs.isEmpty else { throw .unreasonable("it has no outputs") }
    var seen: Set<String> = []
    var scripts: Set<[UInt8]> = []
    var total = AtomicUnits.zero
    for output in outputs {
      guard output.amount > .zero else { throw .unreasonable("\(output.address) would get nothing") }
      guard seen.insert(output.address).inserted, scripts.insert(output.script).inserted else {
        throw .unreasonable("\(output.address) is in it twice")
      }
      do {
        total = try total.adding(output.amount)
      } catch {
        throw .unreasonable("its sum is more than all the money there can be")
      }
    }
  }

  static func amounts(_ outputs: [PayoutOutput]) -> JSONRPC.Value {
    .object(Dictionary(outputs.map { ($0.address, .amount($0.amount)) }) { first, _ in first })
  }
}
