import Stratum

// What a block must satisfy to join the chain.
extension ChainState {
  /// How much of a block is looked at.
  struct Checks: OptionSet {
    let rawValue: Int
    /// The hash meets the target; left out for proposals.
    static let proofOfWork = Checks(rawValue: 1)
    /// nTime is not beyond our clock; left out for blocks that were taken in before.
    static let clock = Checks(rawValue: 2)
    static let all: Checks = [.proofOfWork, .clock]
  }

  /// How far a block's time may be ahead of ours.
  static let futureSeconds: Int64 = 7200

  /// The entry that `add` takes, or why the block may not join.
  func check(
    _ bytes: [UInt8], now: UnixTime, checks: Checks = .all, using hashes: any HashFunctions
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
      let proof = header.withBytes { hashes.proofOfWork(algorithm, header: $0) }
      guard target.isMet(by: proof) else { throw .proofOfWork }
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
