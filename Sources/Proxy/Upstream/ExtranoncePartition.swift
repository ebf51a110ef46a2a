import Stratum

/// Splits one upstream connection's extranonce2 among miners: a tail of fixed length is ours, the rest is theirs.
///
/// Tails of one partition all have the same length, so two seats can never cover the same coinbase.
struct ExtranoncePartition: Codable {
  let feed: FeedID
  let extranonce1: Extranonce
  /// Bytes of the upstream's extranonce2.
  let upstreamByteCount: Int
  let tailByteCount: Int
  private var leases: ExtranonceLeases

  var minerByteCount: Int { upstreamByteCount - tailByteCount }
  var capacity: Int { leases.capacity }
  var leased: Int { leases.leasedCount }

  /// Without room for a tail there is one seat: this connection serves one miner.
  ///
  /// Bitcoin dialect: `wanted` bytes are left to the miner where possible, never more than 8 (cgminer, Whatsminer and S9
  /// stop there). KawPow: the nonce's prefix is lengthened, but not beyond 3 bytes in all, so that a fast rig does not
  /// run out of nonces between two jobs.
  ///
  /// - Parameter start: a random number, by which the first tail is chosen: the next connection begins at another.
  init(
    feed: FeedID, extranonce1: Extranonce, upstreamByteCount: Int, wanted: Int, dialect: Algorithm.Dialect = .bitcoin,
    startingAt start: UInt64
  ) {
    self.feed = feed
    self.extranonce1 = extranonce1
    self.upstreamByteCount = upstreamByteCount
    switch dialect {
    case .bitcoin:
      let longest = Limits.extranonce2Bytes.upperBound
      let spare = upstreamByteCount - max(wanted, Limits.extranonce2Bytes.lowerBound)
      tailByteCount = max(min(2, spare), upstreamByteCount - longest, 0)
    case .kawpow: tailByteCount = max(0, min(2, 3 - extranonce1.count))
    }
    leases = ExtranonceLeases(capacity: 1 << (8 * min(2, tailByteCount)), startingAt: start)
  }

  mutating func claim(at now: MonotonicTime) -> Seat? {
    leases.lease(at: now).flatMap(seat)
  }

  /// The seat whose bytes `wanted` has, if it is one of ours and free.
  mutating func claim(sameBytesAs wanted: Seat, at now: MonotonicTime) -> Seat? {
    guard wanted.extranonce2ByteCount == minerByteCount else { return nil }
    guard wanted.extranonce1.count == extranonce1.count + tailByteCount else { return nil }
    let tail = wanted.extranonce1.dropping(first: extranonce1.count)
    let slot = tail.bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard slot < UInt64(capacity), let same = seat(UInt32(slot)) else { return nil }
    guard same.extranonce1 == wanted.extranonce1, leases.lease(slot: UInt32(slot)) else { return nil }
    return same
  }

  mutating func release(_ seat: Seat, at now: MonotonicTime) { leases.release(seat.slot, at: now) }

  /// A clean job: what was released before it can be reused, once it has cooled.
  mutating func turned() { leases.turned() }

  /// The upstream's extranonce2 for a miner's: its tail, then what the miner chose.
  func upstreamExtranonce2(seat: Seat, miner: Extranonce) -> Extranonce? {
    seat.extranonce1.dropping(first: extranonce1.count).appending(miner)
  }

  private func seat(_ slot: UInt32) -> Seat? {
    guard let tail = Extranonce(UInt64(slot), byteCount: tailByteCount),
      let prefix = extranonce1.appending(tail)
    else { return nil }
    return Seat(feed: feed, slot: slot, extranonce1: prefix, extranonce2ByteCount: minerByteCount)
  }
}
