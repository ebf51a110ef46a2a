/// One miner's connection as a value: messages in, lines and an action out. No I/O, no clock, no randomness.
///
/// The shell finds seats, checks names, hashes shares and delivers them; what was agreed with the miner, and for
/// which jobs it holds, is kept here.
public struct MinerSession: Sendable, Codable {
  public enum Phase: Sendable, Equatable, Codable {
    case connected
    /// A subscribe waits for a seat.
    case waiting(reply: UInt32)
    case subscribed
    case authorized
  }

  /// How the miner is spoken to.
  public enum Speech: Sendable {
    case bitcoin, kawpow
    /// It came with `login`.
    case login
  }

  public internal(set) var phase = Phase.connected
  public internal(set) var seat: Seat?
  public internal(set) var userAgent = ""
  /// Who is paid when a submit names nobody else: the first worker authorized.
  public internal(set) var identity: MinerIdentity?
  /// The name under which that one was authorized, as the miner writes it.
  var user = ""
  public internal(set) var algorithm: Algorithm { didSet { ownTarget = difficulty.target(for: algorithm) } }
  public var replies = ReplyQueue()
  /// Told by the miner that it follows `mining.set_extranonce`, and not yet disproved.
  public internal(set) var followsExtranonce = false
  /// The session's own wish; what holds for a job is never harder than its source allows.
  public internal(set) var difficulty: Difficulty { didSet { ownTarget = difficulty.target(for: algorithm) } }
  /// `difficulty` as a target, kept because every job asks for it.
  var ownTarget: Target
  public internal(set) var vardiff: Vardiff
  /// What the miner says of itself, where it does.
  public internal(set) var reportedHashrate: Hashrate?
  public internal(set) var accepted: UInt32 = 0
  public internal(set) var rejected: UInt32 = 0
  public internal(set) var lastShare: MonotonicTime?
  public let connectedAt: MonotonicTime
  public internal(set) var movedAt: MonotonicTime

  var isLogin = false
  /// Answered with the first job.
  var pendingLogin: UInt32?
  /// The algorithm is the listener's, or the miner named it: not a guess.
  var isAlgorithmCertain = true
  /// Was told another extranonce, and neither used nor refused it yet.
  var mayRefuseExtranonce = false
  /// Newest last.
  var agreements: [Agreement] = []
  /// What the miner can roll; `nil` when it did not configure version rolling.
  var minerMask: UInt32?
  /// The mask last told to the miner.
  var toldMask: UInt32 = 0
  /// Set by `d=` in the password: vardiff keeps off.
  var isDifficultyFixed = false
  var settings: Vardiff.Settings
  /// The least difficulty that the miner takes, by `minimum-difficulty`. `d=`, which its owner wrote, goes before it.
  var askedMinimum: Difficulty?
  var others: [String: MinerIdentity] = [:]
  private var malformed = 0
  /// What the last line was, where no honest miner sends it.
  private var fault: Violation?
  /// Wrong or low shares in a row since the last move that changed the extranonce.
  var suspicious: Int?

  public init(algorithm: Algorithm, settings: Vardiff.Settings, start: Difficulty, at now: MonotonicTime) {
    self.algorithm = algorithm
    self.settings = settings
    difficulty = settings.clamp(start)
    ownTarget = settings.clamp(start).target(for: algorithm)
    vardiff = Vardiff(at: now)
    connectedAt = now
    movedAt = now
  }
}

/// What the shell does next.
public enum SessionAction: Equatable, Sendable {
  case none
  /// Check the name and call `authorized` or `refused`; then find a seat.
  case login(LoginRequest, reply: UInt32)
  /// The miner cannot be told another extranonce: it must reconnect, and then gets what its pool has.
  case reconnect
  /// Find a seat and call `seated`; `resume` is the session id of an earlier connection.
  case findSeat(resume: String?)
  /// Check the name and call `authorized` or `refused`.
  case authorize(user: String, password: String, reply: UInt32)
  /// Judge the share and answer `reply`.
  case judge(ShareSubmission, reply: UInt32)
  /// Send the current job once more: the miner may have swallowed the last one.
  case resendJob
  case close(CloseReason)
}

/// Why we close a connection. The text goes to the log, and to the miner where it can still be told.
public enum CloseReason: String, Error, Sendable {
  case lineTooLong, lineTooSlow, tooManyMalformedLines, notAuthorizedInTime, tooManyRequestsWaiting, outboxFull
  case noSource, moved, shutdown, tooManyConnections
  case banned, misconduct, tooManyFromAddress, tooFast, tooManyNewcomers, noShareInTime, madeRoom
  case needsTLS, noTLSHere, unexpectedProxyHeader
}

extension MinerSession {
  /// One well-formed line.
  public mutating func received(
    _ line: ClientLine, at now: MonotonicTime, into out: inout [UInt8]
  ) -> SessionAction {
    malformed = 0
    guard !replies.isOverflowing else { return .close(.tooManyRequestsWaiting) }
    let id = line.id
    switch line.message {
    case .subscribe(let agent, let resume): return subscribe(id, agent: agent, resume: resume, into: &out)
    case .authorize(let user, let password): return authorize(id, user: user, password: password, into: &out)
    case .submit(let share): return submit(id, share, into: &out)
    case .login(let request): return login(id, request, into: &out)
    case .keepAlive: keepAlive(id, into: &out)
    case .reportHashrate(let rate):
      reportedHashrate = rate
      reply(id, true, into: &out)
    case .refusal: return refusedExtranonce()
    case .configure(let request): configure(id, request, into: &out)
    case .extranonceSubscribe:
      followsExtranonce = true
      reply(id, true, into: &out)
      // cpuminer-opt takes any other line as the answer: what it swallowed is sent again.
      if phase == .authorized { return .resendJob }
    case .suggestDifficulty(let wanted):
      suggest(wanted)
      reply(id, true, into: &out)
    case .suggestTarget(let target):
      suggest(target.difficulty(for: algorithm))
      reply(id, true, into: &out)
    case .getTransactions: refuse(id, 20, "Transactions are not served", into: &out)
    case .getVersion: answer(id, into: &out) { MessageWriter.text(id, "zion-proxy", into: &$0) }
    case .ping: answer(id, into: &out) { MessageWriter.pong(id, into: &$0) }
    case .pong, .reply: break
    case .unknown(let method): refuse(id, 20, "Unknown method \(method.prefix(40))", into: &out)
    }
    return .none
  }

  /// A line that is no message: the sender is told why, and closed when it goes on.
  public mutating func received(malformed error: MalformedLine, into out: inout [UInt8]) -> SessionAction {
    guard !replies.isOverflowing else { return .close(.tooManyRequestsWaiting) }
    malformed += 1
    fault = .malformedLine
    refuse(error.id, 20, error.error.message, into: &out)
    return malformed >= Limits.malformedLines ? .close(.tooManyMalformedLines) : .none
  }

  private mutating func subscribe(
    _ id: RequestID, agent: String, resume: String?, into out: inout [UInt8]
  ) -> SessionAction {
    userAgent = agent
    switch phase {
    case .connected:
      guard let place = replies.open(id) else { return .close(.tooManyRequestsWaiting) }
      phase = .waiting(reply: place)
      return .findSeat(resume: resume)
    case .waiting:
      refuse(id, 20, "Already subscribing", into: &out)
    case .subscribed, .authorized:
      guard let seat else { return .close(.noSource) }
      let isShort = answersAsKawPow
      answer(id, into: &out) { Self.writeSubscribed(id, seat, isShort: isShort, into: &$0) }
    }
    return .none
  }

  private mutating func authorize(
    _ id: RequestID, user: String, password: String, into out: inout [UInt8]
  ) -> SessionAction {
    guard phase != .connected else {
      fault = .protocolOrder
      refuse(id, 25, "Subscribe before you authorize", into: &out)
      return .none
    }
    guard !isLogin else {
      refuse(id, 20, "Already logged in", into: &out)
      return .none
    }
    guard others.count < Limits.workersPerSession else {
      refuse(id, 24, "More than \(Limits.workersPerSession) workers on one connection", into: &out)
      return .none
    }
    guard let place = replies.open(id) else { return .close(.tooManyRequestsWaiting) }
    return .authorize(user: user, password: password, reply: place)
  }

  private mutating func submit(
    _ id: RequestID, _ share: ShareSubmission, into out: inout [UInt8]
  ) -> SessionAction {
    switch phase {
    case .connected, .waiting: reject(id, .notSubscribed, into: &out)
    case .subscribed: reject(id, .unauthorized, into: &out)
    case .authorized:
      var share = share
      if isLogin { share.user = user }
      if let place = replies.open(id) { return .judge(share, reply: place) }
      reject(id, .busy, into: &out)
    }
    return .none
  }

  private mutating func reject(_ id: RequestID, _ reason: RejectReason, into out: inout [UInt8]) {
    rejected &+= 1
    fault = reason.violation
    refuse(id, reason.code, reason.message, into: &out)
  }

  /// - Returns: once, what was wrong with the last line that no share and no name was judged for.
  public mutating func takeFault() -> Violation? {
    guard let fault else { return nil }
    self.fault = nil
    return fault
  }

  mutating func refuse(_ id: RequestID, _ code: Int, _ message: String, into out: inout [UInt8]) {
    replies.reply(id, .rejected(code: code, message: message), into: &out)
  }

  private mutating func reply(_ id: RequestID, _ value: Bool, into out: inout [UInt8]) {
    answer(id, into: &out) { MessageWriter.result(id, value, into: &$0) }
  }

  mutating func answer(_ id: RequestID, into out: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
    var line: [UInt8] = []
    write(&line)
    replies.reply(id, .line(line), into: &out)
  }
}
