import Logging
import NIOCore
import Orchestrator
import Stratum

/// The local pool as one shard sees it: hands out seats and jobs, and takes shares. Lives on the shard's event loop.
///
/// Miners have seats in lanes. The native lane has the pool's own layout: bytes of extranonce1, or of a nonce's prefix,
/// that no other seat has, and others that the miner rolls. An adopted lane keeps the layout that the miners of one upstream feed have,
/// so that they come here without hearing of another extranonce. Each lane has a coinbase of its own, so that equal
/// extranonces in two lanes are different work.
///
/// With SOLO no work is offered in those: once a miner's name is known its seat is exchanged for one in a lane that pays
/// its account (`AccountLanes`).
public final class LocalSource: TimedSource {
  public var name: String { localPool.name }
  public var pool: String { localPool.pool }
  public var algorithm: Algorithm { localPool.algorithm }
  public var isReady: Bool { trouble == nil }
  /// Why no miner should be sent here; `nil` when all is well.
  public var trouble: String? { jobs.current == nil ? "no template from the node yet" : localPool.trouble }
  public var creditsMiners: Bool { true }
  public weak var delegate: (any WorkSourceDelegate)?

  let localPool: LocalPool
  private let loop: any EventLoop
  private let makeFeedID: () -> FeedID
  var native: NativeLane
  var adopted: [AdoptedLane.Key: AdoptedLane] = [:]
  var keys: [FeedID: AdoptedLane.Key] = [:]
  var accounts = AccountLanes()
  var counts = SourceCounts()
  var jobs = PublishedJobs()
  var running: Running?
  private var wasReady = false
  var isPaused = false

  struct Running {
    var token: Int
    var outlet: ShareJournal.Outlet
  }

  init(pool: LocalPool, shard: UInt8, loop: any EventLoop, makeFeedID: @escaping () -> FeedID) {
    localPool = pool
    self.loop = loop
    self.makeFeedID = makeFeedID
    var random = SystemRandomNumberGenerator()
    let start = random.next()
    native =
      switch localPool.algorithm.dialect {
      case .bitcoin: .bitcoin(feed: makeFeedID(), instance: localPool.instance, shard: shard, startingAt: start)
      case .kawpow: .kawpow(number: localPool.makeLane(), feed: makeFeedID(), startingAt: start)
      }
  }

  public func start() {
    guard running == nil else { return }
    let bound = NIOLoopBound(self, eventLoop: loop)
    let loop = loop
    let outlet = localPool.journal.attach { tickets, outcome in
      loop.execute { bound.value.answer(tickets, outcome) }
    }
    running = Running(token: 0, outlet: outlet)
    // Not in one statement: it is read meanwhile.
    let token = listen()
    running?.token = token
  }

  /// Hears of the current work at once.
  func listen() -> Int {
    let bound = NIOLoopBound(self, eventLoop: loop)
    let loop = loop
    let (token, job) = localPool.listen { news in
      loop.execute { bound.value.hear(news) }
    }
    if let job { hear(.job(job)) }
    return token
  }

  public func stop() {
    guard let running else { return }
    localPool.unlisten(running.token)
    localPool.journal.detach(running.outlet)
    self.running = nil
  }

  // A job of the seat's feed has been offered when this returns.
  public func claim(_ request: SeatRequest) -> Seat? {
    guard isReady else { return nil }
    switch request {
    case .fresh(let extranonce2ByteCount):
      return native.claim(extranonce2ByteCount: extranonce2ByteCount, at: localPool.uptime())
    case .resuming(let left):
      // With SOLO in the lane that comes before the name: whose it was is not believed, but settled again.
      guard let seat = isSolo ? native.seat(like: left) : left else { return nil }
      return native.resume(seat) ? seat : nil
    case .adopting(let seat):
      if seat.feed == native.feed { return native.resume(seat) ? seat : nil }
      return adopt(seat)
    }
  }

  private func adopt(_ seat: Seat) -> Seat? {
    guard let key = AdoptedLane.Key(of: seat, in: algorithm.dialect) else { return nil }
    var lane =
      adopted[key]
      ?? AdoptedLane(number: localPool.makeLane(), feed: makeFeedID(), extranonceByteCount: key.extranonceByteCount)
    let wasEmpty = lane.isEmpty
    guard let result = lane.claim(seat) else { return nil }
    adopted[key] = lane
    keys[lane.feed] = key
    // A lane without miners gets no work.
    if wasEmpty, !isSolo, let job = jobs.current { offer(job, in: lane, isClean: true) }
    return result
  }

  private var isSolo: Bool { localPool.scriptPaying != nil }

  public func settle(_ seat: Seat, for names: [MinerIdentity]) throws(SeatRefusal) -> Seat {
    guard let scriptPaying = localPool.scriptPaying else { return seat }
    let settled = accounts.account(of: seat)
    guard let account = settled ?? names.first?.account else { throw SeatRefusal("Nobody is authorized") }
    if let other = names.first(where: { $0.account != account }) {
      throw SeatRefusal("Blocks of this connection pay \(account): connect \(other.account) by itself")
    }
    if settled != nil { return seat }
    guard let script = scriptPaying(account) else {
      throw SeatRefusal("No script is known that pays \(account): it cannot mine solo here now")
    }
    let payee = AccountLanes.Payee(account: account, script: script)
    guard let key = AdoptedLane.Key(of: seat, in: algorithm.dialect) else {
      throw SeatRefusal("The coinbase has no room for this extranonce")
    }
    guard
      let (own, lane, wasEmpty) = accounts.claim(
        seat, key, payee,
        makeLane: {
          AdoptedLane(number: localPool.makeLane(), feed: makeFeedID(), extranonceByteCount: key.extranonceByteCount)
        })
    else { throw SeatRefusal("Another miner of \(account) has this extranonce") }
    if wasEmpty, let job = jobs.current { offer(job, in: lane, paying: payee, isClean: true) }
    return own
  }

  public func release(_ seat: Seat) {
    if let origin = accounts.release(seat, at: localPool.uptime()) { return release(origin) }
    guard seat.feed != native.feed else { return native.release(seat, at: localPool.uptime()) }
    guard let key = keys[seat.feed] else { return }
    adopted[key]?.release(seat, at: localPool.uptime())
  }

  // The age of a template changes readiness, and lanes end, without anything happening.
  public func tick(at now: MonotonicTime) {
    for (key, lane) in adopted where lane.isOver(at: now) {
      adopted[key] = nil
      keys[lane.feed] = nil
      delegate?.source(self, lost: lane.feed, because: "its last miner left")
    }
    for feed in accounts.end(at: now) { delegate?.source(self, lost: feed, because: "its last miner left") }
    hear(.readiness)
  }

  public func deliver(_ share: JudgedShare) {
    // Block first: whatever else is wrong with the share, the network may want it.
    let block = share.verdict.isBlock ? found(share) : nil
    guard share.verdict.rejection == nil else { return }
    counts.delivered(share.ticket, at: localPool.uptime())
    guard let running else { return answer([share.ticket], .rejected(.storageUnavailable)) }
    switch localPool.journal.append(record(of: share), ticket: share.ticket, outlet: running.outlet, after: block) {
    case .queued: break
    case .refused(let reason): answer([share.ticket], .rejected(reason))
    }
  }

  private func record(of share: JudgedShare) -> ShareRecord {
    ShareRecord(
      time: localPool.wallMilliseconds(), hash: share.verdict.hash, work: share.agreement.work, algorithm: algorithm,
      height: share.job.work.height ?? 0, nBits: share.job.work.nBits, miner: share.miner,
      isBlock: share.verdict.isBlock, sourceJobID: share.job.sourceJobID)
  }

  public var report: SourceReport {
    var report = counts.report
    report.connections = running == nil ? 0 : 1
    report.trouble = trouble
    return report
  }

  public var latency: SourceLatency { counts.latency }

  private func found(_ share: JudgedShare) -> BlockReceipt? {
    counts.foundBlock()
    let payee = jobs.find(share.job.sourceJobID).flatMap { accounts.payee(ofLane: $0.lane) }
    guard isSolo == (payee != nil), let (common, lane) = jobs.find(share.job.sourceJobID),
      case let template = payee.map({ common.paying($0.script) }) ?? common,
      let bytes = template.block(
        share.verdict.proof, lane: lane, extranonce1: share.agreement.seat.extranonce1,
        extranonce2: share.submission.bitcoin?.extranonce2 ?? .empty)
    else {
      localPool.log.error(
        "a block was found on work that is no longer kept",
        metadata: ["job": "\(share.job.sourceJobID)", "finder": "\(share.miner.user)"])
      return nil
    }
    // A KawPow block is named by its proof of work, any other by its header.
    let name = share.verdict.proof.header?.withBytes { localPool.hashes.sha256d($0) } ?? share.verdict.hash
    var block = FoundBlock(
      bytes: bytes, hash: name, height: template.height, finder: share.miner, algorithm: algorithm,
      networkWork: ShareWork(of: share.job.work.networkTarget), reward: template.poolReward,
      foundAt: UnixTime(seconds: UInt32(clamping: localPool.wallMilliseconds() / 1000)))
    // A share that does not count is not in the order of shares.
    block.shareHash = share.verdict.rejection == nil ? share.verdict.hash : nil
    block.fees = template.coinbase.fees
    if let payee {
      block.finder = MinerIdentity(account: payee.account, worker: share.miner.worker)
      block.paysFinder = true
    }
    return localPool.submit(block)
  }

  private func answer(_ tickets: [ShareTicket], _ outcome: ShareOutcome) {
    let now = localPool.uptime()
    for ticket in tickets {
      counts.answered(ticket, outcome, at: now)
      delegate?.source(self, answers: ticket, with: outcome)
    }
  }

  private func hear(_ news: PoolNews) {
    guard running != nil, !isPaused else { return }
    if case .job(let job) = news { take(job) }
    guard isReady != wasReady else { return }
    wasReady.toggle()
    delegate?.sourceChangedReadiness(self)
  }

  private func take(_ job: PublishedJob) {
    guard jobs.insert(job) else { return }
    counts.gotJob(job, at: localPool.uptime())
    if job.isClean { native.turned() }
    for (lane, payee) in accounts.busy { offer(job, in: lane, paying: payee, isClean: job.isClean) }
    guard !isSolo else { return }
    let own = native.number == 0 ? job.nativeWork : job.template.work(lane: native.number)
    if let own { offer(own, of: job, lane: native.number, feed: native.feed, isClean: job.isClean) }
    for lane in adopted.values where !lane.isEmpty { offer(job, in: lane, isClean: job.isClean) }
  }

  private func offer(
    _ job: PublishedJob, in lane: AdoptedLane, paying payee: AccountLanes.Payee? = nil, isClean: Bool
  ) {
    let template = payee.map { job.template.paying($0.script) } ?? job.template
    guard let work = template.work(lane: lane.number, extranonceByteCount: lane.extranonceByteCount) else {
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
