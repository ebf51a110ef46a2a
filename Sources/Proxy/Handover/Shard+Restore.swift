import Glibc
import NIOCore
import NIOPosix
import Orchestrator
import Stratum

/// How a shard takes up what another process image left.
extension Shard {
  /// Before sources are made: nothing gets an id that something saved has.
  func continueNumbers(of saved: SavedShard) {
    (nextConnection, nextJob, nextFeed) = (saved.nextConnection, saved.nextJob, saved.nextFeed)
  }

  /// Everything but the sockets. A source that is no more, or is another, leaves its miners to find another place.
  func take(_ saved: SavedShard) {
    for source in sources {
      guard let state = saved.sources[source.name] else { continue }
      do {
        try source.restore(state)
      } catch {
        logger.warning(
          "a pool's state could not be taken over, its miners are placed anew",
          metadata: ["pool": "\(source.name)", "reason": "\(error)"])
      }
    }
    for (name, state) in saved.sources where source(named: name) == nil {
      for socket in state.sockets { close(socket) }
    }
    for job in saved.jobs where saved.works.indices.contains(job.work) {
      jobs[job.id] = Job(
        id: job.id, feed: job.feed, work: saved.works[job.work], sourceJobID: job.sourceJobID,
        sourceTarget: job.sourceTarget, versionMask: job.versionMask, nTime: job.nTime)
    }
    for feed in saved.feeds {
      guard let source = source(named: feed.source) else { continue }
      feeds[feed.id] = JobFeed(
        id: feed.id, source: source, graceSeconds: configuration.staleGraceSeconds, history: feed.history,
        current: feed.current.flatMap { jobs[$0] })
    }
    for seat in saved.parked {
      guard let source = source(named: seat.source) else { continue }
      parked[seat.sessionID] = ParkedSeat(source: source, seat: seat.seat, until: seat.until)
    }
  }

  /// The miners, on the sockets that they have. Nothing is read before `open(_:)`.
  /// - Returns: done when all are registered.
  func connect(_ miners: [SavedMiner]) -> EventLoopFuture<Void> {
    EventLoopFuture.andAllComplete(miners.map(connect), on: loop)
  }

  private func connect(_ saved: SavedMiner) -> EventLoopFuture<Void> {
    let connection = MinerConnection(saved, shard: self)
    connections[connection.number] = connection
    connection.source = saved.source.flatMap { source(named: $0) }
    if let home = saved.home, let source = source(named: home.source) { connection.home = (source, home.seat) }
    if saved.isMember, let seat = saved.session.seat { feeds[seat.feed]?.add(connection) }
    if saved.isStranded { stranded[connection.number] = connection }
    let bound = NIOLoopBound((self, connection), eventLoop: loop)
    let isAtDoor = saved.isAtDoor
    return ProxyServer.minerOptions(ClientBootstrap(group: loop).channelOption(.autoRead, value: false))
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let (shard, connection) = bound.value
          if isAtDoor {
            try channel.pipeline.syncOperations.addHandler(MinerDoor(connection, shard.configuration.door))
          }
          try channel.pipeline.syncOperations.addHandler(connection)
        }
      }
      .withConnectedSocket(saved.socket)
      .map { _ in }
      .flatMapErrorThrowing { error in
        let (shard, connection) = bound.value
        shard.logger.debug("a miner was gone before it could be taken over", metadata: ["reason": "\(error)"])
        shard.closed(connection)
      }
  }

  /// Reading begins. Whoever has no source any more finds another, or waits.
  func open() {
    for source in sources { source.resume() }
    for connection in Array(connections.values) {
      connection.goOnReading()
      guard let seat = connection.session.seat else { continue }
      if connection.source == nil || feeds[seat.feed].map(\.isLost) ?? (connection.memberIndex != nil) {
        rehouse(connection)
      }
    }
  }
}
