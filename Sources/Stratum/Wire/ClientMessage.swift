/// The id of a request, echoed byte for byte: pools and miners disagree freely about its type.
public struct RequestID: Hashable, Sendable {
  /// The JSON text of a number, a string with its quotes, or `null`; at most 64 bytes.
  public let rawJSON: String

  public init(rawJSON: String) { self.rawJSON = rawJSON }
  public init(_ number: Int) { rawJSON = String(number) }

  public static let null = RequestID(rawJSON: "null")
}

/// What a miner says to us.
public enum ClientMessage: Equatable, Sendable {
  /// The one-step login of the XMRig kind.
  case login(LoginRequest)
  /// `keepalived` of the same.
  case keepAlive
  /// `resume` is the session id of an earlier connection.
  case subscribe(userAgent: String, resume: String?)
  case authorize(user: String, password: String)
  case configure(ExtensionRequest)
  case submit(ShareSubmission)
  case suggestDifficulty(Difficulty)
  case suggestTarget(Target)
  case extranonceSubscribe
  case getTransactions
  case getVersion
  case ping
  /// `{"method":"pong"}` (ESP-Miner), or the reply to a `mining.ping` of ours.
  case pong
  /// `eth_submitHashrate`: what a GPU miner thinks it does.
  case reportHashrate(Hashrate)
  /// A reply to a request of ours, such as `client.get_version`.
  case reply(text: String?)
  /// The miner does not do what it was told, such as `mining.set_extranonce`.
  case refusal(message: String)
  case unknown(method: String)
}

/// `mining.configure`. Source: BIP 310.
public struct ExtensionRequest: Equatable, Sendable {
  /// The mask the miner can roll and the fewest bits it wants; `nil` when it did not ask.
  public var versionRolling: VersionRolling?
  /// The least difficulty that the miner takes; `nil` when it did not ask.
  public var minimumDifficulty: Difficulty?
  public var subscribeExtranonce: Bool
  /// Names of extensions that we do not know; each is answered `false`.
  public var others: [String]

  public struct VersionRolling: Equatable, Sendable {
    public var mask: UInt32
    public var minimumBitCount: Int
    public init(mask: UInt32, minimumBitCount: Int) {
      self.mask = mask
      self.minimumBitCount = minimumBitCount
    }
  }

  public init(
    versionRolling: VersionRolling? = nil, minimumDifficulty: Difficulty? = nil, subscribeExtranonce: Bool = false,
    others: [String] = []
  ) {
    self.versionRolling = versionRolling
    self.minimumDifficulty = minimumDifficulty
    self.subscribeExtranonce = subscribeExtranonce
    self.others = others
  }
}

/// `login`, as ZION's own miners and XMRig send it.
///
/// Source: `reference/zion.md` §3.1 and §3.2.
public struct LoginRequest: Equatable, Sendable {
  public var user: String
  public var password: String
  public var userAgent: String
  /// `algo` or `algorithm`: names, the preferred first.
  public var algorithms: [String]

  public init(user: String, password: String = "", userAgent: String = "", algorithms: [String] = []) {
    self.user = user
    self.password = password
    self.userAgent = userAgent
    self.algorithms = algorithms
  }
}

/// A miner's line: the id it wants echoed and what it says.
public struct ClientLine: Equatable, Sendable {
  public var id: RequestID
  public var message: ClientMessage
  public init(id: RequestID, message: ClientMessage) {
    self.id = id
    self.message = message
  }
}
