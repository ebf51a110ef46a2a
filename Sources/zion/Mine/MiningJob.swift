import Hashing
import Stratum

/// A pool's job as this miner works on it: with the extranonce and the target that held when it came.
struct MiningJob: Sendable {
  /// Which connection it came by: an answer can only go back there.
  let connection: UInt64
  let sourceJobID: String
  let algorithm: Algorithm
  let work: Work
  /// The nonce's prefix in KawPow.
  let extranonce1: Extranonce
  let extranonce2ByteCount: Int
  let target: Target

  init(
    connection: UInt64, notice: JobNotice, algorithm: Algorithm, extranonce1: Extranonce, extranonce2ByteCount: Int,
    target: Target
  ) {
    self.connection = connection
    sourceJobID = notice.jobID
    self.algorithm = algorithm
    work = notice.work
    self.extranonce1 = extranonce1
    self.extranonce2ByteCount = extranonce2ByteCount
    self.target = target
  }

  /// The low bytes of `counter` that fit, most significant first, after as many zeros as it takes.
  func extranonce2(counter: UInt64) -> Extranonce {
    var result = Extranonce.empty
    for place in (0..<extranonce2ByteCount).reversed() {
      let byte = place < 8 ? UInt8(truncatingIfNeeded: counter >> UInt64(8 * place)) : 0
      _ = result.append(byte)
    }
    return result
  }

  /// The header to search, its nonce zero; `nil` of a KawPow job.
  func header(extranonce2: Extranonce, using hashes: Kernels) -> BlockHeader? {
    guard let work = work.bitcoin else { return nil }
    let coinbase = work.coinbase1 + extranonce1.bytes + extranonce2.bytes + work.coinbase2
    let root = MerkleRoot.fold(
      coinbase.withUnsafeBytes { hashes.sha256d($0) }, work.merkleBranches, using: hashes)
    return BlockHeader(
      version: work.version, previousBlock: work.previousBlock, merkleRoot: root, nTime: work.nTime,
      nBits: self.work.nBits, nonce: 0)
  }

  /// The nonces that begin with the prefix, go on with the low bytes of `counter` that leave `freeByteCount` bytes, and
  /// end with those free.
  func nonces(counter: UInt64, freeByteCount: Int) -> Range<UInt64> {
    let prefix = extranonce1.bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let own = max(0, extranonce2ByteCount - freeByteCount)
    let free = UInt64(8 * min(freeByteCount, extranonce2ByteCount))
    let part = own >= 8 ? counter : counter & (1 << UInt64(8 * own) - 1)
    let start = prefix << UInt64(8 * extranonce2ByteCount) | part << free
    // Of a prefix of all ones the last nonce is left out: no range ends behind it.
    let (end, isBeyond) = start.addingReportingOverflow(1 << free)
    return start..<(isBeyond ? .max : end)
  }
}

/// A share that was found, on its way to the pool.
struct MinedShare: Sendable {
  let job: MiningJob
  let solution: ShareSubmission.Solution
  let hash: Hash256

  var isBlock: Bool { job.work.networkTarget.isMet(by: hash) }
}
