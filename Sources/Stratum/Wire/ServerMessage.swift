/// What a pool says to a miner (Bitcoin dialect): we write these downstream, and read them upstream.
public enum ServerMessage: Equatable, Sendable {
  case notify(JobNotice)
  case setDifficulty(Difficulty)
  case setTarget(Target)
  case setExtranonce(Extranonce, extranonce2ByteCount: Int)
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
    /// `mining.subscribe`: the session id, extranonce1 and the bytes of extranonce2.
    case subscription(sessionID: String?, Extranonce, extranonce2ByteCount: Int)
    /// `mining.configure`.
    case extensions(versionMask: UInt32?)
    case text(String)
    /// Anything else, `null` included.
    case other
  }
}

/// `mining.notify`.
public struct JobNotice: Equatable, Sendable {
  public var jobID: String
  /// In internal order (on the wire each 4-byte word is swapped).
  public var previousBlock: Hash256
  public var coinbase1: [UInt8]
  public var coinbase2: [UInt8]
  public var merkleBranches: [Hash256]
  public var version: UInt32
  public var nBits: UInt32
  public var nTime: UnixTime
  public var cleanJobs: Bool

  public init(
    jobID: String, previousBlock: Hash256, coinbase1: [UInt8], coinbase2: [UInt8], merkleBranches: [Hash256],
    version: UInt32, nBits: UInt32, nTime: UnixTime, cleanJobs: Bool
  ) {
    self.jobID = jobID
    self.previousBlock = previousBlock
    self.coinbase1 = coinbase1
    self.coinbase2 = coinbase2
    self.merkleBranches = merkleBranches
    self.version = version
    self.nBits = nBits
    self.nTime = nTime
    self.cleanJobs = cleanJobs
  }
}
