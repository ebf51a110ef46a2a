extension BitcoinNode {
  /// What the node calls its network: `main`, `test`, `regtest`.
  public func chain() async throws(NodeError) -> String {
    struct Info: Decodable, Sendable { var chain: String }
    let info = try await rpc.call("getblockchaininfo", timeout: settings.timeoutSeconds, as: Info.self)
    guard let info else { throw .malformed("getblockchaininfo: null") }
    return info.chain
  }
}
