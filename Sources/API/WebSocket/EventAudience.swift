import NIOCore
import Stratum

/// The listeners of one event loop. Everything here happens on that loop.
final class EventAudience {
  private let bus: EventBus
  private let loop: any EventLoop
  /// The newest event that those who are up to date have.
  private var cursor: UInt64
  private var listeners: [ObjectIdentifier: EventListener] = [:]

  /// Between two pieces. Tasks that follow at once would keep the loop from its sockets for as long as events come.
  static let pause = TimeAmount.milliseconds(1)

  /// An event with the frames that listeners here share.
  struct Item {
    let sequence: UInt64
    let traits: EventFilter.Traits
    /// By `EventFormat.rawValue`; `nil` where the format has no such event, or nobody here reads it.
    let frames: [ByteBuffer?]
  }

  init(bus: EventBus, loop: any EventLoop, cursor: UInt64) {
    self.bus = bus
    self.loop = loop
    self.cursor = cursor
  }

  func add(_ listener: EventListener) { listeners[ObjectIdentifier(listener)] = listener }

  func remove(_ listener: EventListener) {
    guard listeners.removeValue(forKey: ObjectIdentifier(listener)) != nil, listeners.isEmpty else { return }
    bus.remove(audienceOn: loop)
  }

  /// Delivers a piece of what has come, and comes back for the rest.
  func turn() {
    guard !listeners.isEmpty, let piece = bus.next(after: cursor, on: loop) else { return }
    cursor = piece.cursor
    if piece.lost != nil {
      // Events came faster than this loop could write them: everybody goes on from what is remembered.
      for listener in listeners.values { listener.fallBehind() }
    } else {
      deliver(piece.events)
    }
    let bound = NIOLoopBound(self, eventLoop: loop)
    loop.scheduleTask(in: Self.pause) { bound.value.turn() }
  }

  private func deliver(_ events: [Event]) {
    var used = [Bool](repeating: false, count: EventFormat.allCases.count)
    for listener in listeners.values { used[listener.format.rawValue] = true }
    let items = events.map { event in
      Item(
        sequence: event.sequence, traits: EventFilter.Traits(event.body),
        frames: EventFormat.allCases.map { used[$0.rawValue] ? bus.frame(of: event, in: $0) : nil })
    }
    for listener in Array(listeners.values) { listener.receive(items) }
  }
}
