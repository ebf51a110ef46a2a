import Hashing
import Logging
import NIOCore
import Orchestrator
import Stratum

/// One event loop's miners, sources and jobs. Everything here happens on that loop: no locks, no awaiting.
public final class Shard {
  let index: Int
  let loop: any EventLoop
  private(set) var configuration: ShardConfiguration
  let names: any NameChecking
  let memory: WorkerMemory
  let verifier: VerifierPool
  let caches: KawPowCaches?
  let entrance: Entrance
  let logger: Logger
  let kernels = Kernels()
  var events: ShardEvents
  var receipts: ShardReceipts

  var sources: [any WorkSource] = []
  var feeds: [FeedID: JobFeed] = [:]
  var jobs: [JobID: Job] = [:]
  var connections: [UInt64: MinerConnection] = [:]
  var plan = RoutingPlan(order: [])
  var counters: [String: ShareCounters] = [:]
  var connectionCounts = ConnectionCounts()
  var shareSeconds = CumulativeHistogram.shareSeconds
  var readySince: [String: MonotonicTime] = [:]
  /// Seats that authorized miners left by losing their connection, by session id.
  var parked: [String: ParkedSeat] = [:]
  /// Where miners that were asked to reconnect shall go, by remote address.
  var expected: [String: [Expectation]] = [:]
  /// Waiting for any source to have a seat: not yet subscribed, or their source is gone.
  var stranded: [UInt64: MinerConnection] = [:]
  /// Connections from proxies whose PROXY header has not come yet.
  var headersAwaited = 0
  /// What the KawPow caches were told last.
  var neededHeights: Set<UInt32> = []
  /// What the gate's bans were when the connections were last looked through.
  var gateEdition: Int
  /// Lines are written here before they go to a socket.
  var scratch: [UInt8] = []

  var nextConnection: UInt64
  var nextJob: UInt32
  var nextFeed: UInt32
  /// Shares with the verifiers.
  var verifying = 0
  /// It is being left to another process image: nothing is read.
  var isQuiet = false
  private var unflushed: [MinerConnection] = []
  private var isFlushScheduled = false
  private var ticker: RepeatedTask?

  struct ParkedSeat {
    let source: any WorkSource
    let seat: Seat
    let until: MonotonicTime
  }

  struct Expectation {
    let source: String
    let until: MonotonicTime
  }

  init(
    index: Int, loop: any EventLoop, configuration: ShardConfiguration, names: any NameChecking,
    memory: WorkerMemory, verifier: VerifierPool, caches: KawPowCaches? = nil, entrance: Entrance,
    events: EventSink = .none, receipts: ReceiptSink? = nil, logger: Logger
  ) {
    self.index = index
    self.receipts = ShardReceipts(receipts)
    self.events = ShardEvents(sink: events)
    self.loop = loop
    self.configuration = configuration
    self.names = names
    self.memory = memory
    self.verifier = verifier
    self.caches = caches
    self.entrance = entrance
    gateEdition = entrance.gate.edition
    self.logger = logger
    nextConnection = UInt64(index) << 48
    // A random start: a share for a job of an earlier run of this process names no job of this one.
    nextJob = UInt32.random(in: 1...0x3fff_ffff)
    nextFeed = UInt32(index) << 24
  }

  func now() -> MonotonicTime { MonotonicTime(nanoseconds: loop.now.uptimeNanoseconds) }

  public func makeFeedID() -> FeedID {
    nextFeed &+= 1
    return FeedID(nextFeed)
  }

  func makeJobID() -> JobID {
    nextJob &+= 1
    return JobID(nextJob)
  }

  public func start(sources: [any WorkSource], plan: RoutingPlan) {
    prepare(sources: sources, plan: plan)
    begin()
  }

  func prepare(sources: [any WorkSource], plan: RoutingPlan) {
    self.sources = sources
    self.plan = plan
    for source in sources {
      source.delegate = self
      counters[source.name] = ShareCounters()
    }
  }

  func begin() {
    for source in sources { source.start() }
    startTicking()
  }

  func startTicking() {
    let bound = NIOLoopBound(self, eventLoop: loop)
    ticker = loop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in bound.value.tick() }
  }

  func stopTicking() { ticker?.cancel() }

  /// What an operator has changed. Connections that are here keep their difficulty's limits and their door.
  func use(_ new: ShardConfiguration) {
    configuration = new.keeping(configuration)
  }

  public func stop() {
    stopTicking()
    for connection in Array(connections.values) {
      if connection.session.phase == .authorized, connection.session.speech == .bitcoin {
        connection.update { _, out in MessageWriter.reconnect(into: &out) }
      }
      connection.close(.shutdown)
    }
    for source in sources { source.stop() }
    receipts.flush()
  }

  // MARK: connections

  func makeConnection() -> MinerConnection {
    nextConnection += 1
    let plan = configuration.difficulty(for: configuration.algorithm)
    let session = MinerSession(
      algorithm: configuration.algorithm, settings: plan.vardiff, start: plan.start, at: now())
    return MinerConnection(number: nextConnection, shard: self, session: session)
  }

  func opened(_ connection: MinerConnection) {
    connectionCounts.opened += 1
    guard admit(connection) else { return }
    guard connections.count < configuration.maximumConnections || makeRoom() else {
      connectionCounts.refused += 1
      return connection.close(.tooManyConnections)
    }
    connections[connection.number] = connection
  }

  /// A connection whose PROXY header did not come, was none, or could not be waited for.
  func turnedAway() {
    connectionCounts.opened += 1
    connectionCounts.refused += 1
  }

  func closed(_ connection: MinerConnection) {
    leave(connection)
    guard connections.removeValue(forKey: connection.number) != nil else { return }
    stranded.removeValue(forKey: connection.number)
    announceEnd(of: connection, at: now())
    guard let seat = connection.session.seat else { return }
    feeds[seat.feed]?.remove(connection)
    if let identity = connection.session.identity {
      memory.remember(
        connection.session.difficulty, of: identity.user, algorithm: connection.session.algorithm, at: now())
      if let source = connection.source {
        parked[connection.knownAs ?? seat.sessionID] = ParkedSeat(
          source: source, seat: seat, until: now().advanced(bySeconds: 120))
      }
    }
    releaseSeats(of: connection)
  }

  func releaseSeats(of connection: MinerConnection) {
    if let seat = connection.session.seat { connection.source?.release(seat) }
    if let home = connection.home { home.source.release(home.seat) }
    connection.home = nil
    connection.source = nil
  }

  func source(named name: String) -> (any WorkSource)? { sources.first { $0.name == name } }

  // MARK: writing

  /// Flushes once for all that is written in this turn of the loop.
  func needsFlush(_ connection: MinerConnection) {
    unflushed.append(connection)
    guard !isFlushScheduled else { return }
    isFlushScheduled = true
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.execute { bound.value.flushAll() }
  }

  private func flushAll() {
    isFlushScheduled = false
    let waiting = unflushed
    unflushed.removeAll(keepingCapacity: true)
    for connection in waiting { connection.flush() }
  }

  func log(closing connection: MinerConnection, because reason: CloseReason) {
    logger.debug(
      "closing a miner's connection",
      metadata: [
        "session_id": "\(connection.number)", "reason": "\(reason.rawValue)",
        "worker": "\(connection.session.identity?.user ?? "")",
      ])
  }

  // MARK: time

  private func tick() {
    let now = now()
    closeBanned()
    for source in sources { source.tick(at: now) }
    for connection in connections.values { check(connection, at: now) }
    for feed in feeds.values { refresh(feed, at: now) }
    placeStranded()
    forgetOld(at: now)
    needCaches()
    receipts.flush()
  }

  private func check(_ connection: MinerConnection, at now: MonotonicTime) {
    let phase = connection.session.phase
    if phase != .authorized, now.seconds(since: connection.session.connectedAt) > Limits.authorizeSeconds {
      if case .waiting = phase { connection.close(.noSource) } else { connection.close(.notAuthorizedInTime) }
    } else if let began = connection.lineBegan, now.seconds(since: began) > Limits.lineSeconds, !connection.isPaused {
      connection.close(.lineTooSlow)
    } else if let due = connection.reconnectDue, due <= now {
      connection.close(.moved)
    } else if connection.session.accepted == 0,
      now.seconds(since: connection.session.connectedAt) > configuration.firstShareSeconds
    {
      connection.close(.noShareInTime)
    }
  }

  /// Sends the job again to those that need another difficulty, and to all when nothing came for a while.
  private func refresh(_ feed: JobFeed, at now: MonotonicTime) {
    guard !feed.isLost, feed.current != nil else { return }
    let isDue = now.seconds(since: feed.lastSent) >= Limits.notifyGapSeconds
    let wanting = isDue ? feed.members : feed.members.filter { $0.session.wantsDifficulty(at: now) }
    guard !wanting.isEmpty, let job = reissue(feed, at: now) else { return }
    send(job, of: feed, to: wanting, isClean: false, at: now)
  }

  private func forgetOld(at now: MonotonicTime) {
    for (key, seat) in parked where seat.until < now { parked.removeValue(forKey: key) }
    for (address, list) in expected {
      let live = list.filter { $0.until > now }
      expected[address] = live.isEmpty ? nil : live
    }
    for (id, feed) in feeds {
      guard feed.isLost, feed.members.isEmpty, let lostAt = feed.lostAt, now.seconds(since: lostAt) > 120 else {
        continue
      }
      for job in feed.allJobs { jobs.removeValue(forKey: job) }
      feeds.removeValue(forKey: id)
    }
  }
}
