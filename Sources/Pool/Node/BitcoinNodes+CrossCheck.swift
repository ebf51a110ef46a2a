import Stratum

/// What other nodes say to a template. A node that lies, or is lied to, has the pool search for blocks that nobody takes.
extension BitcoinNodes {
  /// News of a block may take so long from one node to the next.
  static let doubtSeconds = 10.0

  /// The block below a template must be known to another node that answers, or show proof of work of its own. With one
  /// node there is nobody to ask.
  /// - Throws: when neither is so for longer than news take.
  func crossCheck(_ template: BlockTemplate, of source: Int) async throws(NodeError) {
    let previous = template.previousBlock
    let now = uptime()
    let (isBelieved, rests) = memory.withLock { ($0.believed == previous, $0.restUntil) }
    guard nodes.count > 1, !isBelieved else { return }
    let all = await askAll(of: nodes.indices.filter { $0 != source && rests[$0] <= now }) {
      (node) throws(NodeError) in
      try await within(seconds: Self.heightSeconds) { () throws(NodeError) in try await node.status(of: previous) }
    }
    // The next block does not wait for one that is silent.
    memory.withLock { memory in
      for silent in all where silent.answer == nil {
        memory.restUntil[silent.index] = now.advanced(bySeconds: Self.restSeconds)
      }
    }
    let answers = all.filter { $0.answer != nil }
    guard !answers.isEmpty else { return }
    guard answers.allSatisfy({ $0.answer == .notFound }) else { return believe(previous, of: source) }
    let since = memory.withLock { memory in
      let since = memory.doubtedSince[source] ?? now
      memory.doubtedSince[source] = since
      return since
    }
    guard now.seconds(since: since) >= Self.doubtSeconds else { return }
    try await demandWork(below: template, of: source, unknownTo: answers.map(\.index))
  }

  private func believe(_ block: Hash256, of source: Int) {
    memory.withLock { memory in
      memory.believed = block
      memory.doubtedSince[source] = nil
    }
  }

  /// Nobody makes the work of a block for a lie.
  private func demandWork(
    below template: BlockTemplate, of source: Int, unknownTo others: [Int]
  ) async throws(NodeError) {
    let previous = template.previousBlock
    let names = others.map { nodes[$0].name }.joined(separator: ", ")
    let proof: Bool?
    if template.algorithm == .kawpow {
      // Its headers cannot be judged by themselves: two others that do not know it outweigh one that does.
      proof = others.count > 1 ? false : nil
    } else {
      proof = try await isWork(previous, of: source, besides: others, algorithm: template.algorithm)
    }
    guard proof == false else {
      log.warning(
        "a node is behind, or on another chain: it does not know the block that work is made on",
        metadata: ["node": "\(names)", "block": "\(previous.displayHex)", "source": "\(nodes[source].name)"])
      return believe(previous, of: source)
    }
    log.error(
      "a node makes work on a block that no other knows and that shows no work: its work is not mined",
      metadata: ["node": "\(nodes[source].name)", "block": "\(previous.displayHex)", "unknown_to": "\(names)"])
    throw .malformed(
      "work on the block \(previous.displayHex), which \(names) does not know and which shows no proof of work: check "
        + "that nobody stands between us and this node, and that all nodes are of one network")
  }

  /// Whether a node's block has at least a quarter of the work that the others ask for now (as much as one retarget may
  /// take off); `nil` when none of them can say.
  private func isWork(
    _ block: Hash256, of source: Int, besides others: [Int], algorithm: Algorithm
  ) async throws(NodeError) -> Bool? {
    let templates = await askAll(of: others) { (node) throws(NodeError) in
      try await within(seconds: Self.heightSeconds) { () throws(NodeError) in try await node.template(for: algorithm) }
    }.compactMap(\.answer)
    guard let asked = templates.map({ ShareWork(of: $0.target) }).min() else { return nil }
    guard let header = try await nodes[source].header(of: block), header.count == 80,
      let read = BlockHeader(bytes: header)
    else { return false }
    let target: Target
    do throws(Target.CompactError) {
      target = try Target(nBits: read.nBits)
    } catch {
      return false
    }
    return header.withUnsafeBytes { bytes in
      hashes.sha256d(bytes) == block && target.isMet(by: hashes.proofOfWork(algorithm, header: bytes))
    } && ShareWork(of: target).hashes >= asked.hashes / 4
  }
}
