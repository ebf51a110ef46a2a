import Logging
import Stratum
import Synchronization

/// Several nodes of one chain as one: templates from the most advanced that answers, blocks to all.
public final class BitcoinNodes: Sendable {
  public let name: String
  let nodes: [any ChainNode]
  let hashes: any HashFunctions
  let uptime: @Sendable () -> MonotonicTime
  let log: Logger
  let memory: Mutex<Memory>

  struct Memory {
    /// Not asked first before this time.
    var restUntil: [MonotonicTime]
    /// Who gave the newest template, and its height.
    var source = 0
    var height: UInt32 = 0
    /// The block below the newest template that was found good.
    var believed: Hash256?
    /// Since when no other node knows what a node builds on.
    var doubtedSince: [Int: MonotonicTime] = [:]
  }

  /// A node that failed is asked after the others for this long.
  static let restSeconds = 30.0
  /// A node that does not tell its height in this time is passed over.
  static let heightSeconds = 1.0
  /// Between two looks at whether another node is further.
  private static let comparisonSeconds = 3.0

  /// - Parameters:
  ///   - nodes: at least one, in order of preference.
  ///   - hashes: to check what a node says that no other knows.
  public init(
    _ nodes: [any ChainNode], hashes: any HashFunctions, uptime: @escaping @Sendable () -> MonotonicTime, log: Logger
  ) {
    precondition(!nodes.isEmpty, "the configuration has at least one node")
    self.nodes = nodes
    self.hashes = hashes
    self.uptime = uptime
    self.log = log
    name = nodes.map(\.name).joined(separator: ", ")
    memory = Mutex(Memory(restUntil: nodes.map { _ in .zero }))
  }
}

extension BitcoinNodes: ChainNode {
  public func template(for algorithm: Algorithm) async throws(NodeError) -> BlockTemplate {
    var first: NodeError?
    for index in await order() {
      do throws(NodeError) {
        let template = try await nodes[index].template(for: algorithm)
        try await crossCheck(template, of: index)
        let isMove = memory.withLock { memory in
          defer { (memory.source, memory.height) = (index, template.height) }
          memory.restUntil[index] = .zero
          return memory.source != index
        }
        if isMove { log.notice("templates from another node", metadata: ["node": "\(nodes[index].name)"]) }
        return template
      } catch {
        guard error != .cancelled else { throw error }
        // The first one asked is the one expected to work: its reason is worth more than that of a node known as dead.
        first = first ?? error
        rest(index, because: error)
      }
    }
    throw first ?? .unreachable("no node")
  }

  public func waitForChange(since template: TemplateID) async throws(NodeError) {
    let (source, height) = memory.withLock { ($0.source, $0.height) }
    let result = await withTaskGroup(of: Result<Void, NodeError>.self) { group in
      group.addTask {
        do throws(NodeError) {
          return .success(try await self.nodes[source].waitForChange(since: template))
        } catch {
          if error != .cancelled { self.rest(source, because: error) }
          return .failure(error)
        }
      }
      if nodes.count > 1 {
        group.addTask { await self.waitForHigher(than: height, exceptOf: source) }
      }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      return first
    }
    try result.get()
  }

  public func submit(_ block: [UInt8]) async -> SubmitResult {
    let results = await withTaskGroup(of: (Int, SubmitResult).self) { group in
      for (index, node) in nodes.enumerated() { group.addTask { (index, await node.submit(block)) } }
      return await group.reduce(into: [(Int, SubmitResult)]()) { $0.append($1) }
    }
    for (index, result) in results {
      log.info("block handed in", metadata: ["node": "\(nodes[index].name)", "result": "\(result)"])
    }
    return SubmitResult(of: results.sorted { $0.0 < $1.0 }.map(\.1))
  }

  public func propose(_ block: [UInt8]) async throws(NodeError) -> ProposalResult {
    try await nodes[memory.withLock { $0.source }].propose(block)
  }

  public func status(of block: Hash256) async throws(NodeError) -> HeaderStatus {
    let answers = await askAll { (node) throws(NodeError) in
      (height: try await node.height(), status: try await node.status(of: block))
    }
    let known = answers.compactMap { $0.answer }.filter { $0.status != .notFound }
    // Who is further knows better; who does not know the block at all says nothing against it.
    if let best = known.max(by: { $0.height < $1.height }) { return best.status }
    guard answers.contains(where: { $0.answer != nil }) else { throw answers.first?.error ?? .unreachable("no node") }
    return .notFound
  }

  public func height() async throws(NodeError) -> UInt32 {
    let answers = await askAll { (node) throws(NodeError) in try await node.height() }
    guard let height = answers.compactMap({ $0.answer }).max() else {
      throw answers.first?.error ?? .unreachable("no node")
    }
    return height
  }

  public func scriptPubKey(for address: String) async throws(NodeError) -> [UInt8]? {
    var last = NodeError.unreachable("no node")
    for index in restingLast() {
      do throws(NodeError) {
        return try await nodes[index].scriptPubKey(for: address)
      } catch {
        last = error
      }
    }
    throw last
  }
}

extension BitcoinNodes {
  struct Answer<R: Sendable>: Sendable {
    var index: Int
    var answer: R?
    var error: NodeError?
  }

  func askAll<R: Sendable>(
    of indices: [Int]? = nil, _ question: @escaping @Sendable (any ChainNode) async throws(NodeError) -> R
  ) async -> [Answer<R>] {
    await withTaskGroup(of: Answer<R>.self) { group in
      for index in indices ?? Array(nodes.indices) {
        let node = nodes[index]
        group.addTask {
          do throws(NodeError) {
            return Answer(index: index, answer: try await question(node))
          } catch {
            return Answer(index: index, error: error)
          }
        }
      }
      return await group.reduce(into: [Answer<R>]()) { $0.append($1) }
    }
    .sorted { $0.index < $1.index }
  }

  /// Whom to ask for a template: the most advanced first, those that failed lately last.
  private func order() async -> [Int] {
    guard nodes.count > 1 else { return [0] }
    let now = uptime()
    let rests = memory.withLock { $0.restUntil }
    let awake = nodes.indices.filter { rests[$0] <= now }
    let answers = await askAll(of: awake) { (node) throws(NodeError) in
      try await within(seconds: Self.heightSeconds) { () throws(NodeError) in try await node.height() }
    }
    var heights: [Int: UInt32] = [:]
    for answer in answers {
      heights[answer.index] = answer.answer
      if let error = answer.error, error != .cancelled { rest(answer.index, because: error) }
    }
    let told = heights.keys.sorted { a, b in
      (heights[a] ?? 0) != (heights[b] ?? 0) ? (heights[a] ?? 0) > (heights[b] ?? 0) : a < b
    }
    return told + nodes.indices.filter { heights[$0] == nil }
  }

  private func restingLast() -> [Int] {
    let now = uptime()
    let rests = memory.withLock { $0.restUntil }
    return nodes.indices.filter { rests[$0] <= now } + nodes.indices.filter { rests[$0] > now }
  }

  private func rest(_ index: Int, because error: NodeError) {
    let now = uptime()
    let isNew = memory.withLock { memory in
      defer { memory.restUntil[index] = now.advanced(bySeconds: Self.restSeconds) }
      return memory.restUntil[index] <= now
    }
    if isNew { log.warning("node in trouble", metadata: ["node": "\(nodes[index].name)", "error": "\(error)"]) }
  }

  /// Ends when a node other than the source of the template is at its height: it has a block more than we mine on.
  private func waitForHigher(than height: UInt32, exceptOf source: Int) async -> Result<Void, NodeError> {
    while true {
      do {
        try await Task.sleep(for: .seconds(Self.comparisonSeconds))
      } catch {
        return .failure(.cancelled)
      }
      let heights = await askAll { (node) throws(NodeError) in
        try await within(seconds: Self.heightSeconds) { () throws(NodeError) in try await node.height() }
      }
      if heights.contains(where: { $0.index != source && ($0.answer ?? 0) >= height }) { return .success(()) }
    }
  }
}

extension SubmitResult {
  /// What several nodes' answers come to: one that took the block is enough; refused only when all refuse.
  init(of results: [SubmitResult]) {
    if results.contains(.accepted) {
      self = .accepted
      return
    }
    var refusals: [String] = []
    var doubts: [String] = []
    for result in results {
      switch result {
      case .accepted: break
      case .rejected(let reason): refusals.append(reason)
      case .unclear(let reason): doubts.append(reason)
      }
    }
    let text = { (reasons: [String]) in
      reasons.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }.joined(separator: "; ")
    }
    self = doubts.isEmpty ? .rejected(reason: text(refusals)) : .unclear(reason: text(refusals + doubts))
  }
}
