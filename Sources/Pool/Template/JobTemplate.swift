import Stratum

/// A block template with our coinbase: what jobs of the local pool are made of, and found blocks assembled from.
public struct JobTemplate: Sendable {
  /// Lane 0 is the pool's own layout: 4 bytes of extranonce1 and 8 of extranonce2.
  public static let nativeExtranonceByteCount = 12
  /// The longest extranonce1 ‖ extranonce2 that a lane may carry.
  public static let maximumExtranonceByteCount = 16

  public let template: BlockTemplate
  public let coinbase: CoinbaseBuilder
  /// Siblings from the coinbase up to the root.
  public let merkleBranches: [Hash256]

  public var height: UInt32 { template.height }
  public var algorithm: Algorithm { template.algorithm }
  /// What the coinbase pays to the pool's own address: the pot that miners share.
  public var poolReward: AtomicUnits { coinbase.poolReward }

  /// - Throws: when no valid coinbase can be made of this template and plan.
  public init(template: BlockTemplate, plan: CoinbasePlan, using hashes: any HashFunctions) throws(CoinbaseError) {
    self.template = template
    coinbase = try CoinbaseBuilder(template: template, plan: plan)
    merkleBranches = MerkleRoot.branches(of: template.transactions.map(\.txid), using: hashes)
  }

  /// The work of one lane. Lanes never overlap: each has a coinbase of its own.
  /// `nil` when the extranonce is longer than `maximumExtranonceByteCount`.
  public func work(lane: UInt32, extranonceByteCount: Int = nativeExtranonceByteCount) -> Work? {
    guard let (coinbase1, coinbase2) = coinbase.halves(lane: lane, extranonceByteCount: extranonceByteCount) else {
      return nil
    }
    return Work(
      previousBlock: template.previousBlock, coinbase1: coinbase1, coinbase2: coinbase2,
      merkleBranches: merkleBranches, version: template.version, nBits: template.nBits, nTime: template.curTime,
      height: template.height)
  }

  /// The serialised block for a solved header: with the coinbase's witness where the template has a commitment.
  /// `nil` when the extranonce is longer than any lane's.
  public func block(
    header: BlockHeader, lane: UInt32, extranonce1: Extranonce, extranonce2: Extranonce
  ) -> [UInt8]? {
    guard let gap = extranonce1.appending(extranonce2),
      let transaction = coinbase.transaction(lane: lane, extranonce: gap)
    else { return nil }
    var bytes = header.bytes
    bytes.append(compactSize: UInt64(template.transactions.count + 1))
    bytes += transaction
    for other in template.transactions { bytes += other.bytes }
    return bytes
  }

  /// A whole block of lane 0 with an extranonce of zeros and no proof of work, for a node's opinion.
  func proposal(using hashes: any HashFunctions) -> [UInt8]? {
    guard let zeros = Extranonce([UInt8](repeating: 0, count: Self.nativeExtranonceByteCount)),
      let (coinbase1, coinbase2) = coinbase.halves(lane: 0, extranonceByteCount: zeros.count)
    else { return nil }
    let hash = (coinbase1 + zeros.bytes + coinbase2).withUnsafeBytes { hashes.sha256d($0) }
    let header = BlockHeader(
      version: template.version, previousBlock: template.previousBlock,
      merkleRoot: MerkleRoot.fold(hash, merkleBranches, using: hashes), nTime: template.curTime,
      nBits: template.nBits, nonce: 0)
    return block(header: header, lane: 0, extranonce1: zeros, extranonce2: .empty)
  }
}
