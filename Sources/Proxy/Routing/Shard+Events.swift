import Stratum

/// What one shard tells of its miners. Whatever they do, so many events a second leave it and no more; the next one
/// says how many were left out.
struct ShardEvents: Sendable {
  /// A farm that comes back at once is told of in full; a flood is not.
  static let perSecond = 500.0
  static let burst = 10_000.0
  /// Shares are a sample.
  static let sharesPerSecond = 5.0

  let sink: EventSink
  var connects = RateSampler(perSecond: perSecond, burst: burst)
  var disconnects = RateSampler(perSecond: perSecond, burst: burst)
  var moves = RateSampler(perSecond: perSecond, burst: burst)
  var shares = RateSampler(perSecond: sharesPerSecond, burst: sharesPerSecond)
}

extension Shard {
  /// Has work under a name now: is told of once a connection.
  func announce(_ connection: MinerConnection, at now: MonotonicTime) {
    guard !connection.isAnnounced, connection.session.phase == .authorized else { return }
    connection.isAnnounced = true
    guard let omitted = events.connects.take(at: now), let event = event(of: connection, omitted: omitted) else {
      return
    }
    events.sink.publish(.minerConnected(event))
  }

  func announceEnd(of connection: MinerConnection, at now: MonotonicTime) {
    guard connection.isAnnounced, let omitted = events.disconnects.take(at: now),
      var event = event(of: connection, omitted: omitted)
    else { return }
    event.connectedSeconds = now.seconds(since: connection.session.connectedAt)
    event.accepted = Int(connection.session.accepted)
    event.rejected = Int(connection.session.rejected)
    events.sink.publish(.minerDisconnected(event))
  }

  /// `source` is the name of the one that it left.
  func announceMove(of connection: MinerConnection, from source: String?, at now: MonotonicTime) {
    guard connection.isAnnounced, let identity = connection.session.identity, let to = connection.source?.name,
      source != to, let omitted = events.moves.take(at: now)
    else { return }
    events.sink.publish(
      .moved(
        SwitchEvent(
          address: identity.account, worker: identity.worker, algorithm: connection.session.algorithm, from: source,
          to: to, omitted: omitted)))
  }

  func announceShare(of connection: MinerConnection, _ outcome: ShareOutcome, at now: MonotonicTime) {
    guard let identity = connection.session.identity, let source = connection.source,
      let omitted = events.shares.take(at: now)
    else { return }
    let reason: String? =
      switch outcome {
      case .accepted: nil
      case .rejected(let reason): reason.rawValue
      case .refused: RejectReason.upstream.rawValue
      }
    events.sink.publish(
      .share(
        ShareEvent(
          address: identity.account, worker: identity.worker, algorithm: connection.session.algorithm,
          pool: source.name, difficulty: connection.session.difficulty.value, isAccepted: reason == nil,
          reason: reason, omitted: omitted)))
  }

  private func event(of connection: MinerConnection, omitted: Int) -> MinerEvent? {
    guard let identity = connection.session.identity else { return nil }
    return MinerEvent(
      address: identity.account, worker: identity.worker, algorithm: connection.session.algorithm,
      pool: connection.source?.name, difficulty: connection.session.difficulty.value,
      userAgent: connection.session.userAgent, omitted: omitted)
  }
}
