import Stratum

/// The pool's own seats in one shard: what tells them apart is a slot of two bytes.
///
/// Bitcoin dialect: extranonce1 is instance ‖ shard ‖ slot, extranonce2 has 8 bytes. Where a miner should get fewer, the
/// rest is fixed to zero behind the slot. KawPow: the slot is the prefix of an 8-byte nonce, and the shard has a lane,
/// and so a header, of its own; a proxy may still lengthen the prefix by one byte, which is as far as miners go along.
struct NativeLane: Codable {
  /// 0 for the Bitcoin dialect, where all shards share the work.
  let number: UInt32
  let feed: FeedID
  private let prefix: [UInt8]
  /// Bytes that a miner may be left, from fewest to most.
  private let left: ClosedRange<Int>
  private var leases: ExtranonceLeases

  static func bitcoin(feed: FeedID, instance: UInt8, shard: UInt8, startingAt start: UInt64) -> NativeLane {
    let most = JobTemplate.nativeExtranonceByteCount - 4
    return NativeLane(
      number: 0, feed: feed, prefix: [instance, shard], left: Limits.extranonce2Bytes.lowerBound...most,
      startingAt: start)
  }

  static func kawpow(number: UInt32, feed: FeedID, startingAt start: UInt64) -> NativeLane {
    NativeLane(number: number, feed: feed, prefix: [], left: 6...6, startingAt: start)
  }

  private init(number: UInt32, feed: FeedID, prefix: [UInt8], left: ClosedRange<Int>, startingAt start: UInt64) {
    self.number = number
    self.feed = feed
    self.prefix = prefix
    self.left = left
    leases = ExtranonceLeases(capacity: ExtranonceLeases.maximumCapacity, startingAt: start)
  }

  mutating func claim(extranonce2ByteCount: Int?, at now: MonotonicTime) -> Seat? {
    let count = min(max(extranonce2ByteCount ?? left.upperBound, left.lowerBound), left.upperBound)
    guard let slot = leases.lease(at: now), let extranonce1 = extranonce1(slot: slot, leaving: count) else {
      return nil
    }
    return Seat(feed: feed, slot: slot, extranonce1: extranonce1, extranonce2ByteCount: count)
  }

  /// Whether the seat is one of ours that nobody has taken since it was left.
  mutating func resume(_ seat: Seat) -> Bool {
    guard seat.feed == feed, left.contains(seat.extranonce2ByteCount),
      seat.extranonce1 == extranonce1(slot: seat.slot, leaving: seat.extranonce2ByteCount)
    else { return false }
    return leases.lease(slot: seat.slot)
  }

  /// The seat of this lane that has these bytes, as long as they are of our making.
  func seat(like other: Seat) -> Seat? {
    let (bytes, place) = (other.extranonce1, prefix.count)
    guard left.contains(other.extranonce2ByteCount), bytes.count >= place + 2 else { return nil }
    let slot = UInt32(bytes[place]) << 8 | UInt32(bytes[place + 1])
    guard bytes == extranonce1(slot: slot, leaving: other.extranonce2ByteCount) else { return nil }
    return Seat(feed: feed, slot: slot, extranonce1: bytes, extranonce2ByteCount: other.extranonce2ByteCount)
  }

  mutating func release(_ seat: Seat, at now: MonotonicTime) { leases.release(seat.slot, at: now) }

  mutating func turned() { leases.turned() }

  private func extranonce1(slot: UInt32, leaving count: Int) -> Extranonce? {
    guard let slot = UInt16(exactly: slot) else { return nil }
    let padding = [UInt8](repeating: 0, count: left.upperBound - count)
    return Extranonce(prefix + [UInt8(slot >> 8), UInt8(truncatingIfNeeded: slot)] + padding)
  }
}

/// Seats of miners that kept the extranonce of an upstream's feed. Their own feed, until late shares of the last one
/// to leave have had their time.
struct AdoptedLane: Codable {
  /// Seats of one feed never overlap, so they fit in one lane.
  struct Key: Hashable, Codable {
    let feed: FeedID
    /// Of the coinbase: none in KawPow, whose prefix is in the nonce.
    let extranonceByteCount: Int

    /// `nil` when our coinbase, or a KawPow miner's nonce, has no room for the seat's extranonces.
    init?(of seat: Seat, in dialect: Algorithm.Dialect) {
      feed = seat.feed
      switch dialect {
      case .bitcoin:
        extranonceByteCount = seat.extranonce1.count + seat.extranonce2ByteCount
        guard seat.extranonce2ByteCount > 0, extranonceByteCount <= JobTemplate.maximumExtranonceByteCount else {
          return nil
        }
      case .kawpow:
        extranonceByteCount = 0
        guard (1...Limits.noncePrefixBytes).contains(seat.extranonce1.count) else { return nil }
      }
    }
  }

  /// Different for every lane of the process.
  let number: UInt32
  let feed: FeedID
  let extranonceByteCount: Int
  private var seats: Set<Extranonce> = []
  /// How many seats have an extranonce1 of how many bytes: of one length they meet only when they are equal.
  private var lengths: [Int: Int] = [:]
  private var nextSlot: UInt32 = 0
  private var emptySince: MonotonicTime?

  init(number: UInt32, feed: FeedID, extranonceByteCount: Int) {
    self.number = number
    self.feed = feed
    self.extranonceByteCount = extranonceByteCount
  }

  var isEmpty: Bool { seats.isEmpty }

  /// `nil` when another miner here searches the same space.
  mutating func claim(_ seat: Seat) -> Seat? {
    let length = seat.extranonce1.count
    guard !seats.contains(seat.extranonce1),
      lengths.keys.allSatisfy({ $0 == length }) || seats.allSatisfy({ !Self.overlap($0, seat.extranonce1) })
    else { return nil }
    seats.insert(seat.extranonce1)
    emptySince = nil
    lengths[length, default: 0] += 1
    nextSlot &+= 1
    return Seat(
      feed: feed, slot: nextSlot, extranonce1: seat.extranonce1, extranonce2ByteCount: seat.extranonce2ByteCount)
  }

  mutating func release(_ seat: Seat, at now: MonotonicTime) {
    guard seats.remove(seat.extranonce1) != nil else { return }
    let length = seat.extranonce1.count
    lengths[length, default: 1] -= 1
    if lengths[length] == 0 { lengths[length] = nil }
    if seats.isEmpty { emptySince = now }
  }

  func isOver(at now: MonotonicTime) -> Bool {
    guard let emptySince else { return false }
    return now.seconds(since: emptySince) >= ExtranonceLeases.restSeconds
  }

  /// Of equal total length, two spaces meet exactly when one's extranonce1 begins with the other's.
  private static func overlap(_ a: Extranonce, _ b: Extranonce) -> Bool {
    (0..<min(a.count, b.count)).allSatisfy { a[$0] == b[$0] }
  }
}

/// The templates that miners may still find a block on, by the name that their jobs carry.
struct PublishedJobs {
  private(set) var current: PublishedJob?
  private(set) var kept: [PublishedJob] = []

  /// Templates hold all their transactions: some megabytes each.
  private static let limit = 64

  /// The longest grace that a configuration gives to shares of a block that is over.
  private static let turnSeconds = 60.0

  /// `false` when it is not newer than the current one.
  mutating func insert(_ job: PublishedJob) -> Bool {
    guard job.number > current?.number ?? 0 else { return false }
    current = job
    kept.append(job)
    // A block on the block before the last is worth nothing, unless the chain takes blocks back; and as long as its
    // shares may count, it must be possible to hand it in.
    let turns = kept.indices.filter { kept[$0].isClean }
    let old = turns.dropLast(1).last { job.at.seconds(since: kept[$0].at) >= Self.turnSeconds }
    if let old { kept.removeFirst(old) }
    if kept.count > Self.limit { kept.removeFirst(kept.count - Self.limit) }
    return true
  }

  static func name(job: UInt64, lane: UInt32) -> String { "\(job).\(lane)" }

  /// The template and lane that a job was made of.
  func find(_ name: String) -> (JobTemplate, lane: UInt32)? {
    let parts = name.split(separator: ".")
    guard parts.count == 2, let number = UInt64(parts[0]), let lane = UInt32(parts[1]),
      let job = kept.first(where: { $0.number == number })
    else { return nil }
    return (job.template, lane)
  }
}
