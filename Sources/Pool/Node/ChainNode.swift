import Stratum

/// A full node of the chain that the local pool mines: where templates come from and blocks go.
public protocol ChainNode: Sendable {
  /// For logs and banners. A chain that is for development only says so here.
  var name: String { get }

  /// What to mine next, for one algorithm.
  func template(for algorithm: Algorithm) async throws(NodeError) -> BlockTemplate
  /// Returns when the template may have changed (another tip, or the node's long poll answered), or when the
  /// node's own patience ended: ask for a template then. Cancellation ends it with `.cancelled`.
  func waitForChange(since template: TemplateID) async throws(NodeError)

  /// Hands in a serialised block. Never throws: what is not an answer is `.unclear`, and the block lives on.
  func submit(_ block: [UInt8]) async -> SubmitResult
  /// Asks whether `block` would be valid but for its proof of work.
  func propose(_ block: [UInt8]) async throws(NodeError) -> ProposalResult

  /// Where the block with this header hash (double SHA-256) stands.
  func status(of block: Hash256) async throws(NodeError) -> HeaderStatus
  /// The header of a block that it knows, as it is hashed; `nil` when it has none to show.
  func header(of block: Hash256) async throws(NodeError) -> [UInt8]?
  /// Height of the best block.
  func height() async throws(NodeError) -> UInt32

  /// The script that pays `address`; `nil` when it is not an address of this chain.
  func scriptPubKey(for address: String) async throws(NodeError) -> [UInt8]?
}

extension ChainNode {
  public func header(of block: Hash256) async throws(NodeError) -> [UInt8]? { nil }

  /// Whether `address` can be paid on this chain.
  public func isValid(address: String) async throws(NodeError) -> Bool {
    try await scriptPubKey(for: address) != nil
  }
}

/// What a node said to a block.
public enum SubmitResult: Equatable, Sendable {
  /// In the node's chain, now or already.
  case accepted
  /// Invalid for ever, in the node's own words.
  case rejected(reason: String)
  /// No answer, or one that settles nothing (`inconclusive`, a timeout): ask for the header.
  case unclear(reason: String)
}

/// What a node said to a block without proof of work.
public enum ProposalResult: Equatable, Sendable {
  case valid
  case rejected(reason: String)
  /// Not about the block: the chain moved on meanwhile.
  case unclear(reason: String)
  /// The node has no proposal mode.
  case unsupported
}

/// Where a block stands in a node's view.
public enum HeaderStatus: Equatable, Sendable {
  /// The node never saw it.
  case notFound
  /// In the best chain; the tip has one confirmation.
  case inChain(confirmations: UInt32)
  /// Known, and not in the best chain.
  case orphaned
}

/// Why a node could not answer.
public enum NodeError: Error, Equatable, Sendable {
  /// No connection, or it broke: the text says where and why.
  case unreachable(String)
  case timeout(seconds: Double)
  /// HTTP 401 or 403.
  case unauthorized
  /// Not ready for mining: starting (-28), in initial download (-10), without peers (-9).
  case notReady(String)
  /// The node answered a JSON-RPC error.
  case refused(code: Int, message: String)
  /// An answer that is not what the call promises.
  case malformed(String)
  /// Our own coinbase makes a block that the node refuses.
  case templateRejected(reason: String)
  /// This chain has no such proof of work.
  case unsupportedAlgorithm(Algorithm)
  case cancelled
}

extension NodeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreachable(let why): "node cannot be reached: \(why)"
    case .timeout(let seconds): "node did not answer within \(Decimal.fixed(seconds, decimals: 0)) s"
    case .unauthorized: "node refused our user and password: check the url or the cookie file"
    case .notReady(let why): "node is not ready: \(why)"
    case .refused(let code, let message): "node answered error \(code): \(message)"
    case .malformed(let what): "node answered something unexpected: \(what)"
    case .templateRejected(let reason):
      "node refuses blocks with our coinbase (\(reason)): check the pool address, fee accounts and coinbase tag"
    case .unsupportedAlgorithm(let algorithm): "the chain has no algorithm \(algorithm.rawValue)"
    case .cancelled: "cancelled"
    }
  }
}
