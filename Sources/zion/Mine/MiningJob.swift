import Hashing
import Stratum

/// A pool's job as this miner works on it: with the extranonce and the target that held when it came.
struct MiningJob: Sendable {
  /// Which connection it came by: an answer can only go back there.
  let connection: UInt64
  let sourceJobID: String
  let algorithm: Algorithm
  let work: Work
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
    work = Work(
      previousBlock: notice.previousBlock, coinbase1: notice.coinbase1, coinbase2: notice.coinbase2,
      merkleBranches: notice.merkleBranches, version: notice.version, nBits: notice.nBits, nTime: notice.nTime)
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

  /// The header to search, its nonce zero.
  func header(extranonce2: Extranonce, using hashes: Kernels) -> BlockHeader {
    let coinbase = work.coinbase1 + extranonce1.bytes + extranonce2.bytes + work.coinbase2
    let root = MerkleRoot.fold(
      coinbase.withUnsafeBytes { hashes.sha256d($0) }, work.merkleBranches, using: hashes)
    return BlockHeader(
      version: work.version, previousBlock: work.previousBlock, merkleRoot: root, nTime: work.nTime,
      nBits: work.nBits, nonce: 0)
  }
}

/// A share that was found, on its way to the pool.
struct MinedShare: Sendable {
  let job: MiningJob
  let extranonce2: Extranonce
  let found: NonceSearch.Found

  var isBlock: Bool { job.work.networkTarget.isMet(by: found.hash) }
}
