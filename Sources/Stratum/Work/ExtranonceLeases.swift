/// Which slots of a search space are in use: a bitmap of leases, with a rest before a slot changes hands.
///
/// A released slot may still send late shares, so it is free again only when a clean job made them stale *and*
/// `restSeconds` have passed. Leases begin at a random slot and go round: after a restart miners do not get the
/// same slots in the same order, which a pool that remembers sessions would see as duplicates.
public struct ExtranonceLeases: Sendable, Codable {
  /// Two bytes of extranonce.
  public static let maximumCapacity = 65_536
  /// How long a slot rests at least.
  public static let restSeconds = 120.0

  public let capacity: Int
  /// Slots in use, resting ones not counted.
  public var leasedCount: Int { takenCount - resting.count }

  /// One bit a slot: leased or resting.
  private var taken: [UInt64]
  private var takenCount = 0
  private var cursor: Int
  private var turns: UInt64 = 0
  private var resting: [UInt32: Rest] = [:]
  /// In order of release. An entry whose rest was ended by a resume no longer matches `resting` and is passed over.
  private var queue: [Resting] = []
  private var queueStart = 0
  private var releases: UInt64 = 0

  private struct Rest: Equatable, Codable {
    var number: UInt64
    var since: MonotonicTime
    var turns: UInt64
  }

  private struct Resting: Codable {
    var slot: UInt32
    var rest: Rest
  }

  /// - Parameters:
  ///   - capacity: number of slots, cut to 0...`maximumCapacity`.
  ///   - start: a random number; what it leaves when divided by the capacity is the first slot to be leased.
  public init(capacity: Int, startingAt start: UInt64) {
    self.capacity = max(0, min(capacity, Self.maximumCapacity))
    taken = [UInt64](repeating: 0, count: (self.capacity + 63) / 64)
    cursor = self.capacity > 0 ? Int(start % UInt64(self.capacity)) : 0
  }

  /// A slot that nobody has, or had a short time ago; `nil` when there is none.
  public mutating func lease(at now: MonotonicTime) -> UInt32? {
    wake(at: now)
    guard takenCount < capacity, let slot = nextFree() else { return nil }
    take(slot)
    cursor = (slot + 1) % capacity
    return UInt32(slot)
  }

  /// Leases a resting slot again, for the one that left it. `false` when it is not resting.
  public mutating func lease(slot: UInt32) -> Bool {
    resting.removeValue(forKey: slot) != nil
  }

  /// Puts a leased slot to rest; any other is left as it is.
  public mutating func release(_ slot: UInt32, at now: MonotonicTime) {
    guard isTaken(slot), resting[slot] == nil else { return }
    releases += 1
    let rest = Rest(number: releases, since: now, turns: turns)
    resting[slot] = rest
    queue.append(Resting(slot: slot, rest: rest))
    compact()
  }

  /// A clean job was sent: what was released before can only be answered as stale.
  public mutating func turned() { turns += 1 }

  public func isLeased(_ slot: UInt32) -> Bool { isTaken(slot) && resting[slot] == nil }

  private func isTaken(_ slot: UInt32) -> Bool {
    slot < capacity && taken[Int(slot) / 64] & 1 << UInt64(slot % 64) != 0
  }

  private mutating func take(_ slot: Int) {
    taken[slot / 64] |= 1 << UInt64(slot % 64)
    takenCount += 1
  }

  /// The first free slot from the cursor on, around the end.
  private func nextFree() -> Int? {
    // The cursor's word is looked at twice: first from the cursor's bit up, last whole.
    for step in 0...taken.count {
      let word = (cursor / 64 + step) % taken.count
      var free = ~taken[word]
      if step == 0 { free &= ~0 << UInt64(cursor % 64) }
      let slot = word * 64 + free.trailingZeroBitCount
      if free != 0, slot < capacity { return slot }
    }
    return nil
  }

  /// Frees what has rested enough. Releases are in order of time, so the first that has not ends it.
  private mutating func wake(at now: MonotonicTime) {
    while queueStart < queue.count {
      let (slot, rest) = (queue[queueStart].slot, queue[queueStart].rest)
      if resting[slot] == rest {
        guard rest.turns < turns, now.seconds(since: rest.since) >= Self.restSeconds else { break }
        resting[slot] = nil
        taken[Int(slot) / 64] &= ~(1 << UInt64(slot % 64))
        takenCount -= 1
      }
      queueStart += 1
    }
    compact()
  }

  /// Keeps the queue at about twice the resting slots, however often sessions leave and resume.
  private mutating func compact() {
    guard queue.count > 2 * resting.count + 64 else { return }
    queue = queue[queueStart...].filter { resting[$0.slot] == $0.rest }
    queueStart = 0
  }
}
