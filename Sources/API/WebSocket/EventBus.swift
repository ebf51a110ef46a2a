import Glibc
import NIOConcurrencyHelpers
import NIOCore
import Stratum

/// Takes events from everywhere, numbers them, remembers the last, and wakes those who listen.
///
/// Publishing takes a lock for as long as an append takes, and writes to nobody. Listeners are grouped by event loop;
/// each group takes events at its own pace, and who falls behind what is remembered is told so.
public final class EventBus: Sendable {
  /// Looked at under the lock at once.
  static let pieceLimit = 128

  private struct State {
    var ring: EventRing
    var audiences: [ObjectIdentifier: Group] = [:]
    /// WebSockets that are open or shaking hands.
    var places = 0
    /// WebSockets that were closed because their peers did not read.
    var dropped = 0
  }

  private struct Group {
    let audience: NIOLoopBound<EventAudience>
    var isAwake: Bool
  }

  private let state: NIOLockedValueBox<State>
  private let frames = NIOLockedValueBox(FrameCache())
  private let now: @Sendable () -> UInt64

  /// Numbers begin at the present microsecond, so that those of a process are above those of the one before.
  /// - Parameter now: milliseconds since 1970.
  public init(
    frequent: EventRing.Bounds = .standard, rare: EventRing.Bounds = .standard,
    now: @escaping @Sendable () -> UInt64 = EventBus.wallMilliseconds
  ) {
    state = NIOLockedValueBox(State(ring: EventRing(first: now() * 1000, frequent: frequent, rare: rare)))
    self.now = now
  }

  @Sendable public static func wallMilliseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
  }

  /// For those who publish and know nothing of WebSockets.
  public var sink: EventSink { EventSink { [self] in publish($0) } }

  /// From any thread; returns at once.
  public func publish(_ body: EventBody) {
    let at = now()
    let asleep = state.withLockedValue { state -> [NIOLoopBound<EventAudience>] in
      state.ring.append(body, at: at)
      guard !state.audiences.isEmpty else { return [] }
      return Self.wake(&state)
    }
    for audience in asleep { audience.eventLoop.execute { audience.value.turn() } }
  }

  private static func wake(_ state: inout State) -> [NIOLoopBound<EventAudience>] {
    var asleep: [NIOLoopBound<EventAudience>] = []
    for (loop, group) in state.audiences where !group.isAwake {
      state.audiences[loop]?.isAwake = true
      asleep.append(group.audience)
    }
    return asleep
  }

  /// The number of the newest event.
  public var last: UInt64 { state.withLockedValue { $0.ring.last } }

  /// Open WebSockets.
  public var listenerCount: Int { state.withLockedValue { $0.places } }

  /// WebSockets that were closed because their peers did not read what was sent, since the process started.
  public var droppedCount: Int { state.withLockedValue { $0.dropped } }

  func noteDropped() { state.withLockedValue { $0.dropped += 1 } }

  // MARK: listeners

  /// A place for one more listener; `false` when there are `limit` already. Every place is given back once.
  func takePlace(limit: Int) -> Bool {
    state.withLockedValue { state in
      guard state.places < limit else { return false }
      state.places += 1
      return true
    }
  }

  func givePlaceBack() { state.withLockedValue { $0.places -= 1 } }

  /// The listeners of the loop that this is called on, with the number that the first of them begins after.
  func audience(on loop: any EventLoop) -> EventAudience {
    state.withLockedValue { state in
      if let group = state.audiences[ObjectIdentifier(loop)] { return group.audience }
      let audience = NIOLoopBound(EventAudience(bus: self, loop: loop, cursor: state.ring.last), eventLoop: loop)
      state.audiences[ObjectIdentifier(loop)] = Group(audience: audience, isAwake: false)
      return audience
    }.value
  }

  func remove(audienceOn loop: any EventLoop) {
    state.withLockedValue { $0.audiences[ObjectIdentifier(loop)] = nil }
  }

  /// What an audience has not delivered yet; `nil`, and it is woken by the next event, when there is nothing.
  func next(after cursor: UInt64, on loop: any EventLoop) -> EventRing.Piece? {
    state.withLockedValue { state in
      let piece = state.ring.piece(after: cursor, for: .everything, limit: Self.pieceLimit)
      guard piece.events.isEmpty, piece.lost == nil else { return piece }
      state.audiences[ObjectIdentifier(loop)]?.isAwake = false
      return nil
    }
  }

  func piece(after cursor: UInt64, for filter: EventFilter) -> EventRing.Piece {
    state.withLockedValue { $0.ring.piece(after: cursor, for: filter, limit: Self.pieceLimit) }
  }

  /// The frame that all listeners of a format share; `nil` when the format has no such event.
  func frame(of event: Event, in format: EventFormat) -> ByteBuffer? {
    frames.withLockedValue { $0.frame(of: event, in: format) }
  }

  func milliseconds() -> UInt64 { now() }
}
