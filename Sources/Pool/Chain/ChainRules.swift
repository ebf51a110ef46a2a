import Stratum

/// Whether the mix hash of a KawPow solution is what its nonce gives. May take the time that an epoch's cache takes.
public typealias MixVerifier = @Sendable (KawPowProof) -> Bool

// What a block must satisfy to join the chain.
extension ChainState {
  /// How much of a block is looked at.
  struct Checks: OptionSet {
    let rawValue: Int
    /// The hash meets the target; left out for proposals.
    static let proofOfWork = Checks(rawValue: 1)
    /// nTime is not beyond our clock; left out for blocks that were taken in before.
    static let clock = Checks(rawValue: 2)
    /// KawPow's mix hash is what the nonce gives: milliseconds, and the epoch's cache. Left out as the clock is.
    static let mixHash = Checks(rawValue: 4)
    static let all: Checks = [.proofOfWork, .clock, .mixHash]
  }

  /// How far a block's time may be ahead of ours.
  static let futureSeconds: Int64 = 7200

  /// The entry that `add` takes, or why the block may not join.
  func check(
    _ bytes: [UInt8], now: UnixTime, checks: Checks = .all, using hashes: any HashFunctions,
    verifyMix: MixVerifier
  ) throws(BlockRefusal) -> (hash: Hash256, entry: Entry) {
    guard bytes.count <= parameters.sizeLimit else { throw .tooLarge }
    let block = try ChainBlock(bytes, using: hashes)
    let header = block.header
    guard let parent = entries[header.previousBlock] else { throw .unknownParent }
    guard UInt64(parent.height) + UInt64(parameters.maximumReorganisation) >= UInt64(height) else { throw .tooDeep }
    let (height, overflow) = parent.height.addingReportingOverflow(1)
    guard !overflow else { throw .height }

    guard let algorithm = Algorithm(chainVersion: header.version), parameters.algorithms.contains(algorithm) else {
      throw .algorithm
    }
    let target = nextTarget(for: algorithm, after: header.previousBlock)
    guard header.nBits == target.nBits else { throw .difficulty }
    if checks.contains(.proofOfWork) {
      guard target.isMet(by: Self.hash(block.proof, algorithm, using: hashes)) else { throw .proofOfWork }
    }
    if let proof = block.proof.kawpow {
      guard proof.height == height else { throw .height }
      if checks.contains(.mixHash) { guard verifyMix(proof) else { throw .mixHash } }
    }
    guard header.nTime > medianTime(at: header.previousBlock) else { throw .tooOld }
    if checks.contains(.clock), header.nTime > now.advanced(by: Self.futureSeconds) { throw .tooNew }

    guard block.coinbaseHash == header.merkleRoot else { throw .merkleRoot }
    var push: [UInt8] = []
    push.append(scriptNumber: height)
    guard block.coinbaseScript.starts(with: push) else { throw .height }
    let weight = parent.weight + Self.weight(of: target, algorithm: algorithm)
    let entry = Entry(
      header: header, height: height, algorithm: algorithm, weight: weight, payments: try payments(of: block),
      location: nil)
    return (block.hash, entry)
  }

  private static func hash(_ proof: ShareProof, _ algorithm: Algorithm, using hashes: some HashFunctions) -> Hash256 {
    ShareJudge(algorithm: algorithm, hashes: hashes).hash(proof)
  }

  private func payments(of block: ChainBlock) throws(BlockRefusal) -> [Payment] {
    var payments: [Payment] = []
    var rest = UInt64(max(0, parameters.reward.value))
    for output in block.outputs {
      guard output.value <= rest, let value = Int64(exactly: output.value) else { throw .amount }
      guard let address = ChainScript.address(in: output.script) else { throw .outputScript }
      rest -= output.value
      payments.append(Payment(address: address, value: value))
    }
    return payments
  }
}
