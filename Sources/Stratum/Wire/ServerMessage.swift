/// What a pool says to a miner: we write these downstream, and read them upstream.
public enum ServerMessage: Equatable, Sendable {
  case notify(JobNotice)
  case setDifficulty(Difficulty)
  case setTarget(Target)
  /// KawPow pools leave the byte count out: the prefix and the rest fill 8 bytes.
  case setExtranonce(Extranonce, extranonce2ByteCount: Int?)
  case setVersionMask(UInt32)
  /// Without a host: to the same address.
  case reconnect(host: String?, port: Int?, waitSeconds: Int)
  case getVersion(RequestID)
  case showMessage(String)
  case ping(RequestID)
  case response(id: RequestID, Response)
  case unknown(method: String, RequestID)

  /// A reply to a request of ours. Pools match ids loosely, so replies are matched by order first.
  public enum Response: Equatable, Sendable {
    case success(ResultValue)
    case failure(code: Int, message: String)
  }

  /// The results that we ask for.
  public enum ResultValue: Equatable, Sendable {
    case bool(Bool)
    /// `mining.subscribe`: the session id, extranonce1 and the bytes of extranonce2, which KawPow pools leave out.
    case subscription(sessionID: String?, Extranonce, extranonce2ByteCount: Int?)
    /// `mining.configure`.
    case extensions(versionMask: UInt32?)
    case text(String)
    /// Anything else, `null` included.
    case other
  }
}

/// `mining.notify`.
public struct JobNotice: Equatable, Sendable, Codable {
  public var jobID: String
  public var content: Work.Content
  public var nBits: UInt32
  public var cleanJobs: Bool
  /// KawPow jobs carry the target of their shares.
  public var target: Target?

  public init(jobID: String, _ content: Work.Content, nBits: UInt32, cleanJobs: Bool, target: Target? = nil) {
    self.jobID = jobID
    self.content = content
    self.nBits = nBits
    self.cleanJobs = cleanJobs
    self.target = target
  }

  public init(
    jobID: String, previousBlock: Hash256, coinbase1: [UInt8], coinbase2: [UInt8], merkleBranches: [Hash256],
    version: UInt32, nBits: UInt32, nTime: UnixTime, cleanJobs: Bool
  ) {
    let work = BitcoinWork(
      previousBlock: previousBlock, coinbase1: coinbase1, coinbase2: coinbase2, merkleBranches: merkleBranches,
      version: version, nTime: nTime)
    self.init(jobID: jobID, .bitcoin(work), nBits: nBits, cleanJobs: cleanJobs)
  }

  public var work: Work {
    switch content {
    case .bitcoin: Work(content, nBits: nBits)
    case .kawpow(let work): Work(work, nBits: nBits)
    }
  }
}

extension Work.Content {
  /// On which block this builds, as far as the job says: another value means that the chain moved on.
  public enum Position: Hashable, Sendable, Codable {
    case above(Hash256)
    case at(height: UInt32)
  }

  public var position: Position {
    switch self {
    case .bitcoin(let work): .above(work.previousBlock)
    case .kawpow(let work): .at(height: work.height)
    }
  }
}
