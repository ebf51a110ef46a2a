/// One connection to an upstream pool as a value: we are the miner. Messages in, lines and events out.
public struct UpstreamSession: Sendable, Codable {
  public struct Credentials: Sendable, Equatable, Codable {
    public var user: String
    public var password: String
    public init(user: String, password: String) {
      self.user = user
      self.password = password
    }
  }

  public enum Phase: Sendable, Equatable, Codable {
    case configuring, subscribing, authorizing
    /// Authorized; ready with the first job.
    case working
    case failed
  }

  /// What the shell hears.
  public enum Event: Sendable, Equatable {
    /// Subscribed, or told of another extranonce: every seat made before is void.
    case extranonce(Extranonce, extranonce2ByteCount: Int)
    case work(JobNotice, target: Target, versionMask: UInt32)
    case target(Target)
    /// The answer to submit `key`; `seconds` after it was sent.
    case answered(key: UInt64, ShareOutcome, seconds: Double)
    case reconnect(host: String?, port: Int?)
    case message(String)
    case failed(UpstreamFailure)
  }

  private enum Request: Sendable, Equatable, Codable {
    case configure, subscribe, extranonceSubscribe, mainAuthorize
    case authorize(user: String)
    case submit(key: UInt64)
  }

  public private(set) var phase = Phase.configuring
  public private(set) var sessionID: String?
  public private(set) var lastHeard: MonotonicTime
  public private(set) var lastJob: MonotonicTime?
  private let algorithm: Algorithm
  private let credentials: Credentials
  private let resume: String?
  private var pending = RequestQueue<Request>()
  private var target: Target
  private var versionMask: UInt32 = 0
  private var workers = UpstreamWorkers()
  private var badLines = 0

  public init(algorithm: Algorithm, credentials: Credentials, resume: String?, at now: MonotonicTime) {
    self.algorithm = algorithm
    self.credentials = credentials
    self.resume = resume
    lastHeard = now
    target = Difficulty(clamping: 1).target(for: algorithm)
  }
}

/// Why a link to an upstream is given up.
public enum UpstreamFailure: Error, Equatable, Sendable {
  case malformed, lineTooLong, silent, requestTimedOut(String)
  case subscribeRefused(String), authorizeRefused(String), unusableExtranonce(Int), desynchronised
  /// Jobs of another kind than the algorithm's: the pool mines something else.
  case wrongDialect(Algorithm)

  public var message: String {
    switch self {
    case .malformed: "sent three malformed lines"
    case .lineTooLong: "sent a line over \(Limits.upstreamLineBytes) bytes"
    case .silent: "sent nothing for \(Int(UpstreamTimeouts.silenceSeconds)) s"
    case .requestTimedOut(let what): "did not answer \(what)"
    case .subscribeRefused(let why): "subscribe refused: \(why)"
    case .authorizeRefused(let why): "authorize refused: \(why)"
    case .unusableExtranonce(let size): "extranonce2 of \(size) bytes; 2 to 16 are usable"
    case .wrongDialect(let algorithm): "sends jobs that are not \(algorithm.rawValue)'s; check the pool's algorithm"
    case .desynchronised: "answered a request that was never sent"
    }
  }
}

/// How long an upstream may take.
public enum UpstreamTimeouts {
  public static let connectSeconds = 10.0
  public static let handshakeSeconds = 10.0
  public static let authorizeSeconds = 30.0
  public static let submitSeconds = 30.0
  /// No byte at all, although jobs come every minute or so: half-open.
  public static let silenceSeconds = 120.0
}

extension UpstreamSession {
  /// The first lines of a connection.
  public mutating func connected(at now: MonotonicTime, into out: inout [UInt8]) {
    lastHeard = now
    guard algorithm.allowsVersionRolling else { return subscribe(at: now, into: &out) }
    let id = pending.open(.configure, at: now)
    MessageWriter.configure(id: id, mask: MinerSession.rollableMask, minimumBitCount: 2, into: &out)
  }

  public mutating func received(
    _ message: ServerMessage, at now: MonotonicTime, into out: inout [UInt8]
  ) -> Event? {
    lastHeard = now
    switch message {
    case .notify(let notice):
      lastJob = now
      guard phase == .working || phase == .authorizing else { return nil }
      return heard(notice)
    case .setDifficulty(let difficulty): return retarget(difficulty.target(for: algorithm))
    case .setTarget(let target): return retarget(target)
    case .setExtranonce(let extranonce, let size):
      guard phase == .working || phase == .authorizing else { return nil }
      return extranonceChanged(extranonce, size)
    case .setVersionMask(let mask):
      versionMask = mask
      return nil
    case .reconnect(let host, let port, _): return .reconnect(host: host, port: port)
    case .getVersion(let id):
      MessageWriter.text(id, "zion-proxy", into: &out)
      return nil
    case .ping(let id):
      MessageWriter.pong(id, into: &out)
      return nil
    case .showMessage(let text): return .message(text)
    case .response(let id, let response): return answered(id, response, at: now, into: &out)
    case .unknown: return nil
    }
  }

  /// A line that is no message. Three of them, and the connection is not worth keeping.
  public mutating func receivedMalformed() -> Event? {
    badLines += 1
    return badLines >= 3 ? fail(.malformed) : nil
  }

  /// Sends a share under `worker`. For a name that is new here the pool is asked first, and the share waits.
  public mutating func submit(
    key: UInt64, worker: String, sourceJobID: String, _ solution: ShareSubmission.Solution, at now: MonotonicTime,
    into out: inout [UInt8]
  ) {
    let share = UpstreamWorkers.WaitingShare(key: key, sourceJobID: sourceJobID, solution: solution)
    guard worker != credentials.user else { return send(share, as: worker, at: now, into: &out) }
    switch workers.step(for: worker, share) {
    case .sendAsWorker: send(share, as: worker, at: now, into: &out)
    case .sendAsAccount: send(share, as: credentials.user, at: now, into: &out)
    case .authorizeFirst:
      let id = pending.open(.authorize(user: worker), at: now)
      MessageWriter.authorize(id: id, user: worker, password: credentials.password, into: &out)
    case .wait: break
    }
  }

  /// Looks at the clock; call about once a second.
  public mutating func ticked(at now: MonotonicTime) -> Event? {
    guard phase != .failed else { return nil }
    if now.seconds(since: lastHeard) > UpstreamTimeouts.silenceSeconds { return fail(.silent) }
    guard let oldest = pending.first else { return nil }
    let (limit, what) =
      switch oldest.request {
      case .configure, .subscribe, .extranonceSubscribe: (UpstreamTimeouts.handshakeSeconds, "subscribe")
      case .mainAuthorize, .authorize: (UpstreamTimeouts.authorizeSeconds, "authorize")
      case .submit: (UpstreamTimeouts.submitSeconds, "a share")
      }
    return now.seconds(since: oldest.sentAt) > limit ? fail(.requestTimedOut(what)) : nil
  }

  /// Keys of submits that have no answer, oldest first; for the shell when the connection is gone.
  public var unanswered: [UInt64] {
    pending.requests.compactMap { if case .submit(let key) = $0 { key } else { nil } } + workers.waitingKeys
  }
}

extension UpstreamSession {
  private mutating func send(
    _ waiting: UpstreamWorkers.WaitingShare, as user: String, at now: MonotonicTime, into out: inout [UInt8]
  ) {
    let id = pending.open(.submit(key: waiting.key), at: now)
    switch waiting.solution {
    case .bitcoin(let solution):
      MessageWriter.submit(id: id, user: user, jobID: waiting.sourceJobID, solution, into: &out)
    case .kawpow(let solution):
      MessageWriter.submit(id: id, user: user, jobID: waiting.sourceJobID, solution, into: &out)
    case .nonce: preconditionFailure("what goes to a pool was completed by its job")
    }
  }

  /// KawPow jobs carry their target, which is the one to go by.
  private mutating func heard(_ notice: JobNotice) -> Event {
    switch notice.content {
    case .bitcoin: guard algorithm.dialect == .bitcoin else { return fail(.wrongDialect(algorithm)) }
    case .kawpow: guard algorithm.dialect == .kawpow else { return fail(.wrongDialect(algorithm)) }
    }
    if let own = notice.target { target = own }
    return .work(notice, target: target, versionMask: versionMask)
  }

  private mutating func subscribe(at now: MonotonicTime, into out: inout [UInt8]) {
    phase = .subscribing
    let id = pending.open(.subscribe, at: now)
    // Pools of several algorithms on one port go by such words.
    MessageWriter.subscribe(id: id, userAgent: "zion-proxy/1.0 (\(algorithm.rawValue))", resume: resume, into: &out)
  }

  private mutating func retarget(_ target: Target) -> Event? {
    self.target = target
    return .target(target)
  }

  /// KawPow's prefix and what the miner rolls fill 8 bytes, whatever the pool says.
  private mutating func extranonceChanged(_ extranonce: Extranonce, _ size: Int?) -> Event {
    let size = algorithm.dialect == .kawpow ? 8 - extranonce.count : size ?? 0
    guard (2...16).contains(size) else { return fail(.unusableExtranonce(size)) }
    return .extranonce(extranonce, extranonce2ByteCount: size)
  }

  private mutating func fail(_ failure: UpstreamFailure) -> Event {
    phase = .failed
    return .failed(failure)
  }

  private mutating func answered(
    _ id: RequestID, _ response: ServerMessage.Response, at now: MonotonicTime, into out: inout [UInt8]
  ) -> Event? {
    // An answer to nothing: counting would be off from here on.
    guard let done = pending.take(id) else { return fail(.desynchronised) }
    switch done.request {
    case .configure:
      if case .success(.extensions(let mask)) = response { versionMask = mask ?? 0 }
      subscribe(at: now, into: &out)
    case .subscribe: return subscribed(response, at: now, into: &out)
    case .extranonceSubscribe: break
    case .mainAuthorize: return authorized(response)
    case .authorize(let worker):
      let isKnown = response == .success(.bool(true))
      for share in workers.answered(worker, isKnown: isKnown) {
        send(share, as: isKnown ? worker : credentials.user, at: now, into: &out)
      }
    case .submit(let key):
      return .answered(key: key, Self.outcome(response), seconds: now.seconds(since: done.sentAt))
    }
    return nil
  }

  private mutating func subscribed(
    _ response: ServerMessage.Response, at now: MonotonicTime, into out: inout [UInt8]
  ) -> Event? {
    guard case .success(.subscription(let session, let extranonce, let size)) = response else {
      return fail(.subscribeRefused(Self.words(of: response)))
    }
    sessionID = session
    phase = .authorizing
    MessageWriter.extranonceSubscribe(id: pending.open(.extranonceSubscribe, at: now), into: &out)
    let id = pending.open(.mainAuthorize, at: now)
    MessageWriter.authorize(id: id, user: credentials.user, password: credentials.password, into: &out)
    return extranonceChanged(extranonce, size)
  }

  private mutating func authorized(_ response: ServerMessage.Response) -> Event? {
    guard response == .success(.bool(true)) else { return fail(.authorizeRefused(Self.words(of: response))) }
    phase = .working
    return nil
  }

  private static func outcome(_ response: ServerMessage.Response) -> ShareOutcome {
    switch response {
    case .success(.bool(true)): .accepted
    case .success: .rejected(.upstream)
    case .failure(let code, let message): .refused(code: code, message: message)
    }
  }

  private static func words(of response: ServerMessage.Response) -> String {
    if case .failure(let code, let message) = response { return "\(message) (\(code))" }
    return "result was not what was asked for"
  }
}
