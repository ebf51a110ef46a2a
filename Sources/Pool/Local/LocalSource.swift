import Logging
import NIOCore
import Stratum

/// The local pool as one shard sees it: hands out seats and jobs, and takes shares. Lives on the shard's event loop.
///
/// Miners have seats in lanes. The native lane has the pool's own layout: 4 bytes of extranonce1 that no other seat
/// has, and 8 bytes that the miner rolls. An adopted lane keeps the layout that the miners of one upstream feed have,
/// so that they come here without hearing of another extranonce. Each lane has a coinbase of its own, so that equal
/// extranonces in two lanes are different work.
public final class LocalSource: WorkSource {
  public var name: String { pool.name }
  public var algorithm: Algorithm { pool.algorithm }
  public var isReady: Bool { trouble == nil }
  /// Why no miner should be sent here; `nil` when all is well.
  public var trouble: String? { jobs.current == nil ? "no template from the node yet" : pool.trouble }
  public var creditsMiners: Bool { true }
  public weak var delegate: (any WorkSourceDelegate)?

  private let pool: LocalPool
  private let loop: any EventLoop
  private let makeFeedID: () -> FeedID
  private var native: NativeLane
  private var adopted: [AdoptedLane.Key: AdoptedLane] = [:]
  private var keys: [FeedID: AdoptedLane.Key] = [:]
  private var counts = SourceCounts()
  private var jobs = PublishedJobs()
  private var running: Running?
  private var wasReady = false

  private struct Running {
    var token: Int
    var outlet: ShareJournal.Outlet
  }

  init(pool: LocalPool, shard: UInt8, loop: any EventLoop, makeFeedID: @escaping () -> FeedID) {
    self.pool = pool
    self.loop = loop
    self.makeFeedID = makeFeedID
    var random = SystemRandomNumberGenerator()
    native = NativeLane(feed: makeFeedID(), instance: pool.instance, shard: shard, using: &random)
  }

  public func start() {
    guard running == nil else { return }
    let bound = NIOLoopBound(self, eventLoop: loop)
    let loop = loop
    let outlet = pool.journal.attach { tickets, outcome in
      loop.execute { bound.value.answer(tickets, outcome) }
    }
    let (token, job) = pool.listen { news in
      loop.execute { bound.value.hear(news) }
    }
    running = Running(token: token, outlet: outlet)
    if let job { hear(.job(job)) }
  }

  public func stop() {
    guard let running else { return }
    pool.unlisten(running.token)
    pool.journal.detach(running.outlet)
    self.running = nil
  }

  // A job of the seat's feed has been offered when this returns.
  public func claim(_ request: SeatRequest) -> Seat? {
    guard isReady else { return nil }
    switch request {
    case .fresh(let extranonce2ByteCount):
      return native.claim(extranonce2ByteCount: extranonce2ByteCount, at: pool.uptime())
    case .resuming(let seat):
      return native.resume(seat) ? seat : nil
    case .adopting(let seat):
      if seat.feed == native.feed { return native.resume(seat) ? seat : nil }
      return adopt(seat)
    }
  }

  private func adopt(_ seat: Seat) -> Seat? {
    guard let key = AdoptedLane.Key(of: seat) else { return nil }
    var lane =
      adopted[key]
      ?? AdoptedLane(number: pool.makeLane(), feed: makeFeedID(), extranonceByteCount: key.extranonceByteCount)
    let wasEmpty = lane.isEmpty
    guard let result = lane.claim(seat) else { return nil }
    adopted[key] = lane
    keys[lane.feed] = key
    // A lane without miners gets no work.
    if wasEmpty, let job = jobs.current { offer(job, in: lane, isClean: true) }
    return result
  }

  public func release(_ seat: Seat) {
    guard seat.feed != native.feed else { return native.release(seat, at: pool.uptime()) }
    guard let key = keys[seat.feed] else { return }
    adopted[key]?.release(seat, at: pool.uptime())
  }

  // The age of a template changes readiness, and lanes end, without anything happening.
  public func tick(at now: MonotonicTime) {
    for (key, lane) in adopted where lane.isOver(at: now) {
      adopted[key] = nil
      keys[lane.feed] = nil
      delegate?.source(self, lost: lane.feed, because: "its last miner left")
    }
    hear(.readiness)
  }

  public func deliver(_ share: JudgedShare) {
    // Block first: whatever else is wrong with the share, the network may want it.
    if share.verdict.isBlock { found(share) }
    guard share.verdict.rejection == nil else { return }
    counts.delivered(share.ticket, at: pool.uptime())
    guard let running else { return answer([share.ticket], .rejected(.storageUnavailable)) }
    switch pool.journal.append(record(of: share), ticket: share.ticket, outlet: running.outlet) {
    case .queued: break
    case .refused(let reason): answer([share.ticket], .rejected(reason))
    }
  }

  private func record(of share: JudgedShare) -> ShareRecord {
    ShareRecord(
      time: pool.wallMilliseconds(), hash: share.verdict.hash, work: share.agreement.work, algorithm: algorithm,
      height: share.job.work.height ?? 0, nBits: share.job.work.nBits, miner: share.miner,
      isBlock: share.verdict.isBlock, sourceJobID: share.job.sourceJobID)
  }

  public var report: SourceReport {
    var report = counts.report
    report.connections = running == nil ? 0 : 1
    report.trouble = trouble
    return report
  }

  private func found(_ share: JudgedShare) {
    counts.foundBlock()
    guard let (template, lane) = jobs.find(share.job.sourceJobID),
      let bytes = template.block(
        header: share.verdict.header, lane: lane, extranonce1: share.agreement.seat.extranonce1,
        extranonce2: share.submission.extranonce2)
    else {
      return pool.log.error(
        "a block was found on work that is no longer kept",
        metadata: ["job": "\(share.job.sourceJobID)", "finder": "\(share.miner.user)"])
    }
    pool.submit(
      FoundBlock(
        bytes: bytes, hash: share.verdict.header.withBytes { pool.hashes.sha256d($0) }, height: template.height,
        finder: share.miner, algorithm: algorithm, networkWork: ShareWork(of: share.job.work.networkTarget),
        reward: template.poolReward, foundAt: UnixTime(seconds: UInt32(clamping: pool.wallMilliseconds() / 1000))))
  }

  private func answer(_ tickets: [ShareTicket], _ outcome: ShareOutcome) {
    let now = pool.uptime()
    for ticket in tickets {
      counts.answered(ticket, outcome, at: now)
      delegate?.source(self, answers: ticket, with: outcome)
    }
  }

  private func hear(_ news: PoolNews) {
    guard running != nil else { return }
    if case .job(let job) = news { take(job) }
    guard isReady != wasReady else { return }
    wasReady.toggle()
    delegate?.sourceChangedReadiness(self)
  }

  private func take(_ job: PublishedJob) {
    guard jobs.insert(job) else { return }
    counts.gotJob(at: pool.uptime())
    if job.isClean { native.turned() }
    offer(job.nativeWork, of: job, lane: 0, feed: native.feed, isClean: job.isClean)
    for lane in adopted.values where !lane.isEmpty { offer(job, in: lane, isClean: job.isClean) }
  }

  private func offer(_ job: PublishedJob, in lane: AdoptedLane, isClean: Bool) {
    guard let work = job.template.work(lane: lane.number, extranonceByteCount: lane.extranonceByteCount) else {
      delegate?.source(self, lost: lane.feed, because: "the coinbase has no room for this extranonce")
      return
    }
    offer(work, of: job, lane: lane.number, feed: lane.feed, isClean: isClean)
  }

  private func offer(_ work: Work, of job: PublishedJob, lane: UInt32, feed: FeedID, isClean: Bool) {
    // Nothing here asks for easier shares than a session's own; only a block must never be too easy to be sent.
    delegate?.source(
      self, feed: feed, offers: work, sourceJobID: PublishedJobs.name(job: job.number, lane: lane),
      target: work.networkTarget, versionMask: algorithm.allowsVersionRolling ? Self.versionMask : 0,
      isClean: isClean)
  }

  /// Source: BIP 320.
  private static let versionMask: UInt32 = 0x1fff_e000
}
