/// What a miner sends as a solution; every field already binary.
public struct ShareSubmission: Equatable, Sendable {
  /// `ACCOUNT.worker` as sent.
  public var user: String
  /// `nil` when the text could not be one of our ids: then no such job exists.
  public var job: JobID?
  public var extranonce2: Extranonce
  public var nTime: UnixTime
  public var nonce: UInt32
  /// The rolled bits (or the whole version, as some miners send); `nil` with five parameters.
  public var versionBits: UInt32?

  public init(
    user: String, job: JobID?, extranonce2: Extranonce, nTime: UnixTime, nonce: UInt32, versionBits: UInt32? = nil
  ) {
    self.user = user
    self.job = job
    self.extranonce2 = extranonce2
    self.nTime = nTime
    self.nonce = nonce
    self.versionBits = versionBits
  }
}

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
  case storageUnavailable, busy, upstreamLost, upstream

  /// 20 other, 21 job not found, 22 duplicate, 23 low difficulty, 24 unauthorized, 25 not subscribed.
  public var code: Int {
    switch self {
    case .stale: 21
    case .duplicate: 22
    case .lowDifficulty: 23
    case .unauthorized: 24
    case .notSubscribed: 25
    case .extranonceLength, .timeOutOfRange, .versionBits, .storageUnavailable, .busy, .upstreamLost, .upstream: 20
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
    case .storageUnavailable: "Pool storage unavailable, share NOT counted"
    case .busy: "Too many shares waiting, share NOT counted"
    case .upstreamLost: "Upstream lost, share NOT counted"
    case .upstream: "Rejected by upstream"
    }
  }
}

/// What a share turned out to be, once hashed.
public struct Verdict: Equatable, Sendable {
  public let hash: Hash256
  public let header: BlockHeader
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

  /// The header that the submission stands for, under what was agreed for its job.
  /// - Throws: `.extranonceLength` or `.versionBits` when no header follows from it.
  public func header(of share: ShareSubmission, job: Job, agreement: Agreement) throws(RejectReason) -> BlockHeader {
    guard share.extranonce2.count == agreement.seat.extranonce2ByteCount else { throw .extranonceLength }
    let version = try version(of: share, job: job, mask: agreement.versionMask)
    let work = job.work
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
      nTime: share.nTime, nBits: work.nBits, nonce: share.nonce)
  }

  /// Bits outside the mask must be the job's own (some miners send the whole version) or zero.
  private func version(of share: ShareSubmission, job: Job, mask: UInt32) throws(RejectReason) -> UInt32 {
    guard let bits = share.versionBits else { return job.work.version }
    let outside = bits & ~mask
    guard outside == 0 || outside == job.work.version & ~mask else { throw .versionBits }
    return job.work.version & ~mask | bits & mask
  }

  public func hash(_ header: BlockHeader) -> Hash256 {
    header.withBytes { hashes.proofOfWork(algorithm, header: $0) }
  }

  /// Weighs a hash. `isCurrent` says whether the job's block is still the one being mined (or in its grace).
  public func weigh(
    _ hash: Hash256, of header: BlockHeader, job: Job, agreement: Agreement, isCurrent: Bool, now: UnixTime
  ) -> Verdict {
    let rejection: RejectReason? =
      if !agreement.target.isMet(by: hash) {
        .lowDifficulty
      } else if !isCurrent {
        .stale
      } else if header.nTime < job.work.nTime || header.nTime > latest(for: job, now: now) {
        .timeOutOfRange
      } else {
        nil
      }
    return Verdict(
      hash: hash, header: header, isBlock: job.work.networkTarget.isMet(by: hash),
      meetsSource: job.sourceTarget.isMet(by: hash), rejection: rejection)
  }

  /// Miners that roll nTime may run ahead by 7,000 s (as ckpool allows), and clocks by as much again.
  private func latest(for job: Job, now: UnixTime) -> UnixTime {
    max(job.nTime, now).advanced(by: Int64(Limits.nTimeAheadSeconds))
  }
}
