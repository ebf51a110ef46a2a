import Hashing
import Logging
import Stratum
import Testing

@testable import Pool

/// Real double SHA-256, and a proof of work that any header has: chains of hundreds of blocks in a moment.
struct EasyHashes: HashFunctions {
  private let kernels = Kernels()

  func sha256d(_ bytes: UnsafeRawBufferPointer) -> Hash256 { kernels.sha256d(bytes) }
  func proofOfWork(_ algorithm: Algorithm, header: UnsafeRawBufferPointer) -> Hash256 {
    Hash256(number: sha256d(header).number &>> 200)
  }
  func claimedHash(_ proof: KawPowProof) -> Hash256 { Hash256(number: kernels.claimedHash(proof).number &>> 200) }
}

/// Small numbers from a seed: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed >> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed >> 31
  }
}

/// Blocks for a chain state, and what is wrong with them on purpose.
struct BlockMaker {
  var address = "ZION_00112233445566778899aabbccddeeff00112233"
  var fees: [FeeOutput] = []
  let hashes: any HashFunctions = EasyHashes()

  func template(
    on parent: Hash256, of state: ChainState, algorithm: Algorithm, nTime: UnixTime? = nil
  ) throws -> BlockTemplate {
    let below = try #require(state.entries[parent])
    let target = state.nextTarget(for: algorithm, after: parent)
    let minimum = state.medianTime(at: parent).advanced(by: 1)
    return BlockTemplate(
      algorithm: algorithm, height: below.height + 1, version: algorithm.chainVersion, previousBlock: parent,
      nBits: target.nBits, target: target, minTime: minimum, curTime: nTime ?? below.header.nTime.advanced(by: 120),
      coinbaseValue: state.parameters.reward)
  }

  func job(_ template: BlockTemplate, salt: UInt64 = 0) throws -> JobTemplate {
    let script = try #require(ChainScript.paying(address))
    return try JobTemplate(
      template: template, plan: CoinbasePlan(poolScript: script, fees: fees, salt: salt), using: hashes)
  }

  /// A whole block with nonce 0, good for `EasyHashes`.
  func block(_ template: BlockTemplate, salt: UInt64 = 0) throws -> [UInt8] {
    try Self.block(job(template, salt: salt), nonce: 0, using: hashes)
  }

  static func header(_ job: JobTemplate, extranonce: Extranonce, using hashes: any HashFunctions) throws -> BlockHeader
  {
    let whole = try #require(job.work(lane: 0, extranonceByteCount: extranonce.count))
    let work = try #require(whole.bitcoin)
    let coinbase = work.coinbase1 + extranonce.bytes + work.coinbase2
    let hash = coinbase.withUnsafeBytes { hashes.sha256d($0) }
    return BlockHeader(
      version: work.version, previousBlock: work.previousBlock,
      merkleRoot: MerkleRoot.fold(hash, work.merkleBranches, using: hashes), nTime: work.nTime, nBits: whole.nBits,
      nonce: 0)
  }

  static func block(_ job: JobTemplate, nonce: UInt32, using hashes: any HashFunctions) throws -> [UInt8] {
    if job.algorithm == .kawpow {
      let proof = KawPowProof(headerHash: .zero, height: job.height, nonce: UInt64(nonce), mixHash: .zero)
      return try #require(job.block(.kawpow(proof), lane: 0, extranonce1: .empty, extranonce2: .empty))
    }
    let extranonce1 = try #require(Extranonce([0, 0, 0, 1]))
    let extranonce2 = try #require(Extranonce([UInt8](repeating: 7, count: 8)))
    let whole = try #require(extranonce1.appending(extranonce2))
    var header = try header(job, extranonce: whole, using: hashes)
    header.nonce = nonce
    return try #require(job.block(.header(header), lane: 0, extranonce1: extranonce1, extranonce2: extranonce2))
  }
}

extension ChainState {
  /// With any mix hash, as `EasyHashes` are content with any hash.
  func check(
    _ bytes: [UInt8], now: UnixTime, checks: Checks = .all, using hashes: any HashFunctions
  ) throws(BlockRefusal) -> (hash: Hash256, entry: Entry) {
    try check(bytes, now: now, checks: checks, using: hashes, verifyMix: { _ in true })
  }
}

/// An embedded chain in a directory that the test removes.
func openChain(
  in directory: String, hashes: any HashFunctions = EasyHashes(), now: UInt32 = 1_760_100_000
) throws -> EmbeddedChain {
  try EmbeddedChain(
    directory: directory, parameters: ChainParameters(network: "test"), hashes: hashes, verifyMix: { _ in false },
    now: { UnixTime(seconds: now) }, log: .silent)
}

extension Logger {
  /// For tests that do not look at logs.
  static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
