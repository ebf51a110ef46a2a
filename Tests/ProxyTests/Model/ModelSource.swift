import Hashing
import Stratum
import TestSupport

@testable import Proxy

/// A source whose jobs and fate a test decides.
final class ModelSource: WorkSource {
  struct Kind {
    var name: String
    var pool: String?
    var algorithm = Algorithm.sha256d
    /// As the local pool does: credits miners, and adopts any extranonce.
    var adopts = false
    /// Has work for accounts of their own only, but for one called `unpayable`.
    var isSolo = false
  }

  let name: String
  let pool: String
  let algorithm: Algorithm
  /// Begins every extranonce, and marks every job.
  let prefix: UInt8
  var creditsMiners: Bool { adopts }
  weak var delegate: (any WorkSourceDelegate)?
  var report = SourceReport()
  /// It has no seat for anybody.
  var isFull = false
  private(set) var isReady = false
  private(set) var delivered: [JudgedShare] = []
  var answer: ShareOutcome? = .accepted
  var nBits: UInt32 = 0x1d00_ffff
  var target = Target(UInt256(1))
  /// `nil` while it has no connection.
  private(set) var feed: FeedID?
  private let adopts: Bool
  private let isSolo: Bool
  private(set) var accounts: [String: FeedID] = [:]
  /// Seats that stand for others.
  private(set) var settled: [Seat: Seat] = [:]
  private let makeFeedID: () -> FeedID
  private var leases: ExtranonceLeases
  private var random = SeededRandom(seed: 1)
  private var lanes: [FeedID: FeedID] = [:]
  private var works = 0
  private var height: UInt32 = 0
  private var epoch: UInt8 = 0

  init(_ kind: Kind, prefix: UInt8, makeFeedID: @escaping () -> FeedID) {
    name = kind.name
    pool = kind.pool ?? kind.name
    algorithm = kind.algorithm
    adopts = kind.adopts
    isSolo = kind.isSolo
    self.prefix = prefix
    self.makeFeedID = makeFeedID
    leases = ExtranonceLeases(capacity: algorithm == .kawpow ? 256 : 65_536, startingAt: random.next())
  }

  func start() {}
  func stop() {}

  func connect() {
    guard feed == nil else { return }
    feed = makeFeedID()
    epoch += 1
    isReady = true
    offer(clean: true)
    delegate?.sourceChangedReadiness(self)
  }

  func disconnect() {
    guard let lost = feed else { return }
    feed = nil
    isReady = false
    delegate?.source(self, lost: lost, because: "test")
    delegate?.sourceChangedReadiness(self)
  }

  /// New work: on a new block when clean.
  func offer(clean: Bool) {
    guard let feed else { return }
    works += 1
    if clean { height += 1 }
    for account in accounts.values { offer(to: account, lane: account.value, clean: clean) }
    guard !isSolo else { return }
    offer(to: feed, lane: 0, clean: clean)
    for (home, lane) in lanes { offer(to: lane, lane: home.value, clean: clean) }
  }

  private func offer(to feed: FeedID, lane: UInt32, clean: Bool) {
    delegate?.source(
      self, feed: feed, offers: algorithm == .kawpow ? kawpow(lane) : bitcoin(lane), sourceJobID: "\(works)",
      target: target, versionMask: 0, isClean: clean)
  }

  private func bitcoin(_ lane: UInt32) -> Work {
    Work(
      previousBlock: Hash256(number: UInt256(UInt64(prefix))),
      coinbase1: [prefix] + (0..<4).map { UInt8(truncatingIfNeeded: lane >> (8 * $0)) }, coinbase2: [9],
      merkleBranches: [], version: 0x2000_0000, nBits: nBits, nTime: UnixTime(seconds: UInt32(1_700_000_000 + works)))
  }

  private func kawpow(_ lane: UInt32) -> Work {
    // The lowest byte is the first on the wire.
    let header = UInt256(UInt64(works), 0, UInt64(lane), UInt64(prefix))
    return Work(
      KawPowWork(headerHash: Hash256(number: header), seedHash: .zero, height: height), nBits: nBits)
  }

  func owns(_ notice: JobNotice) -> Bool {
    switch notice.content {
    case .bitcoin: notice.content.position == .above(Hash256(number: UInt256(UInt64(prefix))))
    case .kawpow(let work): owns(work)
    }
  }

  func owns(_ work: KawPowWork) -> Bool { work.headerHash.bytes.first == prefix }

  func claim(_ request: SeatRequest) -> Seat? {
    guard let feed, !isFull else { return nil }
    switch request {
    case .fresh: return leases.lease(at: .zero).flatMap { seat($0, of: feed) }
    case .adopting(let seat):
      guard adopts else { return nil }
      if lanes[seat.feed] == nil {
        let lane = makeFeedID()
        lanes[seat.feed] = lane
        if !isSolo { offer(to: lane, lane: seat.feed.value, clean: true) }
      }
      return lanes[seat.feed].map {
        Seat(
          feed: $0, slot: seat.slot, extranonce1: seat.extranonce1, extranonce2ByteCount: seat.extranonce2ByteCount)
      }
    case .resuming(let seat) where isSolo:
      return leases.lease(slot: seat.slot) ? self.seat(seat.slot, of: feed) : nil
    case .resuming(let seat): return seat.feed == feed && leases.lease(slot: seat.slot) ? seat : nil
    }
  }

  /// Four bytes of ten, or a nonce's first three of eight.
  private func seat(_ slot: UInt32, of feed: FeedID) -> Seat? {
    let isKawPow = algorithm == .kawpow
    let bytes = [prefix, epoch] + (isKawPow ? [] : [UInt8(slot >> 8)]) + [UInt8(slot & 255)]
    return Extranonce(bytes).map {
      Seat(feed: feed, slot: slot, extranonce1: $0, extranonce2ByteCount: isKawPow ? 5 : 6)
    }
  }

  func settle(_ seat: Seat, for names: [MinerIdentity]) throws(SeatRefusal) -> Seat {
    guard isSolo, let account = names.first?.account else { return seat }
    guard names.allSatisfy({ $0.account == account }), account != "unpayable" else { throw SeatRefusal("not here") }
    guard settled[seat] == nil else { return seat }
    let lane = accounts[account] ?? makeFeedID()
    let own = Seat(
      feed: lane, slot: seat.slot, extranonce1: seat.extranonce1, extranonce2ByteCount: seat.extranonce2ByteCount)
    settled[own] = seat
    if accounts.updateValue(lane, forKey: account) == nil { offer(to: lane, lane: lane.value, clean: true) }
    return own
  }

  func release(_ seat: Seat) {
    if let origin = settled.removeValue(forKey: seat) { return release(origin) }
    if seat.feed == feed { leases.release(seat.slot, at: .zero) }
  }

  func deliver(_ share: JudgedShare) {
    delivered.append(share)
    if let answer, share.verdict.rejection == nil { delegate?.source(self, answers: share.ticket, with: answer) }
  }
}
