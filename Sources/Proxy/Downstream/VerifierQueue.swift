import Stratum

/// Work for verifier threads, fair by cost: sessions take turns, and each turn pays for the same time of a core. Who
/// floods waits behind himself. A value without clock or lock.
///
/// Source: M. Shreedhar and G. Varghese, "Efficient fair queuing using deficit round robin".
struct VerifierQueue<Item: Sendable>: Sendable {
  /// Work of one session that may wait, in microseconds of one core; the next share is answered busy.
  static var waitingPerSession: Int { 400_000 }
  /// Shares that seem to be blocks are taken beyond that, and up to so many of one session.
  static var blocksPerSession: Int { 16 }
  /// Items that may wait in all, whoever they are of.
  static var waitingInAll: Int { 100_000 }
  /// What one turn pays for.
  private static var quantum: Int { 1000 }

  private struct Entry: Sendable {
    let item: Item
    let cost: Int
    let isBlock: Bool
  }

  private struct Line: Sendable {
    var entries: [Entry] = []
    var head = 0
    var waiting = 0
    var blocks = 0
    var credit = 0
    var isTurnPaid = false
    var isEmpty: Bool { head == entries.count }

    mutating func take() -> Entry {
      let entry = entries[head]
      head += 1
      if head >= 64, head * 2 >= entries.count {
        entries.removeFirst(head)
        head = 0
      }
      waiting -= entry.cost
      if entry.isBlock { blocks -= 1 }
      return entry
    }
  }

  private var lines: [UInt64: Line] = [:]
  /// Sessions with work, in turn, from `turn` on.
  private var turns: [UInt64] = []
  private var turn = 0
  private(set) var count = 0
  /// Microseconds of one core.
  private(set) var waiting = 0

  var isEmpty: Bool { count == 0 }

  /// `false`, and nothing queued, at the limits.
  mutating func add(_ item: Item, of session: UInt64, cost: Int, isBlock: Bool) -> Bool {
    // Taken out, lest a long line be copied for every share that joins it.
    var line = lines.removeValue(forKey: session) ?? Line()
    defer { if !line.isEmpty { lines[session] = line } }
    let fits = line.waiting + cost <= Self.waitingPerSession && count < Self.waitingInAll
    guard fits || isBlock && line.blocks < Self.blocksPerSession else { return false }
    if line.isEmpty { turns.append(session) }
    line.entries.append(Entry(item: item, cost: cost, isBlock: isBlock))
    line.waiting += cost
    if isBlock { line.blocks += 1 }
    count += 1
    waiting += cost
    return true
  }

  /// The next item; `nil` when there is none, or `accepts` does not want it.
  mutating func next(if accepts: (Item) -> Bool = { _ in true }) -> Item? {
    guard count > 0 else { return nil }
    while true {
      let session = turns[turn]
      guard var line = lines.removeValue(forKey: session), !line.isEmpty else {
        preconditionFailure("a session has a turn only while its line has work")
      }
      if !line.isTurnPaid {
        line.isTurnPaid = true
        line.credit += Self.quantum
      }
      let cost = line.entries[line.head].cost
      guard line.credit >= cost else {
        line.isTurnPaid = false
        lines[session] = line
        endTurn(ofWaiting: session)
        continue
      }
      guard accepts(line.entries[line.head].item) else {
        lines[session] = line
        return nil
      }
      line.credit -= cost
      let entry = line.take()
      count -= 1
      waiting -= entry.cost
      if line.isEmpty {
        endTurn(ofWaiting: nil)
      } else {
        lines[session] = line
      }
      return entry.item
    }
  }

  private mutating func endTurn(ofWaiting session: UInt64?) {
    turn += 1
    if let session { turns.append(session) }
    if turn >= 64, turn * 2 >= turns.count {
      turns.removeFirst(turn)
      turn = 0
    }
  }
}
