import Hashing
import Logging
import NIOCore
import NIOEmbedded

@testable import Proxy
@testable import Stratum

extension FuzzTarget {
  /// Bytes of pools, through a link and its source to a miner's session, as a shard runs them.
  static let pools = [Algorithm.sha256d, .kawpow].map { algorithm in
    FuzzTarget("pool-\(algorithm.dialect)", upTo: 8192) { input in
      let pool = try PoolUnderFuzz(algorithm)
      for step in Script.steps(input) {
        switch step {
        case .bytes(let pieces): for piece in pieces { pool.receive(piece) }
        case .event(let letter): pool.happens(letter)
        }
        try pool.look()
      }
      try pool.finish()
    }
  }

  /// The same bytes as `zion mine` takes them, up to what its threads search.
  static let minePools = [Algorithm.sha256d, .kawpow].map { algorithm in
    FuzzTarget("mine-\(algorithm.dialect)", upTo: 8192) { input in
      var miner = MineUnderFuzz(algorithm)
      try miner.run(input)
    }
  }

  static let stratum = miners + pools + minePools
}

/// One link of a source, its jobs sent on to one miner, whose shares go back.
final class PoolUnderFuzz: WorkSourceDelegate {
  private let algorithm: Algorithm
  private let loop = EmbeddedEventLoop()
  private let source: UpstreamSource
  private let link: UpstreamLink
  private let channel: EmbeddedChannel
  private let clock: Clock
  private var seat: Seat?
  private var jobs: [Job] = []
  private var session: MinerSession?
  private var toMiner: [UInt8] = []
  private var delivered: Set<UInt32> = []
  private var answered: Set<UInt32> = []
  private var nextTicket: UInt32 = 1
  private var broken: Broken?

  private final class Clock {
    var now = MonotonicTime.zero
  }

  init(_ algorithm: Algorithm) throws(Broken) {
    guard let connector = try? UpstreamConnector(needsTLS: false) else { throw Broken("plain TCP needs TLS") }
    self.algorithm = algorithm
    let (loop, clock) = (loop, Clock())
    self.clock = clock
    var feeds: UInt32 = 0
    source = UpstreamSource(
      UpstreamConfiguration(
        name: "pool", algorithm: algorithm, endpoints: [.init(host: "pool.example", port: 3333)], user: "acct",
        password: "x", maximumLinks: 1),
      replyPolicy: .upstream, loop: loop, connector: connector,
      makeFeedID: {
        feeds += 1
        return FeedID(feeds)
      }, clock: { clock.now }, logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
    let session = UpstreamSession(
      algorithm: algorithm, credentials: .init(user: "acct", password: "x"), resume: nil, at: .zero)
    link = UpstreamLink(number: 1, session: session, owner: source, clock: { clock.now })
    link.endpoint = source.configuration.endpoints.first
    channel = EmbeddedChannel(handler: link, loop: loop)
    source.links.append(link)
    source.delegate = self
    channel.connect(to: .pool, promise: nil)
  }

  func receive(_ piece: ArraySlice<UInt8>) {
    do {
      try channel.writeInbound(ByteBuffer(bytes: piece))
    } catch {
      broken = broken ?? Broken("bytes of a pool were an error: \(error)")
    }
  }

  func happens(_ letter: UInt8) {
    // Another link would need a network.
    guard !source.links.isEmpty else { return }
    switch letter {
    case UInt8(ascii: "s"): submit(worker: "rig")
    case UInt8(ascii: "w"): submit(worker: "other")
    case UInt8(ascii: "b"): submit(worker: "")
    case UInt8(ascii: "c"): takeSeat()
    case UInt8(ascii: "r"): leaveSeat()
    case UInt8(ascii: "t"):
      clock.now = clock.now.advanced(bySeconds: 7)
      source.tick(at: clock.now)
    default: break
    }
  }

  private func takeSeat() {
    leaveSeat()
    seat = source.claim(.fresh(extranonce2ByteCount: 4))
    guard let seat else { return }
    var miner = MinerSession(
      algorithm: algorithm,
      settings: Vardiff.Settings(minimum: Difficulty(clamping: 1e-9), maximum: Difficulty(clamping: 1e12)),
      start: Difficulty(clamping: 1), at: clock.now)
    _ = miner.received(
      ClientLine(id: RequestID(1), message: .subscribe(userAgent: "fuzz", resume: nil)), at: clock.now, into: &toMiner)
    miner.seated(seat, into: &toMiner)
    let action = miner.received(
      ClientLine(id: RequestID(2), message: .authorize(user: "acct.rig", password: "x")), at: clock.now,
      into: &toMiner)
    if case .authorize(let user, _, let reply) = action {
      miner.authorized(
        MinerIdentity(account: "acct", worker: "rig"), user: user, algorithm: algorithm,
        settings: .init(
          minimum: Difficulty(clamping: 1e-9), maximum: Difficulty(clamping: 1e12)), fixed: nil, start: nil,
        reply: reply, into: &toMiner)
    }
    session = miner
    if let job = jobs.last(where: { $0.feed == seat.feed }) { send(job) }
  }

  private func leaveSeat() {
    if let seat { source.release(seat) }
    (seat, session) = (nil, nil)
  }

  private func send(_ job: Job) {
    session?.prepare(for: job, at: clock.now, into: &toMiner)
    session?.notify(job, clean: true, using: Kernels(), into: &toMiner)
  }

  private func submit(worker: String) {
    guard let seat, let job = jobs.last(where: { $0.feed == seat.feed }), let session,
      let agreement = session.agreement(for: job)
    else { return }
    let solution: ShareSubmission.Solution =
      switch job.work.content {
      case .bitcoin(let work):
        .bitcoin(
          BitcoinSolution(
            extranonce2: Extranonce(zeros: seat.extranonce2ByteCount), nTime: work.nTime, nonce: nextTicket,
            versionBits: agreement.versionMask))
      case .kawpow(let work):
        .kawpow(
          KawPowSolution(
            nonce: seat.extranonce1.bytes.reduce(0) { $0 << 8 | UInt64($1) } << UInt64(8 * seat.extranonce2ByteCount),
            headerHash: work.headerHash, mixHash: .zero))
      }
    let share = ShareSubmission(user: "acct.rig", job: job.id, solution)
    let judge = ShareJudge(algorithm: algorithm, hashes: Kernels())
    do throws(RejectReason) {
      let proof = try judge.proof(of: share, job: job, agreement: agreement)
      // As if it were good enough: what is tried here is the way back.
      let verdict = judge.weigh(
        Hash256(number: UInt256(UInt64(nextTicket))), of: proof, job: job, agreement: agreement, isCurrent: true,
        now: UnixTime(seconds: 1_700_000_000))
      let ticket = ShareTicket(session: 1, sequence: nextTicket)
      nextTicket += 1
      if verdict.rejection == nil { delivered.insert(ticket.sequence) }
      source.deliver(
        JudgedShare(
          ticket: ticket, miner: MinerIdentity(account: "acct", worker: worker), job: job, agreement: agreement,
          submission: share, verdict: verdict))
    } catch {
      // A job's own time, mask and prefix are right for the seat that it was sent to.
      broken = broken ?? Broken("a share made from a job as it was sent is refused: \(error)")
    }
  }

  // MARK: what the source says

  func source(
    _ source: any WorkSource, feed: FeedID, offers work: Work, sourceJobID: String, target: Target,
    versionMask: UInt32, isClean: Bool
  ) {
    let job = Job(
      id: JobID(UInt32(jobs.count + 1)), feed: feed, work: work, sourceJobID: sourceJobID, sourceTarget: target,
      versionMask: versionMask, nTime: work.bitcoin?.nTime ?? UnixTime(seconds: 0))
    jobs.append(job)
    if seat?.feed == feed { send(job) }
  }

  func source(_ source: any WorkSource, feed: FeedID, changedTarget target: Target) {}

  func source(_ source: any WorkSource, lost feed: FeedID, because reason: String) {
    if seat?.feed == feed { leaveSeat() }
  }

  func sourceChangedReadiness(_ source: any WorkSource) {}

  func source(_ source: any WorkSource, answers ticket: ShareTicket, with outcome: ShareOutcome) {
    if !answered.insert(ticket.sequence).inserted {
      broken = broken ?? Broken("share \(ticket.sequence) was answered twice")
    }
  }

  // MARK: promises

  /// What goes to the pool and to the miner can be read there.
  func look() throws(Broken) {
    if let broken { throw broken }
    var written: [UInt8] = []
    do {
      while let buffer = try channel.readOutbound(as: ByteBuffer.self) { written += buffer.readableBytesView }
    } catch {
      throw Broken("what was written to the pool is no buffer: \(error)")
    }
    for line in written.split(separator: 10) {
      do throws(MalformedLine) {
        _ = try MessageParser.parse(line, in: algorithm.dialect)
      } catch {
        throw Broken("wrote to the pool (\(error.message)): \(String(decoding: line, as: UTF8.self))")
      }
    }
    for line in toMiner.split(separator: 10) {
      do throws(MalformedLine) {
        _ = try ServerMessageParser.parse(line)
      } catch {
        throw Broken("wrote to the miner (\(error.message)): \(String(decoding: line, as: UTF8.self))")
      }
    }
    toMiner = []
    try promise(link.worksByJobID.count <= Limits.jobsPerFeed, "\(link.worksByJobID.count) jobs are kept")
  }

  /// When the link ends, nobody waits for an answer any more.
  func finish() throws(Broken) {
    source.stop()
    // What a closing channel leaves to its loop, and a retry that is due some time, hold all of this.
    loop.advanceTime(by: .hours(1))
    try look()
    try promise(delivered == answered, "of shares \(delivered) these were answered: \(answered)")
  }
}

extension SocketAddress {
  fileprivate static let pool: SocketAddress = {
    do {
      return try SocketAddress(ipAddress: "127.0.0.1", port: 3333)
    } catch {
      preconditionFailure("127.0.0.1 is an address: \(error)")
    }
  }()
}
