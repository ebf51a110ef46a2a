extension MinerSession {
  public var speech: Speech {
    if isLogin { return .login }
    return algorithm.dialect == .kawpow ? .kawpow : .bitcoin
  }

  /// Subscribe and authorize in one. The answer carries the first job, so it waits for a seat.
  mutating func login(_ id: RequestID, _ request: LoginRequest, into out: inout [UInt8]) -> SessionAction {
    guard phase == .connected else {
      refuse(id, 20, "Already logged in", into: &out)
      return .none
    }
    guard let place = replies.open(id) else { return .close(.tooManyRequestsWaiting) }
    isLogin = true
    replies.isForLogin = true
    // Every job says all that there is to know: nothing has to be followed.
    followsExtranonce = true
    userAgent = request.userAgent
    phase = .waiting(reply: place)
    return .login(request, reply: place)
  }

  mutating func keepAlive(_ id: RequestID, into out: inout [UInt8]) {
    guard isLogin else { return refuse(id, 20, "Unknown method keepalived", into: &out) }
    answer(id, into: &out) { MessageWriter.loginStatus(id, "KEEPALIVED", into: &$0) }
  }

  /// Refused for good: on the same connection a login may be tried again, or a subscribe, whose answer must not wait for
  /// a job as that of a login does.
  mutating func loginRefused() {
    guard isLogin else { return }
    isLogin = false
    replies.isForLogin = false
    followsExtranonce = false
    phase = .connected
  }

  /// Writes the job itself; `prepare` or `move` came first.
  public mutating func notify(
    _ job: Job, clean: Bool, using hashes: some HashFunctions, into out: inout [UInt8]
  ) {
    guard let agreement = agreements.last else { return }
    switch (speech, job.work.content) {
    case (.bitcoin, .bitcoin(let work)):
      MessageWriter.notify(job.id, work, nBits: job.work.nBits, nTime: job.nTime, clean: clean, into: &out)
    case (.kawpow, .kawpow(let work)):
      MessageWriter.notify(
        job.id, work, nBits: job.work.nBits, target: agreement.target, clean: clean, into: &out)
    case (.login, _):
      guard let job = LoginJob(job, algorithm: algorithm, agreement: agreement, using: hashes) else { return }
      guard let place = pendingLogin, let session = seat?.sessionID else {
        return MessageWriter.loginJob(job, into: &out)
      }
      pendingLogin = nil
      var line: [UInt8] = []
      replies.resolve(
        place,
        with: { id in
          MessageWriter.loggedIn(id, sessionID: session, job, into: &line)
          return .line(line)
        }, into: &out)
    // A seat is always of the session's algorithm.
    case (.bitcoin, .kawpow), (.kawpow, .bitcoin): break
    }
  }
}
