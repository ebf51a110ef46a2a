import NIOCore

/// Which verifier thread has which work in its hands. A value without clock or lock.
///
/// Most threads run when nothing else wants to, and get next to nothing done on a machine that is never idle. So there is
/// a relief, which has a right to a tenth of a processor: once they get less than that while there is work, it does what
/// waits, and does again what one of them has had for long. Who is done first answers.
struct VerifierDesk<Item: Sendable>: Sendable {
  /// Work that was taken at once.
  struct Batch: Sendable {
    fileprivate let number: UInt64
    let items: [Item]
    /// Microseconds of one core.
    fileprivate let cost: Int
    fileprivate let isRelief: Bool
  }

  private struct Hand: Sendable {
    let batch: Batch
    let since: NIODeadline
    var isRelieved: Bool
  }

  /// How long the relief looks on before it judges what the others got done, and how long work is in a hand before it is
  /// done again.
  static var patience: TimeAmount { .milliseconds(250) }

  var queue = VerifierQueue<Item>()
  /// By number: the oldest has the smallest.
  private var hands: [UInt64: Hand] = [:]
  private var number: UInt64 = 0
  /// The others get less than a tenth of a processor.
  private var areStarved = false
  /// Since when the relief looks on, whether there was work then, and what the others have done since, in microseconds of
  /// one core.
  private var watch: (since: NIODeadline, hadWork: Bool, done: Int)

  init(at now: NIODeadline) { watch = (now, false, 0) }

  /// For a thread that runs when nothing else wants to: what `pick` takes off the queue. `nil` when that is nothing.
  mutating func take(at now: NIODeadline, _ pick: (inout VerifierQueue<Item>) -> [Item]) -> Batch? {
    hand(pick, at: now, isRelief: false)
  }

  /// For the relief: `nil` while the others get on.
  mutating func relieve(at now: NIODeadline, _ pick: (inout VerifierQueue<Item>) -> [Item]) -> Batch? {
    judge(at: now)
    guard areStarved else { return nil }
    let stuck = hands.filter { !$0.value.isRelieved && now - $0.value.since >= Self.patience }
    guard let (number, hand) = stuck.min(by: { $0.key < $1.key }) else { return hand(pick, at: now, isRelief: true) }
    hands[number]?.isRelieved = true
    return Batch(number: number, items: hand.batch.items, cost: hand.batch.cost, isRelief: true)
  }

  /// `false` when somebody else was done with it before.
  mutating func finish(_ batch: Batch) -> Bool {
    if !batch.isRelief { watch.done += batch.cost }
    return hands.removeValue(forKey: batch.number) != nil
  }

  private mutating func judge(at now: NIODeadline) {
    let elapsed = now - watch.since
    guard elapsed >= Self.patience else { return }
    let hasWork = !queue.isEmpty || hands.values.contains { !$0.isRelieved }
    if Int64(watch.done) * 10_000 >= elapsed.nanoseconds {
      areStarved = false
    } else if watch.hadWork, hasWork {
      areStarved = true
    }
    watch = (now, hasWork, 0)
  }

  private mutating func hand(
    _ pick: (inout VerifierQueue<Item>) -> [Item], at now: NIODeadline, isRelief: Bool
  ) -> Batch? {
    let waiting = queue.waiting
    let items = pick(&queue)
    guard !items.isEmpty else { return nil }
    number += 1
    let batch = Batch(number: number, items: items, cost: waiting - queue.waiting, isRelief: isRelief)
    hands[number] = Hand(batch: batch, since: now, isRelieved: isRelief)
    return batch
  }
}
