/// The newest events of one kind, oldest first, within bounds of number and bytes.
struct EventLane: Sendable {
  private let bounds: EventRing.Bounds
  /// A circle of which `count` from `start` are in use.
  private var slots: [Event?] = []
  private var start = 0
  private(set) var count = 0
  private(set) var bytes = 0
  /// The highest number that was dropped; 0 for none.
  private(set) var lost: UInt64

  init(bounds: EventRing.Bounds, lost: UInt64) {
    self.bounds = bounds
    self.lost = lost
  }

  subscript(index: Int) -> Event? { index < count ? slots[(start + index) % slots.count] : nil }

  mutating func append(_ event: Event) {
    let weight = event.body.weight
    while count > 0, count >= bounds.count || bytes + weight > bounds.bytes { dropOldest() }
    if count == slots.count {
      if start > 0 {
        slots = Array(slots[start...] + slots[..<start])
        start = 0
      }
      slots.append(event)
    } else {
      slots[(start + count) % slots.count] = event
    }
    count += 1
    bytes += weight
  }

  private mutating func dropOldest() {
    guard let event = slots[start] else { return }
    slots[start] = nil
    start = (start + 1) % slots.count
    count -= 1
    bytes -= event.body.weight
    lost = event.sequence
  }

  /// Where the events above `sequence` begin.
  func index(after sequence: UInt64) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if let event = self[middle], event.sequence <= sequence { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
