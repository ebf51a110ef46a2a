/// One miner's connection as a value: messages in, lines and an action out. No I/O, no clock, no randomness.
///
/// The shell finds seats, checks names, hashes shares and delivers them; what was agreed with the miner, and for
/// which jobs it holds, is kept here.
public struct MinerSession: Sendable {
  public enum Phase: Sendable, Equatable {
    case connected
    /// A subscribe waits for a seat.
    case waiting(reply: UInt32)
    case subscribed
    case authorized
  }

  public private(set) var phase = Phase.connected
  public private(set) var seat: Seat?
  public private(set) var userAgent = ""
  /// Who is paid when a submit names nobody else: the first worker authorized.
  public private(set) var identity: MinerIdentity?
  /// The name under which that one was authorized, as the miner writes it.
  private var user = ""
  public private(set) var algorithm: Algorithm { didSet { ownTarget = difficulty.target(for: algorithm) } }
  public var replies = ReplyQueue()
  /// Told by the miner that it follows `mining.set_extranonce`, and not yet disproved.
  public internal(set) var followsExtranonce = false
  /// The session's own wish; what holds for a job is never harder than its source allows.
  public internal(set) var difficulty: Difficulty { didSet { ownTarget = difficulty.target(for: algorithm) } }
  /// `difficulty` as a target, kept because every job asks for it.
  private(set) var ownTarget: Target
  public internal(set) var vardiff: Vardiff
  public private(set) var accepted: UInt32 = 0
  public private(set) var rejected: UInt32 = 0
  public private(set) var lastShare: MonotonicTime?
  public let connectedAt: MonotonicTime
  public internal(set) var movedAt: MonotonicTime

  /// Newest last.
  var agreements: [Agreement] = []
  /// What the miner can roll; `nil` when it did not configure version rolling.
  var minerMask: UInt32?
  /// The mask last told to the miner.
  var toldMask: UInt32 = 0
  /// Set by `d=` in the password: vardiff keeps off.
  var isDifficultyFixed = false
  var settings: Vardiff.Settings
  private var others: [String: MinerIdentity] = [:]
  private var malformed = 0
  /// Wrong or low shares in a row since the last move that changed the extranonce.
  private var suspicious: Int?

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
  case lineTooLong, tooManyMalformedLines, notAuthorizedInTime, tooManyRequestsWaiting, outboxFull
  case noSource, moved, shutdown, tooManyConnections
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
      answer(id, into: &out) { MessageWriter.subscribed(id, sessionID: seat.sessionID, seat, into: &$0) }
    }
    return .none
  }

  private mutating func authorize(
    _ id: RequestID, user: String, password: String, into out: inout [UInt8]
  ) -> SessionAction {
    guard phase != .connected else {
      refuse(id, 25, "Subscribe before you authorize", into: &out)
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
      if let place = replies.open(id) { return .judge(share, reply: place) }
      reject(id, .busy, into: &out)
    }
    return .none
  }

  private mutating func reject(_ id: RequestID, _ reason: RejectReason, into out: inout [UInt8]) {
    rejected &+= 1
    refuse(id, reason.code, reason.message, into: &out)
  }

  private mutating func refuse(_ id: RequestID, _ code: Int, _ message: String, into out: inout [UInt8]) {
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

extension MinerSession {
  /// Answers the waiting subscribe.
  public mutating func seated(_ seat: Seat, into out: inout [UInt8]) {
    guard case .waiting(let place) = phase else { return }
    self.seat = seat
    // Some miners send authorize without waiting for the answer to subscribe.
    phase = identity == nil ? .subscribed : .authorized
    var line: [UInt8] = []
    // The reply queue writes the id; the line is made for the id that waits there.
    replies.resolve(
      place,
      with: { id in
        MessageWriter.subscribed(id, sessionID: seat.sessionID, seat, into: &line)
        return .line(line)
      }, into: &out)
  }

  /// The name is good. The first one decides the algorithm and the difficulty's start.
  public mutating func authorized(
    _ identity: MinerIdentity, user: String, algorithm: Algorithm, fixed: Difficulty?, start: Difficulty?,
    reply place: UInt32, into out: inout [UInt8]
  ) {
    if self.identity == nil {
      self.identity = identity
      self.user = user
      if self.algorithm != algorithm { self.algorithm = algorithm }
      if phase == .subscribed { phase = .authorized }
      if let fixed {
        difficulty = settings.clamp(fixed)
        isDifficultyFixed = true
      } else if let start {
        difficulty = settings.clamp(start)
      }
    }
    if user != self.user { others[user] = identity }
    replies.resolve(place, .accepted, into: &out)
  }

  public mutating func refused(_ message: String, reply place: UInt32, into out: inout [UInt8]) {
    replies.resolve(place, .rejected(code: 24, message: message), into: &out)
  }

  /// Who a submit is for; `nil` when that name was never authorized here.
  public func identity(of user: String) -> MinerIdentity? {
    user == self.user ? identity : others[user]
  }

  /// The agreement under which `job` was sent; `nil` when this session never had it.
  public func agreement(for job: Job) -> Agreement? {
    agreements.last { $0.since <= job.id && $0.seat.feed == job.feed }
  }

  /// The outcome of a judged share.
  public mutating func resolve(
    _ place: UInt32, _ outcome: ShareOutcome, work: ShareWork, at now: MonotonicTime, into out: inout [UInt8]
  ) {
    guard replies.isOpen(place) else { return }
    switch outcome {
    case .accepted:
      accepted &+= 1
      lastShare = now
      suspicious = suspicious == nil ? nil : 0
      vardiff.accepted(work, at: now)
      replies.resolve(place, .accepted, into: &out)
    case .rejected(let reason):
      rejected &+= 1
      suspect(reason)
      replies.resolve(place, .rejected(code: reason.code, message: reason.message), into: &out)
    case .refused(let code, let message):
      rejected &+= 1
      replies.resolve(place, .rejected(code: code, message: message), into: &out)
    }
  }

  /// Three wrong shares in a row right after a change of extranonce: this miner did not follow it, and from now on
  /// is moved by reconnecting.
  private mutating func suspect(_ reason: RejectReason) {
    guard let count = suspicious else { return }
    guard reason == .lowDifficulty || reason == .extranonceLength else { return }
    suspicious = count + 1
    if count + 1 >= 3 {
      followsExtranonce = false
      suspicious = nil
    }
  }

  mutating func reseat(_ seat: Seat) {
    if let old = self.seat, !old.hasSameBytes(as: seat) { suspicious = 0 }
    self.seat = seat
  }
}
