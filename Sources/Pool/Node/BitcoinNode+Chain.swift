extension BitcoinNode {
  /// What the node calls its network: `main`, `test`, `regtest`.
  public func chain() async throws(NodeError) -> String { try await chainReport().chain }

  /// Which chain the node follows, and how far it has come.
  public func chainReport() async throws(NodeError) -> NodeChain {
    let report = try await rpc.call(
      "getblockchaininfo", timeout: settings.timeoutSeconds, as: NodeChain.self)
    guard let report else { throw .malformed("getblockchaininfo: null") }
    return report
  }
}

/// `getblockchaininfo`, as far as it is asked for.
public struct NodeChain: Decodable, Sendable, Equatable {
  /// `main`, `test`, `regtest`.
  public var chain: String
  public var blocks: Int64?
  /// Blocks that the node has heard of.
  public var headers: Int64?
  /// Not every node says it.
  public var initialblockdownload: Bool?
}
