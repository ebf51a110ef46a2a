import Logging
import NIOCore
import Orchestrator
import Stratum

extension Shard {
  /// Sources of an algorithm in the order in which a miner should be offered to them now.
  func candidates(_ algorithm: Algorithm) -> [any WorkSource] {
    let planned = plan.order.compactMap { name in sources.first { $0.name == name } }
    let rest = sources.filter { source in !plan.order.contains(source.name) }
    let usable = (planned + rest).filter { $0.algorithm == algorithm && $0.isReady }
    guard !plan.weights.isEmpty else { return usable }
    // In a split, whoever is furthest below its share comes first; sources without a share come last.
    // Counted by feed: there are few, and a farm logs in all at once.
    let total = max(1, feeds.values.reduce(0) { $0 + $1.members.count })
    func deficit(_ source: any WorkSource) -> Double {
      let weight = plan.weights[source.name] ?? 0
      let held = feeds.values.reduce(0) { $0 + ($1.source === source ? $1.members.count : 0) }
      return weight > 0 ? weight - Double(held) / Double(total) : -2
    }
    return usable.map { ($0, deficit($0)) }.sorted { $0.1 > $1.1 }.map(\.0)
  }

  // MARK: settling

  /// Joins the feed of its seat, or of the one that is its account's there; without work when it has none there and no
  /// other source takes it.
  func enter(_ connection: MinerConnection) {
    guard let source = connection.source, let seat = connection.session.seat else { return }
    do throws(SeatRefusal) {
      let own = try source.settle(seat, for: connection.session.identities)
      if own != seat {
        connection.knownAs = seat.sessionID
        connection.session.takeSeat(own)
      }
    } catch {
      logger.warning(
        "a miner cannot be served here",
        metadata: [
          "session_id": "\(connection.number)", "worker": "\(connection.session.identity?.user ?? "")",
          "pool": "\(source.name)", "reason": "\(error.reason)",
        ])
      let others = candidates(connection.session.algorithm).filter { $0 !== source }
      guard !others.contains(where: { tryMove(connection, to: $0) }) else { return }
    }
    join(connection)
  }

  /// A seat at `source` where this miner can be served; `nil` when there is none.
  private func claim(_ request: SeatRequest, at source: any WorkSource, for connection: MinerConnection) -> Seat? {
    guard let seat = source.claim(request) else { return nil }
    let names = connection.session.identities
    // Not authorized yet: it is settled then.
    guard !names.isEmpty else { return seat }
    do throws(SeatRefusal) {
      return try source.settle(seat, for: names)
    } catch {
      source.release(seat)
      return nil
    }
  }

  // MARK: without a source

  /// Finds another place for a miner whose source is gone or wrong; it waits when there is none.
  func rehouse(_ connection: MinerConnection) {
    guard connections[connection.number] != nil, connection.session.seat != nil else { return }
    if connection.session.phase == .authorized {
      for source in candidates(connection.session.algorithm) where tryMove(connection, to: source) { return }
    }
    stranded[connection.number] = connection
  }

  func placeStranded() {
    for (number, connection) in stranded {
      switch connection.session.phase {
      case .waiting:
        if offerSeat(to: connection) { stranded[number] = nil }
      case .authorized:
        let order = candidates(connection.session.algorithm)
        if order.contains(where: { tryMove(connection, to: $0) }) {
          stranded[number] = nil
        } else if let first = order.first {
          // Something is ready, but not for this miner as it is: it must come back.
          stranded[number] = nil
          askToReconnect(connection, for: first)
        }
      case .connected, .subscribed: stranded[number] = nil
      }
    }
  }

  // MARK: moves

  /// Moves without dropping the connection; `false`, and nothing changed, when that cannot be done.
  @discardableResult
  func tryMove(_ connection: MinerConnection, to target: any WorkSource) -> Bool {
    guard target.isReady, let held = connection.session.seat else { return false }
    let wasHome = connection.home
    if let home = wasHome, home.source === target, feeds[home.seat.feed]?.isLost == false {
      // Back to the pool whose extranonce it kept all the time.
      release(held, of: connection.source)
      connection.home = nil
      return carry(connection, to: target, home.seat)
    }
    if connection.session.followsExtranonce,
      let seat = claim(.fresh(extranonce2ByteCount: held.extranonce2ByteCount), at: target, for: connection)
    {
      release(held, of: connection.source)
      if let wasHome { release(wasHome.seat, of: wasHome.source) }
      connection.home = nil
      return carry(connection, to: target, seat)
    }
    let bytes = wasHome?.seat ?? held
    guard let seat = claim(.adopting(bytes), at: target, for: connection) else { return false }
    // The bytes stay leased where they came from for as long as the miner uses them.
    if wasHome == nil, let source = connection.source {
      connection.home = (source, held)
      feeds[held.feed]?.remove(connection)
    } else {
      release(held, of: connection.source)
    }
    return carry(connection, to: target, seat)
  }

  private func release(_ seat: Seat, of source: (any WorkSource)?) {
    source?.release(seat)
  }

  private func carry(_ connection: MinerConnection, to source: any WorkSource, _ seat: Seat) -> Bool {
    let left = connection.session.seat.flatMap { feeds[$0.feed] }
    left?.remove(connection)
    stranded[connection.number] = nil
    let origin = connection.source?.name
    connection.source = source
    connection.knownAs = nil
    let now = now()
    connection.conduct.moved(configuration.conduct, at: now)
    announce(connection, at: now)
    announceMove(of: connection, from: origin, at: now)
    let feed = feeds[seat.feed] ?? makeFeed(seat.feed, source)
    feed.add(connection)
    // The job's id must be above all that this session had: what was agreed before ends there.
    guard let job = job(of: feed, after: left?.current?.id, at: now) else {
      connection.session.takeSeat(seat)
      return true
    }
    scratch.removeAll(keepingCapacity: true)
    connection.session.move(to: seat, job: job, at: now, into: &scratch)
    guard connection.session.phase == .authorized else {
      connection.writeScratch()
      return true
    }
    connection.session.notify(job, clean: true, using: kernels, into: &scratch)
    connection.writeNotify()
    needCache(for: job.work)
    return true
  }

  /// A job of the feed whose id is above `last`: the one that another miner was just moved with, or a new id.
  private func job(of feed: JobFeed, after last: JobID?, at now: MonotonicTime) -> Job? {
    if let job = feed.current, job.id == feed.movedWith, job.id > last ?? job.id { return job }
    let job = reissue(feed, at: now)
    feed.movedWith = job?.id
    return job
  }

  /// The last resort: the miner is asked to come back, and will find its new pool when it does.
  func askToReconnect(_ connection: MinerConnection, for source: any WorkSource) {
    guard connection.reconnectDue == nil else { return }
    let now = now()
    expect(connection, at: source)
    // What is on its way is still answered. KawPow miners know no `client.reconnect` and come back when they are closed;
    // any other that does not go is closed after a minute.
    let knowsReconnect = connection.session.speech == .bitcoin
    connection.reconnectDue = now.advanced(bySeconds: knowsReconnect ? 60 : 2)
    if knowsReconnect { connection.update { _, out in MessageWriter.reconnect(into: &out) } }
  }

  /// A miner that refused the extranonce it was told works for nobody now.
  func sendBack(_ connection: MinerConnection) {
    if let source = connection.source { expect(connection, at: source) }
    connection.close(.moved)
  }

  private func expect(_ connection: MinerConnection, at source: any WorkSource) {
    guard let address = connection.remoteAddress else { return }
    expected[address, default: []].append(Expectation(source: source.name, until: now().advanced(bySeconds: 120)))
  }
}
