import NIOCore
import Orchestrator
import Stratum

extension Shard: WorkSourceDelegate {
  public func source(
    _ source: any WorkSource, feed id: FeedID, offers work: Work, sourceJobID: String, target: Target,
    versionMask: UInt32, isClean: Bool
  ) {
    let now = now()
    let feed = feeds[id] ?? makeFeed(id, source)
    let job = Job(
      id: makeJobID(), feed: id, work: work, sourceJobID: sourceJobID, sourceTarget: target,
      versionMask: versionMask, nTime: work.bitcoin?.nTime ?? UnixTime(seconds: 0))
    remember(job, in: feed, isClean: isClean, at: now)
    needCache(for: work)
    send(job, of: feed, to: feed.members, isClean: isClean, at: now)
  }

  public func source(_ source: any WorkSource, feed id: FeedID, changedTarget target: Target) {
    guard let feed = feeds[id], let job = feed.current, job.sourceTarget.isHarder(than: target) else { return }
    // Easier now: miners held to more than the pool wants are lowered at once, with the same work.
    let now = now()
    let eased = Job(
      id: makeJobID(), feed: id, work: job.work, sourceJobID: job.sourceJobID, sourceTarget: target,
      versionMask: job.versionMask, nTime: job.nTime.advanced(by: 1))
    remember(eased, in: feed, isClean: false, at: now)
    send(eased, of: feed, to: feed.members, isClean: false, at: now)
  }

  public func source(_ source: any WorkSource, lost id: FeedID, because reason: String) {
    guard let feed = feeds[id] else { return }
    feed.isLost = true
    feed.lostAt = now()
    for connection in feed.members { rehouse(connection) }
  }

  public func sourceChangedReadiness(_ source: any WorkSource) {
    let now = now()
    if source.isReady {
      if readySince[source.name] == nil { readySince[source.name] = now }
    } else {
      readySince[source.name] = nil
      // Its miners need not wait for its jobs to run out.
      for connection in connections.values where connection.source === source && !source.isReady {
        rehouse(connection)
      }
    }
    placeStranded()
  }

  public func source(_ source: any WorkSource, answers ticket: ShareTicket, with outcome: ShareOutcome) {
    count(outcome, of: source.name)
    if outcome == .accepted { receipts.add(ticket, source: source.name) }
    guard let connection = connections[ticket.session] else { return }
    answer(connection, ticket.sequence, outcome, work: ticket.work, arrival: ticket.arrival)
  }

  func count(_ outcome: ShareOutcome, of source: String) {
    switch outcome {
    case .accepted: counters[source, default: ShareCounters()].toldAccepted += 1
    case .rejected(let reason):
      counters[source, default: ShareCounters()].toldRejected[reason.rawValue, default: 0] += 1
    case .refused:
      counters[source, default: ShareCounters()].toldRejected[RejectReason.upstream.rawValue, default: 0] += 1
    }
  }

  // MARK: sending

  func makeFeed(_ id: FeedID, _ source: any WorkSource) -> JobFeed {
    let feed = JobFeed(id: id, source: source, graceSeconds: configuration.staleGraceSeconds)
    feeds[id] = feed
    return feed
  }

  private func remember(_ job: Job, in feed: JobFeed, isClean: Bool, at now: MonotonicTime) {
    jobs[job.id] = job
    for old in feed.take(job, isClean: isClean, at: now) {
      jobs.removeValue(forKey: old)
    }
  }

  /// The feed's work under a new id; `nil` when it has none.
  func reissue(_ feed: JobFeed, at now: MonotonicTime) -> Job? {
    guard let job = feed.reissued(as: makeJobID(), at: now) else { return nil }
    remember(job, in: feed, isClean: false, at: now)
    return job
  }

  /// One notify for all that speak the Bitcoin dialect; before it, what changes for a single session. In the others
  /// every session has a notify of its own.
  func send(_ job: Job, of feed: JobFeed, to members: [MinerConnection], isClean: Bool, at now: MonotonicTime) {
    let line = isClean ? feed.cleanLine : feed.line
    for connection in members {
      scratch.removeAll(keepingCapacity: true)
      connection.session.prepare(for: job, at: now, into: &scratch)
      if connection.session.speech == .bitcoin {
        connection.writeScratch()
        connection.write(shared: line)
      } else {
        connection.session.notify(job, clean: isClean, using: kernels, into: &scratch)
        connection.writeNotify()
      }
    }
  }

  /// The first job of a session, or the current one once more.
  func resendJob(to connection: MinerConnection) {
    guard let seat = connection.session.seat, let feed = feeds[seat.feed], !feed.isLost else { return }
    let now = now()
    guard let job = reissue(feed, at: now) else { return }
    send(job, of: feed, to: [connection], isClean: true, at: now)
  }

  /// Joins the feed of its seat, and gets that feed's current job.
  func join(_ connection: MinerConnection) {
    guard let seat = connection.session.seat else { return }
    let now = now()
    guard let source = connection.source else { return }
    let feed = feeds[seat.feed] ?? makeFeed(seat.feed, source)
    feed.add(connection)
    if let work = feed.current?.work { needCache(for: work) }
    // A session new to the feed can take its current job under the id that it has.
    if let job = feed.current { send(job, of: feed, to: [connection], isClean: true, at: now) }
    announce(connection, at: now)
  }
}

// MARK: KawPow's caches

extension Shard {
  /// For work that somebody here begins. What nobody needs any more is left to the next tick.
  func needCache(for work: Work) {
    if let height = work.kawpow?.height, !neededHeights.contains(height) { needCaches() }
  }

  /// Says for which heights there are miners here: their epochs' caches are made, or kept.
  func needCaches() {
    guard let caches else { return }
    var heights: Set<UInt32> = []
    for feed in feeds.values where !feed.members.isEmpty {
      if let work = feed.current?.work.kawpow { heights.insert(work.height) }
    }
    guard heights != neededHeights else { return }
    neededHeights = heights
    caches.need(heights, by: index)
  }
}
