import AsyncHTTPClient
import Stratum
import Synchronization

/// One node that speaks Bitcoin Core's JSON-RPC.
public final class BitcoinNode: Sendable {
  public struct Settings: Sendable, Equatable {
    /// For short calls.
    public var timeoutSeconds = 10.0
    /// For a block on its way: the node verifies it before it answers.
    public var submitTimeoutSeconds = 30.0
    /// A long poll is asked anew after this. Nodes give a thread to each until it ends, also when nobody listens any
    /// more, so that it is left to end by itself wherever possible.
    public var longPollSeconds = 3600.0
    /// Between two looks at the best block, beside the long poll.
    public var pollSeconds = 1.0
    /// `rules` of `getblocktemplate`; left out for a node that refuses them.
    public var rules = ["segwit"]
    public var responseByteLimit = 128 << 20

    public init() {}
  }

  public let name: String
  /// The chain's proof of work.
  public let algorithm: Algorithm
  let rpc: JSONRPC
  let settings: Settings
  let memory = Mutex(Memory())

  /// What the node taught us about itself.
  struct Memory {
    var refusesRules = false
    var hasProposals = true
    var isLongPolling = false
    /// Who wants to hear when the long poll is answered.
    var listeners: [UInt64: AsyncStream<Void>.Continuation] = [:]
    var nextListener: UInt64 = 0
  }

  /// How an HTTP client for nodes should be: one that tells of a closed port at once, so that another node can be
  /// asked, instead of trying until the call's time is over.
  public static var httpConfiguration: HTTPClient.Configuration {
    var configuration = HTTPClient.Configuration()
    configuration.connectionPool.retryConnectionEstablishment = false
    configuration.timeout.connect = .seconds(5)
    return configuration
  }

  /// - Parameter http: made with `httpConfiguration`; stays the caller's, who shuts it down.
  public init(endpoint: NodeEndpoint, algorithm: Algorithm, http: HTTPClient, settings: Settings = Settings()) {
    name = "node \(endpoint.name)"
    self.algorithm = algorithm
    self.settings = settings
    rpc = JSONRPC(endpoint: endpoint, http: http, responseByteLimit: settings.responseByteLimit)
  }
}

extension BitcoinNode: ChainNode {
  public func template(for algorithm: Algorithm) async throws(NodeError) -> BlockTemplate {
    guard algorithm == self.algorithm else { throw .unsupportedAlgorithm(algorithm) }
    let reply = try await templateReply([:], timeout: settings.timeoutSeconds)
    let hasProposals = reply.capabilities.map { $0.contains("proposal") } ?? true
    memory.withLock { $0.hasProposals = hasProposals }
    return try reply.template(for: algorithm)
  }

  public func waitForChange(since template: TemplateID) async throws(NodeError) {
    // The first that ends says so: the long poll knows of fees too, and polling of blocks when long polls fail.
    let result = await withTaskGroup(of: Result<Void, NodeError>?.self) { group in
      if let id = template.longPollID {
        group.addTask { await self.longPoll(id) ? .success(()) : nil }
      }
      group.addTask {
        do throws(NodeError) {
          try await self.poll(for: template.previousBlock)
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      var first: Result<Void, NodeError>?
      while first == nil, let next = await group.next() { first = next }
      group.cancelAll()
      return first ?? .success(())
    }
    try result.get()
  }

  public func submit(_ block: [UInt8]) async -> SubmitResult {
    do throws(NodeError) {
      let answer = try await rpc.call(
        "submitblock", [.string(Hex.encode(block))], timeout: settings.submitTimeoutSeconds, as: String.self)
      return SubmitResult(answer: answer)
    } catch {
      // -22: the node cannot even read the block. Anything else may pass.
      if case .refused(code: -22, let message) = error { return .rejected(reason: message) }
      return .unclear(reason: error.description)
    }
  }

  public func propose(_ block: [UInt8]) async throws(NodeError) -> ProposalResult {
    guard memory.withLock({ $0.hasProposals }) else { return .unsupported }
    let parameters: JSONRPC.Value = .object([
      "mode": .string("proposal"), "data": .string(Hex.encode(block)), "rules": rules,
    ])
    do throws(NodeError) {
      let answer = try await rpc.call(
        "getblocktemplate", [parameters], timeout: settings.timeoutSeconds, as: String.self)
      guard let answer else { return .valid }
      return answer.hasPrefix("inconclusive") || answer == "duplicate"
        ? .unclear(reason: answer) : .rejected(reason: answer)
    } catch {
      switch error {
      case .refused(code: -22, let message): return .rejected(reason: message)
      case .refused, .malformed:
        memory.withLock { $0.hasProposals = false }
        return .unsupported
      default: throw error
      }
    }
  }

  public func status(of block: Hash256) async throws(NodeError) -> HeaderStatus {
    struct Header: Decodable { var confirmations: Int64 }
    let header: Header?
    do throws(NodeError) {
      header = try await rpc.call(
        "getblockheader", [.string(block.displayHex)], timeout: settings.timeoutSeconds, as: Header.self)
    } catch {
      // -5: no such block.
      if case .refused(code: -5, _) = error { return .notFound }
      throw error
    }
    guard let header else { throw .malformed("getblockheader: null") }
    guard header.confirmations > 0 else { return .orphaned }
    return .inChain(confirmations: UInt32(clamping: header.confirmations))
  }

  public func header(of block: Hash256) async throws(NodeError) -> [UInt8]? {
    do throws(NodeError) {
      return try await rpc.call(
        "getblockheader", [.string(block.displayHex), .bool(false)], timeout: settings.timeoutSeconds, as: String.self
      ).flatMap { Hex.decode($0) }
    } catch {
      // -5: no such block.
      if case .refused(code: -5, _) = error { return nil }
      throw error
    }
  }

  public func height() async throws(NodeError) -> UInt32 {
    let count = try await rpc.call("getblockcount", timeout: settings.timeoutSeconds, as: UInt32.self)
    guard let count else { throw .malformed("getblockcount: null") }
    return count
  }

  public func scriptPubKey(for address: String) async throws(NodeError) -> [UInt8]? {
    struct Validity: Decodable {
      var isvalid: Bool
      var scriptPubKey: String?
    }
    let validity = try await rpc.call(
      "validateaddress", [.string(address)], timeout: settings.timeoutSeconds, as: Validity.self)
    guard let validity, validity.isvalid, let script = validity.scriptPubKey else { return nil }
    return Hex.decode(script)
  }

  private var rules: JSONRPC.Value { .array(settings.rules.map { .string($0) }) }

  func templateReply(
    _ members: [String: JSONRPC.Value], timeout: Double
  ) async throws(NodeError) -> TemplateReply {
    var members = members
    members["capabilities"] = .array(["coinbasetxn", "longpoll", "workid"].map { .string($0) })
    guard !settings.rules.isEmpty, !memory.withLock({ $0.refusesRules }) else {
      return try await ask(members, timeout: timeout)
    }
    var withRules = members
    withRules["rules"] = rules
    do throws(NodeError) {
      return try await ask(withRules, timeout: timeout)
    } catch {
      guard case .refused = error else { throw error }
      // An older node may not know rules; if it refuses without them too, its first words were the better ones.
      do throws(NodeError) {
        let reply = try await ask(members, timeout: timeout)
        memory.withLock { $0.refusesRules = true }
        return reply
      } catch _ {
        throw error
      }
    }
  }

  private func ask(_ members: [String: JSONRPC.Value], timeout: Double) async throws(NodeError) -> TemplateReply {
    let reply = try await rpc.call("getblocktemplate", [.object(members)], timeout: timeout, as: TemplateReply.self)
    guard let reply else { throw .malformed("getblocktemplate: null") }
    return reply
  }

  private func poll(for previous: Hash256) async throws(NodeError) {
    while true {
      let best = try await rpc.call("getbestblockhash", timeout: settings.timeoutSeconds, as: String.self)
      guard let best, let hash = Hash256(displayHex: best) else { throw .malformed("getbestblockhash") }
      if hash != previous { return }
      do {
        try await Task.sleep(for: .seconds(settings.pollSeconds))
      } catch {
        throw .cancelled
      }
    }
  }
}

extension SubmitResult {
  /// What `submitblock` answered; `nil` for null.
  ///
  /// Source: BIP 22, "Appendix: Example Rejection Reasons"; Bitcoin Core, `rpc/mining.cpp`.
  init(answer: String?) {
    switch answer {
    case nil, "duplicate": self = .accepted
    // A later look at the header decides; time cures a clock that is behind or a parent on its way.
    case .some(let reason) where ["inconclusive", "duplicate-inconclusive"].contains(reason),
      .some(let reason) where ["prev-blk-not-found", "time-too-new"].contains(reason):
      self = .unclear(reason: reason)
    case .some(let reason): self = .rejected(reason: reason)
    }
  }
}
