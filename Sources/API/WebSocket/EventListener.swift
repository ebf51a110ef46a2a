import NIOCore
import Stratum

/// Where a listener's frames are written. Lives on the listener's loop.
protocol EventOutput: AnyObject {
  var loop: any EventLoop { get }
  /// Less waits to be read than may.
  var hasRoom: Bool { get }
  func write(frame: ByteBuffer)
  func flush()
  /// It does not read what is written.
  func isTooSlow()
}

/// One WebSocket's place in the stream of events: what it wants, and how far it has come.
///
/// While it catches up it takes pieces of what is remembered, as fast as its peer reads. From then on it gets what its
/// loop delivers, and must keep up. Its cursor sees to it that nothing comes twice or is left out in between.
final class EventListener {
  let format: EventFormat
  private let bus: EventBus
  private unowned let output: any EventOutput
  private var audience: EventAudience?
  private(set) var filter: EventFilter
  private(set) var cursor: UInt64
  private var isLive = false
  private var isScheduled = false
  private var isClosed = false
  /// The end of the last gap that it was told of.
  private var toldGap: UInt64 = 0

  /// Begins after `since`, or with the next event.
  init(format: EventFormat, filter: EventFilter, since: UInt64?, bus: EventBus, output: any EventOutput) {
    self.format = format
    self.filter = filter
    self.bus = bus
    self.output = output
    cursor = since ?? bus.last
  }

  func start() {
    let audience = bus.audience(on: output.loop)
    audience.add(self)
    self.audience = audience
    catchUp()
  }

  func stop() {
    isClosed = true
    audience?.remove(self)
    audience = nil
  }

  /// Another filter from here on, or from `since` on.
  func subscribe(_ filter: EventFilter, since: UInt64?) {
    self.filter = filter
    guard let since else { return }
    cursor = since
    toldGap = 0
    isLive = false
    catchUp()
  }

  /// Its peer has read: goes on if it was catching up.
  func roomCame() { catchUp() }

  func fallBehind() {
    isLive = false
    catchUp()
  }

  func receive(_ items: [EventAudience.Item]) {
    guard isLive, !isClosed else { return }
    var hasWritten = false
    for item in items where item.sequence > cursor {
      cursor = item.sequence
      guard let frame = item.frames[format.rawValue], filter.matches(item.traits) else { continue }
      output.write(frame: frame)
      hasWritten = true
    }
    guard hasWritten else { return }
    output.flush()
    if !output.hasRoom { output.isTooSlow() }
  }

  private func catchUp() {
    guard !isLive, !isScheduled, !isClosed, output.hasRoom else { return }
    let piece = bus.piece(after: cursor, for: filter)
    if let lost = piece.lost, lost.upperBound > toldGap { tellGap(lost) }
    cursor = piece.cursor
    for event in piece.events {
      if let frame = bus.frame(of: event, in: format) { output.write(frame: frame) }
    }
    output.flush()
    if piece.isComplete {
      isLive = true
      return
    }
    // The loop has others to serve.
    isScheduled = true
    let bound = NIOLoopBound(self, eventLoop: output.loop)
    output.loop.scheduleTask(in: EventAudience.pause) {
      bound.value.isScheduled = false
      bound.value.catchUp()
    }
  }

  /// Clients of other pools' formats have no word for it.
  private func tellGap(_ lost: ClosedRange<UInt64>) {
    let from = max(lost.lowerBound, toldGap + 1)
    toldGap = lost.upperBound
    guard format == .own else { return }
    output.write(frame: EventFormat.Message.fields(OwnMessages.gap(from: from, to: lost.upperBound)).frame)
  }
}
