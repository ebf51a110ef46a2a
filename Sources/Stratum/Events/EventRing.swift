/// The last events, numbered, for those who come late or come back. Frequent and rare types are kept apart, so that
/// neither pushes the other out.
public struct EventRing: Sendable {
  public struct Bounds: Sendable, Equatable {
    public var count: Int
    /// About what they hold in memory.
    public var bytes: Int

    public init(count: Int, bytes: Int) {
      self.count = count
      self.bytes = bytes
    }

    public static let standard = Bounds(count: 16_384, bytes: 16 << 20)
  }

  /// A piece of the way from a number to the newest event.
  public struct Piece: Sendable, Equatable {
    public var events: [Event]
    /// Everything up to here is in `events`, was not asked for, or is in `lost`.
    public var cursor: UInt64
    /// Of the events with these numbers some are gone; those that are not are in `events`.
    public var lost: ClosedRange<UInt64>?
    /// `cursor` is the newest event.
    public var isComplete: Bool
  }

  private var frequent: EventLane
  private var rare: EventLane
  /// The number of the newest event.
  public private(set) var last: UInt64

  /// `first`: the number of the first event, at least 1. All before it count as lost.
  public init(first: UInt64, frequent: Bounds = .standard, rare: Bounds = .standard) {
    last = max(1, first) - 1
    self.frequent = EventLane(bounds: frequent, lost: last)
    self.rare = EventLane(bounds: rare, lost: last)
  }

  public mutating func append(_ body: EventBody, at milliseconds: UInt64) {
    last += 1
    let event = Event(sequence: last, at: milliseconds, body: body)
    if body.type.isFrequent { frequent.append(event) } else { rare.append(event) }
  }

  /// What comes after `cursor`; looks at `limit` events at most. A cursor that this stream has not reached is of
  /// another one: everything that is kept follows.
  public func piece(after asked: UInt64, for filter: EventFilter, limit: Int) -> Piece {
    let isForeign = asked > last
    var cursor = isForeign ? 0 : asked
    let lost = self.lost(after: cursor, for: filter)
    var (often, seldom) = (frequent.index(after: cursor), rare.index(after: cursor))
    var events: [Event] = []
    for _ in 0..<max(1, limit) {
      guard let next = earlier(frequent[often], rare[seldom]) else { break }
      if next.body.type.isFrequent { often += 1 } else { seldom += 1 }
      cursor = next.sequence
      if filter.matches(EventFilter.Traits(next.body)) { events.append(next) }
    }
    let isComplete = often == frequent.count && seldom == rare.count
    return Piece(events: events, cursor: isComplete ? last : cursor, lost: lost, isComplete: isComplete)
  }

  private func lost(after cursor: UInt64, for filter: EventFilter) -> ClosedRange<UInt64>? {
    var highest: UInt64 = 0
    if filter.wants(frequent: true) { highest = max(highest, frequent.lost) }
    if filter.wants(frequent: false) { highest = max(highest, rare.lost) }
    return highest > cursor ? cursor + 1...highest : nil
  }

  private func earlier(_ one: Event?, _ other: Event?) -> Event? {
    guard let one else { return other }
    guard let other else { return one }
    return one.sequence < other.sequence ? one : other
  }
}
