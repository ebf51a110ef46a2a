extension MinerSession {
  /// Answers the waiting subscribe.
  public mutating func seated(_ seat: Seat, into out: inout [UInt8]) {
    guard case .waiting(let place) = phase else { return }
    self.seat = seat
    // Some miners send authorize without waiting for the answer to subscribe.
    phase = identity == nil ? .subscribed : .authorized
    var line: [UInt8] = []
    // A login is answered with its first job.
    guard !isLogin else { return pendingLogin = place }
    // The reply queue writes the id; the line is made for the id that waits there.
    let isShort = answersAsKawPow
    replies.resolve(
      place,
      with: { id in
        Self.writeSubscribed(id, seat, isShort: isShort, into: &line)
        return .line(line)
      }, into: &out)
  }

  /// A miner that is known to speak KawPow gets that dialect's answer. Any other gets the longer one, in which a KawPow
  /// miner finds its prefix too: who it is may only be said at authorize.
  var answersAsKawPow: Bool { algorithm.dialect == .kawpow && isAlgorithmCertain }

  static func writeSubscribed(_ id: RequestID, _ seat: Seat, isShort: Bool, into line: inout [UInt8]) {
    if isShort {
      MessageWriter.subscribedKawPow(id, prefix: seat.extranonce1, into: &line)
    } else {
      MessageWriter.subscribed(id, sessionID: seat.sessionID, seat, into: &line)
    }
  }

  /// What a miner that is not authorized yet seems to mine: decides its first seat.
  public mutating func assume(
    _ algorithm: Algorithm, isCertain: Bool, settings: Vardiff.Settings, start: Difficulty
  ) {
    guard identity == nil else { return }
    isAlgorithmCertain = isCertain
    guard algorithm != self.algorithm else { return }
    self.settings = settings
    take(algorithm, start: start)
  }

  private mutating func take(_ algorithm: Algorithm, start: Difficulty) {
    difficulty = bounds.clamp(start)
    self.algorithm = algorithm
  }

  /// The name is good. The first one decides the algorithm and the difficulty's start.
  public mutating func authorized(
    _ identity: MinerIdentity, user: String, algorithm: Algorithm, settings: Vardiff.Settings, fixed: Difficulty?,
    start: Difficulty?, reply place: UInt32, into out: inout [UInt8]
  ) {
    if self.identity == nil {
      self.identity = identity
      self.user = user
      self.settings = settings
      if self.algorithm != algorithm { take(algorithm, start: start ?? difficulty) }
      if phase == .subscribed { phase = .authorized }
      if let fixed {
        difficulty = settings.clamp(fixed)
        isDifficultyFixed = true
      } else if let start {
        difficulty = bounds.clamp(start)
      }
    }
    if user != self.user { others[user] = identity }
    if !isLogin { replies.resolve(place, .accepted, into: &out) }
  }

  public mutating func refused(_ message: String, reply place: UInt32, into out: inout [UInt8]) {
    replies.resolve(place, .rejected(code: 24, message: message), into: &out)
    loginRefused()
  }

  /// Who a submit is for; `nil` when that name was never authorized here.
  public func identity(of user: String) -> MinerIdentity? {
    user == self.user ? identity : others[user]
  }

  /// All that submits here may be for, the first authorized before the others.
  public var identities: [MinerIdentity] { (identity.map { [$0] } ?? []) + others.values }

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
      mayRefuseExtranonce = false
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

  /// A miner that was told another extranonce and answers with an error works on with the old one.
  mutating func refusedExtranonce() -> SessionAction {
    guard mayRefuseExtranonce else { return .none }
    mayRefuseExtranonce = false
    followsExtranonce = false
    suspicious = nil
    return .reconnect
  }

  mutating func reseat(_ seat: Seat) {
    if let old = self.seat, !old.hasSameBytes(as: seat), !isLogin {
      suspicious = 0
      mayRefuseExtranonce = true
    }
    self.seat = seat
  }
}
