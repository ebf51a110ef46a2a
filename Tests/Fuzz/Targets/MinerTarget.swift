import Hashing
import NIOCore

@testable import Pool
@testable import Proxy
@testable import Stratum

extension FuzzTarget {
  /// Bytes of miners, through the line splitter, the parser and the session, as a shard runs them.
  static let miners = [Algorithm.sha256d, .kawpow].map { algorithm in
    FuzzTarget("miner-\(algorithm.dialect)", upTo: 6000) { input in
      let miner = MinerUnderFuzz(algorithm)
      for step in Script.steps(input) {
        switch step {
        case .bytes(let pieces): for piece in pieces { try miner.receive(piece) }
        case .event(let letter): try miner.happens(letter)
        }
        guard !miner.isClosed else { return }
      }
      try miner.finish()
    }
  }
}

/// A session and just enough of a shard: names are checked, seats found and shares judged when the script says so.
final class MinerUnderFuzz {
  private enum Question {
    case login(user: String, reply: UInt32)
    case authorize(user: String, options: PasswordOptions, reply: UInt32)
  }

  private static let settings = Vardiff.Settings(
    minimum: Difficulty(clamping: 1e-9), maximum: Difficulty(clamping: 1e12))

  private let algorithm: Algorithm
  private var session: MinerSession
  private var splitter = LineSplitter()
  private var out: [UInt8] = []
  /// Ids of what must still be answered, in this order.
  private var expected: [RequestID] = []
  private var seats: UInt8 = 0
  private var isSeatWanted = false
  private var questions: [Question] = []
  private var shares: [(reply: UInt32, outcome: ShareOutcome, work: ShareWork)] = []
  private var jobs: [JobID: Job] = [:]
  private var current: Job?
  private var nextJob: UInt32 = 1
  private var now = MonotonicTime.zero
  private var answersAtOnce = true
  private(set) var isClosed = false

  init(_ algorithm: Algorithm) {
    self.algorithm = algorithm
    session = MinerSession(
      algorithm: algorithm, settings: Self.settings, start: Difficulty(clamping: 1e-6), at: now)
  }

  func receive(_ piece: ArraySlice<UInt8>) throws(Broken) {
    guard !isClosed else { return }
    var failure: Broken?
    do throws(LineSplitter.TooLong) {
      try splitter.feed(
        ByteBuffer(bytes: piece),
        limit: {
          session.phase == .authorized ? Limits.lineBytesAfterAuthorize : Limits.lineBytesBeforeAuthorize
        },
        body: { line in
          do throws(Broken) {
            try received(line)
          } catch {
            failure = error
          }
          return !isClosed && failure == nil
        })
    } catch {
      isClosed = true
    }
    if let failure { throw failure }
  }

  private func received(_ line: RawSpan) throws(Broken) {
    let action: SessionAction
    do throws(MalformedLine) {
      let line = try MessageParser.parse(line, in: session.algorithm.dialect)
      switch line.message {
      case .pong, .reply, .refusal: break
      default: expected.append(line.id)
      }
      action = session.received(line, at: now, into: &out)
    } catch {
      expected.append(error.id)
      action = session.received(malformed: error, into: &out)
    }
    _ = session.takeFault()
    if case .close = action { isClosed = true }
    act(action)
    try look()
  }

  private func act(_ action: SessionAction) {
    switch action {
    case .none, .close, .reconnect: break
    case .findSeat: isSeatWanted = true
    case .login(let request, let reply):
      var options = PasswordOptions(request.password)
      options.prefer(request.algorithms)
      isSeatWanted = true
      questions.append(.login(user: request.user, reply: reply))
    case .authorize(let user, let password, let reply):
      questions.append(.authorize(user: user, options: PasswordOptions(password), reply: reply))
    case .judge(let share, let reply): judge(share, reply)
    case .resendJob: if let current { send(current, clean: false) }
    }
    if answersAtOnce { settle() }
  }

  private func judge(_ share: ShareSubmission, _ reply: UInt32) {
    var (outcome, work) = (ShareOutcome.rejected(.stale), ShareWork.zero)
    if session.identity(of: share.user) == nil {
      outcome = .rejected(.unauthorized)
    } else if let job = share.job.flatMap({ jobs[$0] }), let agreement = session.agreement(for: job) {
      let judge = ShareJudge(algorithm: session.algorithm, hashes: Kernels())
      do throws(RejectReason) {
        let proof = try judge.proof(of: share, job: job, agreement: agreement)
        let verdict = judge.weigh(
          judge.hash(proof), of: proof, job: job, agreement: agreement, isCurrent: true,
          now: UnixTime(seconds: 1_700_000_000))
        outcome = verdict.rejection.map { .rejected($0) } ?? .accepted
        work = agreement.work
      } catch {
        outcome = .rejected(error)
      }
    }
    shares.append((reply, outcome, work))
  }

  /// What our side does next, by the letters of a script.
  func happens(_ letter: UInt8) throws(Broken) {
    switch letter {
    case UInt8(ascii: "h"): answersAtOnce = false
    case UInt8(ascii: "a"):
      answersAtOnce = true
      settle()
    case UInt8(ascii: "n"): answerName()
    case UInt8(ascii: "s"): findSeat()
    case UInt8(ascii: "f"): if let share = shares.popLast() { resolve(share) }
    case UInt8(ascii: "o"): if !shares.isEmpty { resolve(shares.removeFirst()) }
    case UInt8(ascii: "g"): if let share = shares.popLast() { resolve((share.reply, .accepted, share.work)) }
    case UInt8(ascii: "j"): send(makeJob(), clean: false)
    case UInt8(ascii: "c"): send(makeJob(), clean: true)
    case UInt8(ascii: "m"): move()
    case UInt8(ascii: "t"): now = now.advanced(bySeconds: 40)
    case UInt8(ascii: "v"): if session.wantsDifficulty(at: now) { send(makeJob(), clean: false) }
    default: break
    }
    try look()
  }

  private func settle() {
    while !questions.isEmpty { answerName() }
    findSeat()
    while !shares.isEmpty { resolve(shares.removeFirst()) }
  }

  private func resolve(_ share: (reply: UInt32, outcome: ShareOutcome, work: ShareWork)) {
    session.resolve(share.reply, share.outcome, work: share.work, at: now, into: &out)
  }

  private func answerName() {
    guard !questions.isEmpty else { return }
    switch questions.removeFirst() {
    case .login(let user, let reply): check(user, nil, reply)
    case .authorize(let user, let options, let reply): check(user, options.difficulty, reply)
    }
    enter()
  }

  private func check(_ user: String, _ fixed: Difficulty?, _ reply: UInt32) {
    do throws(MinerNameParser.Malformed) {
      let name = try MinerNameParser.parse(user)
      // Of another algorithm's work there is none here.
      session.authorized(
        name.identity, user: user, algorithm: algorithm, settings: Self.settings, fixed: fixed, start: nil,
        reply: reply, into: &out)
    } catch {
      session.refused("\(error)", reply: reply, into: &out)
    }
  }

  private func findSeat() {
    // Who logs in is seated when the name is known to be good.
    let isNamed = !questions.contains { if case .login = $0 { true } else { false } }
    guard isSeatWanted, isNamed, case .waiting = session.phase else { return }
    isSeatWanted = false
    session.seated(freshSeat(), into: &out)
    enter()
  }

  private func enter() {
    guard session.phase == .authorized, session.seat != nil, session.agreements.isEmpty else { return }
    send(makeJob(), clean: true)
  }

  private func freshSeat() -> Seat {
    seats &+= 1
    let bytes: [UInt8] = algorithm == .kawpow ? [seats, 7] : [seats, 1, 2, 3]
    return Seat(
      feed: FeedID(UInt32(seats)), slot: UInt32(seats), extranonce1: Extranonce(bytes) ?? .empty,
      extranonce2ByteCount: algorithm == .kawpow ? 6 : 4)
  }

  private func makeJob(in feed: FeedID? = nil) -> Job {
    let work =
      algorithm == .kawpow
      ? Work(KawPowWork(headerHash: Hash256(number: UInt256(5)), seedHash: .zero, height: nextJob), nBits: 0x1b00_ec12)
      : Work(
        previousBlock: .zero, coinbase1: [1, 2], coinbase2: [3], merkleBranches: [.zero], version: 0x2000_0000,
        nBits: 0x1d00_ffff, nTime: UnixTime(seconds: 1_700_000_000), height: nextJob)
    let job = Job(
      id: JobID(nextJob), feed: feed ?? session.seat?.feed ?? FeedID(0), work: work, sourceJobID: "\(nextJob)",
      sourceTarget: Target(UInt256(1)), versionMask: MinerSession.rollableMask,
      nTime: UnixTime(seconds: 1_700_000_000))
    nextJob += 1
    jobs[job.id] = job
    return job
  }

  private func send(_ job: Job, clean: Bool) {
    current = job
    session.prepare(for: job, at: now, into: &out)
    session.notify(job, clean: clean, using: Kernels(), into: &out)
  }

  private func move() {
    guard session.seat != nil, session.phase == .authorized else { return }
    let seat = freshSeat()
    let job = makeJob(in: seat.feed)
    current = job
    session.move(to: seat, job: job, at: now, into: &out)
    session.notify(job, clean: true, using: Kernels(), into: &out)
  }

  /// Everything that waits is answered: then nothing may be left that was asked.
  func finish() throws(Broken) {
    answersAtOnce = true
    settle()
    enter()
    settle()
    try look()
    guard !isClosed else { return }
    try promise(expected.isEmpty, "a request was never answered: \(expected.map(\.rawJSON))")
  }

  /// Whatever was asked is answered once and in its order, on lines that a miner can read.
  private func look() throws(Broken) {
    let bounds = Self.settings.minimum...Self.settings.maximum
    try promise(bounds.contains(session.difficulty), "a difficulty of \(session.difficulty.value)")
    guard !out.isEmpty else { return }
    try promise(out.last == 10, "what was written does not end a line")
    for line in out.split(separator: 10) {
      let text = String(decoding: line, as: UTF8.self)
      do throws(MalformedLine) {
        _ = try ServerMessageParser.parse(line)
      } catch {
        throw Broken("wrote a line that is no message (\(error.message)): \(text)")
      }
      if let first = expected.first, Self.answers(line, first) {
        expected.removeFirst()
      } else {
        let isNotice = text.hasPrefix(#"{"id":null,"method":""#) || text.hasPrefix(#"{"jsonrpc":"2.0","method":"#)
        try promise(isNotice, "answered what was not asked, or not in its turn: \(text)")
      }
    }
    out = []
  }

  private static func answers(_ line: ArraySlice<UInt8>, _ id: RequestID) -> Bool {
    let head = Array("{\"id\":\(id.rawJSON),\"".utf8)
    return line.starts(with: head) && !line.dropFirst(head.count).starts(with: Array("method\"".utf8))
  }
}
