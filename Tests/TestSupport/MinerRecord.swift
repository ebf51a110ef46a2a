import Stratum

/// Everything that happened to a `TestMiner`, over all its connections.
public struct MinerRecord: Sendable {
  public struct Share: Sendable {
    public enum Reply: Equatable, Sendable {
      case pending
      case accepted
      case rejected(code: Int, message: String)
      /// The connection ended first.
      case lost
    }
    /// The hash of its header in display order, which is its identity.
    public let hash: String
    /// Index in `jobs`.
    public let job: Int
    /// Found for the job before the present one.
    public let isLate: Bool
    public let sentAt: ContinuousClock.Instant
    public var reply = Reply.pending
    public var answeredAt: ContinuousClock.Instant?
  }

  public var jobs: [MinerJob] = []
  public var shares: [Share] = []
  public var difficulties: [Double] = []
  public var extranonces: [[UInt8]] = []
  public var versionMasks: [UInt32] = []
  public var connects = 0
  public var disconnects = 0
  public var reconnectRequests = 0
  /// It sends no shares at present.
  public var isResting = false
  public var sessionID: String?
  /// The last answer to authorize.
  public var isAuthorized = false
  public var loginError: String?
  /// Lines that a miner would not understand, and replies that nobody asked for or that came out of order.
  public var oddities: [String] = []

  public var accepted: [Share] { shares.filter { $0.reply == .accepted } }

  public var rejected: [Share] {
    shares.filter { if case .rejected = $0.reply { true } else { false } }
  }

  /// How often each reason was given.
  public var rejections: [String: Int] {
    shares.reduce(into: [:]) { counts, share in
      if case .rejected(let code, let message) = share.reply { counts["\(code) \(message)", default: 0] += 1 }
    }
  }
}

/// How a `TestMiner` behaves.
public struct MinerOptions: Sendable {
  public var port: Int
  public var user: String
  public var password = "x"
  public var userAgent = "test-miner/1.0"
  public var algorithm = Algorithm.sha256d
  /// Shares that it sends at most; 0 for a miner that only listens.
  public var sharesPerSecond = 1.0
  public var followsExtranonce = true
  public var rollsVersion = true
  /// Sends a share for the job before after each clean one, as a miner does whose share was on its way.
  public var sendsLateShares = false
  /// Connects again when it lost the connection, as every real miner does.
  public var reconnects = true
  /// Asks for its old session when it connects again.
  public var resumesSession = false
  /// Shares without an answer at which it waits.
  public var pendingLimit = 32
  /// For extranonce2 and version bits: miners with different seeds search different space.
  public var seed: UInt64 = 1
  /// `nil`: plain.
  public var tls: TestTLS?
  /// The address of this machine that it connects from.
  public var localAddress: String?

  public init(port: Int, user: String) {
    self.port = port
    self.user = user
  }
}
