/// What was agreed with one session for the jobs from `since` on: never changed, only followed by another.
public struct Agreement: Equatable, Sendable {
  public let since: JobID
  public let seat: Seat
  public let target: Target
  public let work: ShareWork
  public let versionMask: UInt32

  public init(since: JobID, seat: Seat, target: Target, versionMask: UInt32) {
    self.since = since
    self.seat = seat
    self.target = target
    self.work = ShareWork(of: target)
    self.versionMask = versionMask
  }
}

/// Why a share does not count. Each has a code that the miner sees and a label for counters.
public enum RejectReason: String, Error, CaseIterable, Sendable {
  case stale, duplicate, lowDifficulty, unauthorized, notSubscribed
  case extranonceLength, timeOutOfRange, versionBits
  case headerHash, noncePrefix, mixHash
  case storageUnavailable, busy, upstreamLost, upstream

  /// 20 other, 21 job not found, 22 duplicate, 23 low difficulty, 24 unauthorized, 25 not subscribed.
  public var code: Int {
    switch self {
    case .stale: 21
    case .duplicate: 22
    case .lowDifficulty: 23
    case .unauthorized: 24
    case .notSubscribed: 25
    case .extranonceLength, .timeOutOfRange, .versionBits, .headerHash, .noncePrefix, .mixHash: 20
    case .storageUnavailable, .busy, .upstreamLost, .upstream: 20
    }
  }

  /// Never one of the texts on which a miner closes its connection (`reference/proxies.md` §4.3).
  public var message: String {
    switch self {
    case .stale: "Stale share"
    case .duplicate: "Duplicate share"
    case .lowDifficulty: "Low difficulty share"
    case .unauthorized: "Unauthorized worker"
    case .notSubscribed: "Not subscribed"
    case .extranonceLength: "Wrong extranonce2 length"
    case .timeOutOfRange: "nTime out of range"
    case .versionBits: "Version bits outside the mask"
    case .headerHash: "Header hash is not the job's"
    case .noncePrefix: "Nonce does not begin with the assigned prefix"
    case .mixHash: "Wrong mix hash"
    case .storageUnavailable: "Pool storage unavailable, share NOT counted"
    case .busy: "Too many shares waiting, share NOT counted"
    case .upstreamLost: "Upstream lost, share NOT counted"
    case .upstream: "Rejected by upstream"
    }
  }
}

/// What a share turned out to be, once hashed.
public struct Verdict: Equatable, Sendable {
  /// Of a KawPow share, the final hash.
  public let hash: Hash256
  public let proof: ShareProof
  /// Meets the network's target: goes to the source whatever else is wrong with it.
  public let isBlock: Bool
  /// Meets the source's target: of use to an upstream.
  public let meetsSource: Bool
  /// `nil` when it counts.
  public private(set) var rejection: RejectReason?

  /// The same share, refused for a reason that has nothing to do with its hash.
  public func rejected(_ reason: RejectReason) -> Verdict {
    var verdict = self
    verdict.rejection = verdict.rejection ?? reason
    return verdict
  }
}

/// Judges shares by recomputing them. Pure: the same share always gets the same verdict.
public struct ShareJudge<Hashes: HashFunctions>: Sendable {
  public let algorithm: Algorithm
  public let hashes: Hashes

  public init(algorithm: Algorithm, hashes: Hashes) {
    self.algorithm = algorithm
    self.hashes = hashes
  }

  /// What the submission stands for, under what was agreed for its job.
  /// - Throws: why nothing follows from it that could be hashed.
  public func proof(of share: ShareSubmission, job: Job, agreement: Agreement) throws(RejectReason) -> ShareProof {
    switch (job.work.content, share.solution) {
    case (.bitcoin(let work), .bitcoin(let solution)):
      return .header(try header(of: solution, work: work, nBits: job.work.nBits, agreement: agreement))
    case (.kawpow(let work), .kawpow(let solution)):
      guard solution.headerHash == work.headerHash else { throw .headerHash }
      guard agreement.seat.extranonce1.isPrefix(of: solution.nonce) else { throw .noncePrefix }
      return .kawpow(
        KawPowProof(
          headerHash: work.headerHash, height: work.height, nonce: solution.nonce, mixHash: solution.mixHash))
    case (_, .nonce):
      return try proof(of: share.completed(by: job, agreement), job: job, agreement: agreement)
    // A job of another algorithm than the session's: it was never given to it.
    case (.bitcoin, .kawpow), (.kawpow, .bitcoin): throw .stale
    }
  }

  private func header(
    of share: BitcoinSolution, work: BitcoinWork, nBits: UInt32, agreement: Agreement
  ) throws(RejectReason) -> BlockHeader {
    guard share.extranonce2.count == agreement.seat.extranonce2ByteCount else { throw .extranonceLength }
    let version = try version(of: share, work: work, mask: agreement.versionMask)
    let (first, second) = (agreement.seat.extranonce1, share.extranonce2)
    let size = work.coinbase1.count + first.count + second.count + work.coinbase2.count
    let coinbase = withUnsafeTemporaryAllocation(byteCount: size, alignment: 16) { raw in
      var offset = 0
      raw.copyBytes(from: work.coinbase1)
      offset += work.coinbase1.count
      if let base = raw.baseAddress {
        first.copy(to: base + offset)
        offset += first.count
        second.copy(to: base + offset)
        offset += second.count
      }
      UnsafeMutableRawBufferPointer(rebasing: raw[offset...]).copyBytes(from: work.coinbase2)
      return hashes.sha256d(UnsafeRawBufferPointer(raw))
    }
    return BlockHeader(
      version: version, previousBlock: work.previousBlock,
      merkleRoot: MerkleRoot.fold(coinbase, work.merkleBranches, using: hashes),
      nTime: share.nTime, nBits: nBits, nonce: share.nonce)
  }

  /// Bits outside the mask must be the job's own (some miners send the whole version) or zero.
  private func version(
    of share: BitcoinSolution, work: BitcoinWork, mask: UInt32
  ) throws(RejectReason) -> UInt32 {
    guard let bits = share.versionBits else { return work.version }
    let outside = bits & ~mask
    guard outside == 0 || outside == work.version & ~mask else { throw .versionBits }
    return work.version & ~mask | bits & mask
  }

  /// The hash that the share is weighed by. Of KawPow it is the hash that the *claimed* mix gives: what it admits must
  /// be verified in full before it counts.
  public func hash(_ proof: ShareProof) -> Hash256 {
    switch proof {
    case .header(let header): header.withBytes { hashes.proofOfWork(algorithm, header: $0) }
    case .kawpow(let proof): hashes.claimedHash(proof)
    }
  }

  /// Weighs a hash. `isCurrent` says whether the job's block is still the one being mined (or in its grace).
  public func weigh(
    _ hash: Hash256, of proof: ShareProof, job: Job, agreement: Agreement, isCurrent: Bool, now: UnixTime
  ) -> Verdict {
    let rejection: RejectReason? =
      if !agreement.target.isMet(by: hash) {
        .lowDifficulty
      } else if !isCurrent {
        .stale
      } else if !isInTime(proof, job: job, now: now) {
        .timeOutOfRange
      } else {
        nil
      }
    return Verdict(
      hash: hash, proof: proof, isBlock: job.work.networkTarget.isMet(by: hash),
      meetsSource: job.sourceTarget.isMet(by: hash), rejection: rejection)
  }

  /// Miners that roll nTime may run ahead of the job and of our clock, whichever is later. KawPow miners cannot roll it.
  private func isInTime(_ proof: ShareProof, job: Job, now: UnixTime) -> Bool {
    guard let header = proof.header, let work = job.work.bitcoin else { return true }
    let latest = max(job.nTime, now).advanced(by: Int64(Limits.nTimeAheadSeconds))
    return header.nTime >= work.nTime && header.nTime <= latest
  }
}
