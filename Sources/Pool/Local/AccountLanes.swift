import Stratum

/// Lanes whose coinbases pay a miner's account (SOLO), one for each account and layout of extranonces.
///
/// A seat here stands on another of the source, which says that its bytes are its own among all miners that were told
/// some, and which is kept as long: the miner does not hear of the exchange.
struct AccountLanes: Codable {
  /// Whom a lane's coinbase pays.
  struct Payee: Equatable, Sendable, Codable {
    let account: String
    let script: [UInt8]
  }

  private struct Key: Hashable, Codable {
    let account: String
    let layout: AdoptedLane.Key
  }

  private struct Ended: Codable {
    var lane: UInt32
    var at: MonotonicTime
  }

  private var lanes: [Key: AdoptedLane] = [:]
  private var keys: [FeedID: Key] = [:]
  private var origins: [Seat: Seat] = [:]
  /// By the lane's number; those of lanes that ended stay for late shares.
  private var payees: [UInt32: Payee] = [:]
  private var ended: [Ended] = []

  /// How long a job of a lane may still be solved after the lane's end.
  private static let memorySeconds = 300.0

  /// Whom the blocks found at this seat pay; `nil` when it is none of these lanes.
  func account(of seat: Seat) -> String? { keys[seat.feed]?.account }

  func payee(ofLane number: UInt32) -> Payee? { payees[number] }

  /// Lanes with miners.
  var busy: [(lane: AdoptedLane, payee: Payee)] {
    lanes.values.compactMap { lane in
      guard !lane.isEmpty, let payee = payees[lane.number] else { return nil }
      return (lane, payee)
    }
  }

  /// A seat with the bytes of `origin`; `nil` when another miner of the account has them.
  mutating func claim(
    _ origin: Seat, _ layout: AdoptedLane.Key, _ payee: Payee, makeLane: () -> AdoptedLane
  ) -> (seat: Seat, lane: AdoptedLane, wasEmpty: Bool)? {
    let key = Key(account: payee.account, layout: layout)
    var lane = lanes[key] ?? makeLane()
    let wasEmpty = lane.isEmpty
    guard let seat = lane.claim(origin) else { return nil }
    lanes[key] = lane
    keys[lane.feed] = key
    // Kept from the first: all jobs of a lane pay the same.
    if payees[lane.number] == nil { payees[lane.number] = payee }
    origins[seat] = origin
    return (seat, lane, wasEmpty)
  }

  /// The seat that `seat` stood on, which is to be released too; `nil` when it was none of these.
  mutating func release(_ seat: Seat, at now: MonotonicTime) -> Seat? {
    guard let origin = origins.removeValue(forKey: seat), let key = keys[seat.feed] else { return nil }
    lanes[key]?.release(seat, at: now)
    return origin
  }

  /// Forgets lanes whose last miner left long ago, and gives their feeds.
  mutating func end(at now: MonotonicTime) -> [FeedID] {
    let past = ended.prefix { now.seconds(since: $0.at) >= Self.memorySeconds }
    for old in past { payees[old.lane] = nil }
    ended.removeFirst(past.count)
    var feeds: [FeedID] = []
    for (key, lane) in lanes where lane.isOver(at: now) {
      lanes[key] = nil
      keys[lane.feed] = nil
      ended.append(Ended(lane: lane.number, at: now))
      feeds.append(lane.feed)
    }
    return feeds
  }
}
