import AsyncHTTPClient
import Stratum
import TestSupport
import Testing

@testable import Pool

/// Two real nodes, of which the first has money and is the pool's, and the second is the miners'.
struct WalletChain: Sendable {
  let pair: BitcoindPair
  private let addresses: BitcoinNode
  private static let http = HTTPClient(
    eventLoopGroupProvider: .singleton, configuration: BitcoinNode.httpConfiguration)

  /// - Parameter coins: spendable coins of 50 each.
  static func start(coins: Int = 5) async throws -> WalletChain {
    let pair = try await BitcoindPair.start(blocks: 100 + coins)
    return WalletChain(
      pair: pair,
      addresses: BitcoinNode(endpoint: try NodeEndpoint(url: pair.urls[0]), algorithm: .sha256d, http: Self.http))
  }

  func rawWallet(_ settings: WalletSettings = WalletSettings()) throws -> RawTransactionWallet {
    RawTransactionWallet(endpoint: try NodeEndpoint(url: pair.urls[0]), http: Self.http, settings: settings)
  }

  func sendManyWallet(_ settings: WalletSettings = WalletSettings(), pageSize: Int = 1000) throws -> SendManyWallet {
    SendManyWallet(
      endpoint: try NodeEndpoint(url: pair.urls[0]), http: Self.http, settings: settings, pageSize: pageSize)
  }

  /// Outputs to new addresses of the second node.
  func outputs(_ amounts: Int64...) async throws -> [PayoutOutput] {
    var outputs: [PayoutOutput] = []
    for amount in amounts {
      let address = try #require(try await pair.call("getnewaddress", node: 1).string)
      let script = try #require(try await addresses.scriptPubKey(for: address))
      outputs.append(PayoutOutput(address: address, script: script, amount: AtomicUnits(amount)))
    }
    return outputs
  }

  /// What the second node's wallet has received at each address, in atomic units.
  func received(_ outputs: [PayoutOutput], confirmations: Int = 0) async throws -> [Int64] {
    var amounts: [Int64] = []
    for output in outputs {
      let answer = try await pair.call("getreceivedbyaddress", #""\#(output.address)",\#(confirmations)"#, node: 1)
      amounts.append(Int64((try #require(answer.double) * 1e8).rounded()))
    }
    return amounts
  }

  /// One block, which both nodes have.
  func mine(_ blocks: Int = 1, node: Int = 0) async throws {
    try await pair.call("generate", "\(blocks)", node: node)
    try await pair.agree()
  }

  /// Waits until a node has a transaction in its memory pool.
  func arrival(of txid: Hash256, node: Int) async throws {
    try await eventually("the transaction arrives") {
      try await pair.call("getrawmempool", node: node).array.contains(.string(txid.displayHex))
    }
  }
}
