import Hashing
import Stratum

/// A job as one `mining.notify` line told it.
struct HeardJob {
  let id: String
  let job: Job
  let isClean: Bool
  let nTimeHex: String

  init?(notify line: [UInt8]) {
    guard let params = ServerValue(line)?["params"]?.array, params.count >= 9,
      let id = params[0].string, let previous = params[1].string.flatMap({ Hex.decode($0) }), previous.count == 32,
      let coinbase1 = params[2].string.flatMap({ Hex.decode($0) }),
      let coinbase2 = params[3].string.flatMap({ Hex.decode($0) }), let branches = params[4].array,
      let version = params[5].string.flatMap({ UInt32($0, radix: 16) }),
      let nBits = params[6].string.flatMap({ UInt32($0, radix: 16) }),
      let nTimeHex = params[7].string, let nTime = UInt32(nTimeHex, radix: 16), let isClean = params[8].bool
    else { return nil }
    // On the wire each 4-byte word of the previous hash is swapped.
    let internalOrder = stride(from: 0, to: 32, by: 4).flatMap { previous[$0..<$0 + 4].reversed() }
    guard let previousBlock = Hash256(bytes: internalOrder) else { return nil }
    let hashes = branches.compactMap { $0.string.flatMap { Hex.decode($0) }.flatMap { Hash256(bytes: $0) } }
    guard hashes.count == branches.count else { return nil }
    self.id = id
    self.isClean = isClean
    self.nTimeHex = nTimeHex
    let work = Work(
      previousBlock: previousBlock, coinbase1: coinbase1, coinbase2: coinbase2, merkleBranches: hashes,
      version: version, nBits: nBits, nTime: UnixTime(seconds: nTime))
    job = Job(
      id: JobID(0), feed: FeedID(0), work: work, sourceJobID: id, sourceTarget: .easiest, versionMask: 0,
      nTime: UnixTime(seconds: nTime))
  }
}

/// What `mining.subscribe` gave.
struct HeardSubscription {
  let extranonce1: Extranonce
  let extranonce2ByteCount: Int

  init?(reply line: [UInt8]) {
    guard let result = ServerValue(line)?["result"]?.array, result.count >= 3,
      let extranonce1 = result[1].string.flatMap({ Hex.decode($0) }).flatMap({ Extranonce($0) }),
      let count = result[2].number, (1...8).contains(count)
    else { return nil }
    self.extranonce1 = extranonce1
    self.extranonce2ByteCount = Int(count)
  }
}

/// One miner's search on one job: real shares, found by hashing, in the order of their nonces.
struct ShareSearch {
  private var header: BlockHeader
  private let target: Target
  private let judge = ShareJudge(algorithm: .sha256d, hashes: Kernels())

  init(subscription: HeardSubscription, heard: HeardJob, target: Target, from nonce: UInt32) throws(BenchError) {
    self.target = target
    let seat = Seat(
      feed: FeedID(0), slot: 0, extranonce1: subscription.extranonce1,
      extranonce2ByteCount: subscription.extranonce2ByteCount)
    let agreement = Agreement(since: JobID(0), seat: seat, target: target, versionMask: 0)
    guard let extranonce2 = Extranonce(0, byteCount: subscription.extranonce2ByteCount) else {
      throw .server("extranonce2 of \(subscription.extranonce2ByteCount) bytes")
    }
    let submission = ShareSubmission(
      user: "", job: nil, extranonce2: extranonce2, nTime: heard.job.nTime, nonce: nonce)
    do {
      let proof = try judge.proof(of: submission, job: heard.job, agreement: agreement)
      guard let header = proof.header else { throw BenchError.server("a job of another dialect") }
      self.header = header
    } catch let error as RejectReason {
      throw .server("a job from which no header follows: \(error)")
    } catch let error as BenchError {
      throw error
    } catch {
      throw .server("\(error)")
    }
  }

  var nextNonce: UInt32 { header.nonce }

  /// The next nonce that meets the target.
  /// - Throws: `.server` when none of 2^24 does: the difficulty is not the tiny one that was configured.
  mutating func next() throws(BenchError) -> UInt32 {
    for _ in 0..<1 << 24 {
      let nonce = header.nonce
      let isFound = target.isMet(by: judge.hash(.header(header)))
      header.nonce &+= 1
      if isFound { return nonce }
    }
    throw .server("a share difficulty too high for a benchmark to mine")
  }
}
