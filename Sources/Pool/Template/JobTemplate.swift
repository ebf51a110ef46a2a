import Hashing
import Stratum

/// A block template with our coinbase: what jobs of the local pool are made of, and found blocks assembled from.
public struct JobTemplate: Sendable {
  /// Lane 0 is the pool's own layout: 4 bytes of extranonce1 and 8 of extranonce2.
  public static let nativeExtranonceByteCount = 12
  /// The longest extranonce1 ‖ extranonce2 that a lane may carry.
  public static let maximumExtranonceByteCount = 16

  public let template: BlockTemplate
  public private(set) var coinbase: CoinbaseBuilder
  /// Siblings from the coinbase up to the root.
  public let merkleBranches: [Hash256]
  private let hashes: any HashFunctions

  public var height: UInt32 { template.height }
  public var algorithm: Algorithm { template.algorithm }
  /// What the coinbase pays to the pool's own address, the pot that miners share; or to whom `paying` named.
  public var poolReward: AtomicUnits { coinbase.poolReward }

  /// - Throws: when no valid coinbase can be made of this template and plan.
  public init(template: BlockTemplate, plan: CoinbasePlan, using hashes: any HashFunctions) throws(CoinbaseError) {
    self.template = template
    self.hashes = hashes
    coinbase = try CoinbaseBuilder(template: template, plan: plan)
    merkleBranches = MerkleRoot.branches(of: template.transactions.map(\.txid), using: hashes)
  }

  /// As it was made before.
  init(template: BlockTemplate, coinbase: CoinbaseBuilder, merkleBranches: [Hash256], using hashes: any HashFunctions) {
    self.template = template
    self.coinbase = coinbase
    self.merkleBranches = merkleBranches
    self.hashes = hashes
  }

  /// The same block, but that what is left for the pool is paid to `script`. A lane of this work must not have the
  /// number of one that pays somebody else.
  public func paying(_ script: [UInt8]) -> JobTemplate {
    var other = self
    other.coinbase = coinbase.paying(script)
    return other
  }

  /// The work of one lane. Lanes never overlap: each has a coinbase of its own. Of KawPow the coinbase has no
  /// extranonce: miners of one lane are told apart by the prefix of their nonces.
  /// `nil` when the extranonce is longer than `maximumExtranonceByteCount`, or when KawPow has no such epoch.
  public func work(lane: UInt32, extranonceByteCount: Int = nativeExtranonceByteCount) -> Work? {
    if algorithm.dialect == .kawpow {
      guard let header = kawpowHeader(lane: lane), let epoch = KawPowEpoch(height: height) else { return nil }
      let work = KawPowWork(
        headerHash: header.kawpowHeaderHash(using: hashes), seedHash: epoch.seedHash, height: height)
      return Work(work, nBits: template.nBits)
    }
    guard let (coinbase1, coinbase2) = coinbase.halves(lane: lane, extranonceByteCount: extranonceByteCount) else {
      return nil
    }
    return Work(
      previousBlock: template.previousBlock, coinbase1: coinbase1, coinbase2: coinbase2,
      merkleBranches: merkleBranches, version: template.version, nBits: template.nBits, nTime: template.curTime,
      height: template.height)
  }

  /// The serialised block for a solution: with the coinbase's witness where the template has a commitment.
  /// `nil` when the extranonce is longer than any lane's.
  public func block(
    _ proof: ShareProof, lane: UInt32, extranonce1: Extranonce, extranonce2: Extranonce
  ) -> [UInt8]? {
    switch proof {
    case .header(let header):
      guard let gap = extranonce1.appending(extranonce2) else { return nil }
      return block(header: header.bytes, lane: lane, extranonce: gap)
    case .kawpow(let proof):
      guard var bytes = kawpowHeader(lane: lane)?.bytes else { return nil }
      bytes.append(littleEndian: proof.nonce)
      bytes += proof.mixHash.bytes.reversed()
      return block(header: bytes, lane: lane, extranonce: .empty)
    }
  }

  private func block(header: [UInt8], lane: UInt32, extranonce: Extranonce) -> [UInt8]? {
    guard let transaction = coinbase.transaction(lane: lane, extranonce: extranonce) else { return nil }
    var bytes = header
    bytes.append(compactSize: UInt64(template.transactions.count + 1))
    bytes += transaction
    for other in template.transactions { bytes += other.bytes }
    return bytes
  }

  /// A whole block of lane 0 with an extranonce of zeros and no proof of work, for a node's opinion.
  func proposal() -> [UInt8]? {
    if algorithm.dialect == .kawpow {
      let none = KawPowProof(headerHash: .zero, height: height, nonce: 0, mixHash: .zero)
      return block(.kawpow(none), lane: 0, extranonce1: .empty, extranonce2: .empty)
    }
    let zeros = Extranonce(zeros: Self.nativeExtranonceByteCount)
    guard let header = header(lane: 0, extranonce: zeros, nonce: 0) else { return nil }
    return block(.header(header), lane: 0, extranonce1: zeros, extranonce2: .empty)
  }

  /// KawPow's header has the height where others have their nonce; nonce and mix hash follow it in the block.
  private func kawpowHeader(lane: UInt32) -> BlockHeader? { header(lane: lane, extranonce: .empty, nonce: height) }

  private func header(lane: UInt32, extranonce: Extranonce, nonce: UInt32) -> BlockHeader? {
    guard let (coinbase1, coinbase2) = coinbase.halves(lane: lane, extranonceByteCount: extranonce.count) else {
      return nil
    }
    let hash = (coinbase1 + extranonce.bytes + coinbase2).withUnsafeBytes { hashes.sha256d($0) }
    return BlockHeader(
      version: template.version, previousBlock: template.previousBlock, merkleRoot: root(above: hash),
      nTime: template.curTime, nBits: template.nBits, nonce: nonce)
  }

  private func root(above coinbase: Hash256) -> Hash256 {
    func fold(_ hashes: some HashFunctions) -> Hash256 { MerkleRoot.fold(coinbase, merkleBranches, using: hashes) }
    return fold(hashes)
  }
}
