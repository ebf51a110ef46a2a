import AsyncHTTPClient
import Stratum

/// A node's wallet that has `sendmany` and no raw transactions. What it sent is recognised by its comment, which stays
/// in the wallet and is no part of the transaction.
public final class SendManyWallet: SendingWallet {
  public let name: String
  private let calls: WalletCalls
  /// Entries of a page of the history.
  private let pageSize: Int

  /// - Parameter http: made with `BitcoinNode.httpConfiguration`; stays the caller's, who shuts it down.
  public convenience init(endpoint: NodeEndpoint, http: HTTPClient, settings: WalletSettings = WalletSettings()) {
    self.init(endpoint: endpoint, http: http, settings: settings, pageSize: 1000)
  }

  init(endpoint: NodeEndpoint, http: HTTPClient, settings: WalletSettings, pageSize: Int) {
    name = "wallet of \(endpoint.name)"
    calls = WalletCalls(endpoint: endpoint, http: http, settings: settings)
    self.pageSize = max(1, pageSize)
  }

  public func spendable() async throws(WalletError) -> AtomicUnits { try await calls.spendable() }

  public func holdings() async throws(WalletError) -> WalletHoldings { try await calls.holdings() }

  public func status(of txid: Hash256) async throws(WalletError) -> TransactionStatus {
    try await calls.status(of: txid)
  }

  public func send(_ outputs: [PayoutOutput], fees: NetworkFeePolicy, comment: String) async -> SendResult {
    do throws(WalletError) {
      try WalletCalls.check(outputs)
    } catch {
      return .refused(reason: error.description)
    }
    // The first parameter is the account of old nodes, and nothing in new ones.
    var params: [JSONRPC.Value] = [
      .string(""), WalletCalls.amounts(outputs), .integer(Int64(calls.settings.minimumConfirmations)),
      .string(comment),
    ]
    if fees == .miners { params.append(.array(outputs.map { .string($0.address) })) }
    do throws(NodeError) {
      let txid: String = try await calls.ask("sendmany", params, seconds: calls.settings.sendTimeoutSeconds)
      guard let hash = Hash256(displayHex: txid) else { return .unclear(reason: "sendmany answered \(txid)") }
      return .sent(txid: hash)
    } catch {
      return Self.result(of: error)
    }
  }

  /// Only errors that a wallet finds before it makes a transaction are refusals. A general wallet error (-4) is not:
  /// the transaction may be in the wallet, which hands it in again later.
  static func result(of error: NodeError) -> SendResult {
    switch error {
    case .refused(code: -32601, _), .refused(code: -13, _), .refused(code: -12, _), .refused(code: -8, _),
      .refused(code: -6, _), .refused(code: -5, _), .refused(code: -3, _):
      .refused(reason: WalletError(error).description)
    case .unauthorized: .refused(reason: error.description)
    default: .unclear(reason: error.description)
    }
  }

  private struct Entry: Decodable, Sendable {
    var category: String
    var address: String?
    var amount: CoinAmount
    var fee: CoinAmount?
    var txid: String?
    var comment: String?
    var timereceived: Int64?
    var time: Int64
  }

  public func find(comment: String, since: UnixTime) async throws(WalletError) -> [WalletMatch] {
    // The two clocks may differ, and so may what each calls the time of a transaction.
    let oldest = Int64(since.seconds) - 86_400
    var entries: [Entry] = []
    while true {
      let page: [Entry]
      do throws(NodeError) {
        page = try await calls.ask(
          "listtransactions", [.string("*"), .integer(Int64(pageSize)), .integer(Int64(entries.count))],
          seconds: calls.settings.sendTimeoutSeconds)
      } catch {
        throw .node(error)
      }
      // What arrives meanwhile moves older entries further back, so that some are read twice, and none is missed.
      entries += page
      let isOld = page.allSatisfy { max($0.timereceived ?? 0, $0.time) < oldest }
      if page.count < pageSize || isOld { break }
      guard entries.count < calls.settings.historyLimit else { throw .historyTooLong(entries: entries.count) }
    }
    return try Self.matches(entries, comment: comment)
  }

  private static func matches(_ entries: [Entry], comment: String) throws(WalletError) -> [WalletMatch] {
    var found: [String: WalletMatch] = [:]
    for entry in entries where entry.category == "send" && entry.comment == comment {
      guard let text = entry.txid, let txid = Hash256(displayHex: text), let address = entry.address else {
        throw .node(.malformed("listtransactions"))
      }
      var match = found[text] ?? WalletMatch(txid: txid, outputs: [:], fee: .zero)
      do {
        match.outputs[address] = try AtomicUnits.zero.subtracting(entry.amount.units)
        match.fee = try AtomicUnits.zero.subtracting(entry.fee?.units ?? .zero)
      } catch {
        throw .node(.malformed("listtransactions"))
      }
      found[text] = match
    }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }
}
