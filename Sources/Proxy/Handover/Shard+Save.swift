import NIOCore
import Orchestrator
import Stratum

/// How a shard is left to another process image. Each step can be taken back by `wake()`.
extension Shard {
  /// Reads nothing more from miners.
  func rest() {
    isQuiet = true
    stopTicking()
    for connection in connections.values { connection.holdReading() }
  }

  /// Reads nothing more, from miners or pools: what they send waits at their end.
  func quiet() {
    rest()
    for source in sources { source.pause() }
  }

  /// Whether every share that was read has its answer.
  var hasAnswered: Bool { isSettled && connections.values.allSatisfy { $0.session.replies.isEmpty } }

  /// Whether every share that was read has its answer, or waits for a pool's.
  var isSettled: Bool {
    verifying == 0 && sources.allSatisfy(\.isSettled)
      && connections.values.allSatisfy { $0.namesBeingChecked == 0 && $0.held.isEmpty }
  }

  /// Sends what was written, and tells those who cannot be handed over to come again.
  /// - Returns: done when every miner's socket has taken all, or is gone.
  func flushForSave() -> EventLoopFuture<Void> {
    var sent: [EventLoopFuture<Void>] = []
    for connection in connections.values {
      if !connection.canBeHandedOver, connection.session.phase == .authorized, connection.session.speech == .bitcoin {
        connection.update { _, out in MessageWriter.reconnect(into: &out) }
      }
      sent.append(connection.flushForSave())
    }
    return EventLoopFuture.andAllComplete(sent, on: loop)
  }

  func save() throws -> SavedShard {
    var works = SavedWorks()
    var saved = SavedShard(
      nextConnection: nextConnection, nextJob: nextJob, nextFeed: nextFeed, sources: [:], works: [],
      jobs: jobs.values.map { works.save($0) }, feeds: [], miners: [], parked: [])
    saved.works = works.all
    for source in sources { saved.sources[source.name] = try source.save() }
    for feed in feeds.values {
      saved.feeds.append(
        SavedFeed(id: feed.id, source: feed.source.name, current: feed.current?.id, history: feed.history))
    }
    for connection in connections.values where connection.canBeHandedOver && connection.isFlushed {
      saved.miners.append(try connection.save(isStranded: stranded[connection.number] != nil))
    }
    for (id, seat) in parked {
      saved.parked.append(SavedSeat(sessionID: id, source: seat.source.name, seat: seat.seat, until: seat.until))
    }
    return saved
  }

  /// Nothing came of it: goes on as before.
  func wake() {
    guard isQuiet else { return }
    isQuiet = false
    for source in sources { source.resume() }
    for connection in connections.values {
      connection.isFlushed = false
      connection.goOnReading()
    }
    startTicking()
  }
}

/// Each piece of work once.
private struct SavedWorks {
  private(set) var all: [Work] = []
  private var places: [ObjectIdentifier: Int] = [:]

  mutating func save(_ job: Job) -> SavedJob {
    let place = places[ObjectIdentifier(job.work)] ?? all.count
    if place == all.count {
      all.append(job.work)
      places[ObjectIdentifier(job.work)] = place
    }
    return SavedJob(
      id: job.id, feed: job.feed, work: place, sourceJobID: job.sourceJobID, sourceTarget: job.sourceTarget,
      versionMask: job.versionMask, nTime: job.nTime)
  }
}
