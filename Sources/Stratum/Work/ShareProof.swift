/// What a share puts up to be hashed.
public enum ShareProof: Hashable, Sendable {
  case header(BlockHeader)
  case kawpow(KawPowProof)

  public var header: BlockHeader? { if case .header(let header) = self { header } else { nil } }
  public var kawpow: KawPowProof? { if case .kawpow(let proof) = self { proof } else { nil } }
}

/// A KawPow solution with all that it is verified by. Its mix hash is the miner's claim.
public struct KawPowProof: Hashable, Sendable {
  /// In the order of the wire, as `KawPowWork.headerHash`.
  public var headerHash: Hash256
  public var height: UInt32
  public var nonce: UInt64
  /// In the order of the wire.
  public var mixHash: Hash256

  public init(headerHash: Hash256, height: UInt32, nonce: UInt64, mixHash: Hash256) {
    self.headerHash = headerHash
    self.height = height
    self.nonce = nonce
    self.mixHash = mixHash
  }
}

/// What a miner of the Bitcoin dialect found.
public struct BitcoinSolution: Equatable, Sendable, Codable {
  public var extranonce2: Extranonce
  public var nTime: UnixTime
  public var nonce: UInt32
  /// The rolled bits (or the whole version, as some miners send); `nil` with five parameters.
  public var versionBits: UInt32?

  public init(extranonce2: Extranonce, nTime: UnixTime, nonce: UInt32, versionBits: UInt32? = nil) {
    self.extranonce2 = extranonce2
    self.nTime = nTime
    self.nonce = nonce
    self.versionBits = versionBits
  }
}

/// What a KawPow miner found: its whole nonce, which begins with the prefix that it was given.
public struct KawPowSolution: Equatable, Sendable, Codable {
  public var nonce: UInt64
  /// Which block the miner hashed, in the order of the wire.
  public var headerHash: Hash256
  public var mixHash: Hash256

  public init(nonce: UInt64, headerHash: Hash256, mixHash: Hash256) {
    self.nonce = nonce
    self.headerHash = headerHash
    self.mixHash = mixHash
  }
}

/// What a miner sends as a solution; every field already binary.
public struct ShareSubmission: Equatable, Sendable {
  public enum Solution: Equatable, Sendable, Codable {
    case bitcoin(BitcoinSolution)
    case kawpow(KawPowSolution)
    /// Of a miner that logged in with `login`: everything else is as its job said. The mix hash is KawPow's.
    case nonce(UInt64, mixHash: Hash256?)
  }

  /// `ACCOUNT.worker` as sent.
  public var user: String
  /// `nil` when the text could not be one of our ids: then no such job exists.
  public var job: JobID?
  public var solution: Solution

  public init(user: String, job: JobID?, _ solution: Solution) {
    self.user = user
    self.job = job
    self.solution = solution
  }

  public init(
    user: String, job: JobID?, extranonce2: Extranonce, nTime: UnixTime, nonce: UInt32, versionBits: UInt32? = nil
  ) {
    self.init(
      user: user, job: job,
      .bitcoin(BitcoinSolution(extranonce2: extranonce2, nTime: nTime, nonce: nonce, versionBits: versionBits)))
  }

  /// With all fields, as a pool wants them: those that the miner left to its job are filled in.
  /// - Throws: `stale` when the job is not of the kind that was solved, `mixHash` when it wants one and there is none.
  public func completed(by job: Job, _ agreement: Agreement) throws(RejectReason) -> ShareSubmission {
    switch (job.work.content, solution) {
    case (.bitcoin, .bitcoin), (.kawpow, .kawpow): return self
    case (.bitcoin, .nonce(let nonce, _)):
      guard let nonce = UInt32(exactly: nonce) else { throw .stale }
      return ShareSubmission(
        user: user, job: self.job, extranonce2: Extranonce(zeros: agreement.seat.extranonce2ByteCount),
        nTime: job.nTime, nonce: nonce)
    case (.kawpow(let work), .nonce(let nonce, let mixHash)):
      guard let mixHash else { throw .mixHash }
      return ShareSubmission(
        user: user, job: self.job, .kawpow(.init(nonce: nonce, headerHash: work.headerHash, mixHash: mixHash)))
    case (.bitcoin, .kawpow), (.kawpow, .bitcoin): throw .stale
    }
  }

  public var bitcoin: BitcoinSolution? { if case .bitcoin(let found) = solution { found } else { nil } }
  public var kawpow: KawPowSolution? { if case .kawpow(let found) = solution { found } else { nil } }
}
