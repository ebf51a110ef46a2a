/// A place in a source's search space: what a session needs to know to mine a feed without meeting another session.
public struct Seat: Hashable, Sendable, Codable {
  public let feed: FeedID
  /// Distinguishes the seats of one feed; meaningful to the source only.
  public let slot: UInt32
  public let extranonce1: Extranonce
  public let extranonce2ByteCount: Int

  public init(feed: FeedID, slot: UInt32, extranonce1: Extranonce, extranonce2ByteCount: Int) {
    self.feed = feed
    self.slot = slot
    self.extranonce1 = extranonce1
    self.extranonce2ByteCount = extranonce2ByteCount
  }
}

/// What a session asks of a source when it wants to mine there.
public enum SeatRequest: Sendable {
  /// A seat of the source's own choice, with `extranonce2ByteCount` bytes left to the miner where possible.
  case fresh(extranonce2ByteCount: Int?)
  /// A seat that keeps what the miner has: it was not told, and cannot be told, of another extranonce.
  case adopting(Seat)
  /// The seat that a session left when it lost its connection, if it is still free.
  case resuming(Seat)
}

/// A miner as shares and payments know it.
public struct MinerIdentity: Hashable, Sendable, Codable {
  /// Who is paid: an address, or an account of the operator.
  public let account: String
  /// Which of the account's machines; empty when the miner gave none.
  public let worker: String

  public init(account: String, worker: String) {
    self.account = account
    self.worker = worker
  }

  /// `ACCOUNT.worker`, or the account alone.
  public var user: String { worker.isEmpty ? account : "\(account).\(worker)" }
}

/// Finds the way back to the session that waits for an answer.
public struct ShareTicket: Hashable, Sendable, Codable {
  public let session: UInt64
  public let sequence: UInt32
  /// What the share is worth if it counts.
  public let work: ShareWork
  /// When it came in.
  public let arrival: MonotonicTime
  /// For the receipt, where receipts are kept: whose share of which hash it is.
  public var hash = Hash256.zero
  public var miner: MinerIdentity?

  public init(session: UInt64, sequence: UInt32, work: ShareWork = .zero, arrival: MonotonicTime = .zero) {
    self.session = session
    self.sequence = sequence
    self.work = work
    self.arrival = arrival
  }
}

/// A share that was hashed here, on its way to the source whose job it solves.
public struct JudgedShare: Sendable {
  public let ticket: ShareTicket
  public let miner: MinerIdentity
  public let job: Job
  public let agreement: Agreement
  public let submission: ShareSubmission
  public let verdict: Verdict

  public init(
    ticket: ShareTicket, miner: MinerIdentity, job: Job, agreement: Agreement, submission: ShareSubmission,
    verdict: Verdict
  ) {
    self.ticket = ticket
    self.miner = miner
    self.job = job
    self.agreement = agreement
    self.submission = submission
    self.verdict = verdict
  }
}

/// What became of a delivered share.
public enum ShareOutcome: Equatable, Sendable {
  case accepted
  case rejected(RejectReason)
  /// The upstream's own words, passed on.
  case refused(code: Int, message: String)
}

/// Where jobs come from and shares go: an upstream pool or the local pool, as one shard sees it.
///
/// Lives on one event loop with the sessions it serves; every call, both ways, is made on that loop.
public protocol WorkSource: AnyObject {
  /// Unique in the process.
  var name: String { get }
  /// The operator's name of the pool that it is part of. A pool of several algorithms has a source for each.
  var pool: String { get }
  var algorithm: Algorithm { get }
  /// Whether a miner may be moved here now: connected, and a job delivered.
  var isReady: Bool { get }
  /// Whether shares are credited here under the miner's own name (local pool), so that its address must be valid.
  var creditsMiners: Bool { get }

  /// Hears of jobs and answers. Set once, before `start()`.
  var delegate: (any WorkSourceDelegate)? { get set }
  func start()
  func stop()

  /// A seat, or `nil` when there is none that satisfies the request (full, not ready, or cannot adopt).
  func claim(_ request: SeatRequest) -> Seat?
  /// The seat at which a miner mines, once its names are known: the same, or one with the same extranonces in work of
  /// its account's own, which stands for the one given and is released instead of it.
  /// - Parameter names: all that it was authorized under.
  /// - Throws: when it cannot be served at that seat, which stays claimed.
  func settle(_ seat: Seat, for names: [MinerIdentity]) throws(SeatRefusal) -> Seat
  /// Gives a seat back. Its space rests until no share of the old owner can arrive (`ExtranonceLeases`).
  func release(_ seat: Seat)
  /// Passes a share on. The source answers through the delegate, now or later, exactly once for each ticket.
  /// A share with `verdict.rejection` set is only delivered when it is a block; its answer is not awaited.
  func deliver(_ share: JudgedShare)

  /// Once a second.
  func tick(at now: MonotonicTime)
  /// How it goes, for operators and for routing.
  var report: SourceReport { get }

  // MARK: handing over to another process image

  /// Whether no share that was delivered waits for this process (its journal). What waits for a pool is saved.
  var isSettled: Bool { get }
  /// Offers nothing and opens nothing until `resume()`.
  func pause()
  func resume()
  /// What another process image goes on with; called while paused. `nil` when there is nothing.
  func save() throws -> SavedSource?
  /// Takes up what `save` gave; called before `start()`.
  func restore(_ saved: SavedSource) throws
}

/// A source between two process images: its state, as the source alone reads it, and sockets that stay open.
public struct SavedSource: Codable, Sendable {
  public var state: String
  public var sockets: [Int32]

  public init(state: String, sockets: [Int32] = []) {
    self.state = state
    self.sockets = sockets
  }
}

extension WorkSource {
  public var pool: String { name }

  public func settle(_ seat: Seat, for names: [MinerIdentity]) throws(SeatRefusal) -> Seat { seat }

  public func tick(at now: MonotonicTime) {}

  public var isSettled: Bool { true }
  public func pause() {}
  public func resume() {}
  public func save() throws -> SavedSource? { nil }
  public func restore(_ saved: SavedSource) throws {}
}

/// Why a source cannot serve a miner that it has a seat for.
public struct SeatRefusal: Error, Equatable, Sendable {
  /// A sentence for the operator and the miner.
  public let reason: String

  public init(_ reason: String) { self.reason = reason }
}

/// A source's own counts in one shard; sums over shards are the pool's.
public struct SourceReport: Sendable, Equatable {
  public var connections = 0
  /// Shares sent on, the source's answers, and those that will never be answered.
  public var forwarded = 0
  public var accepted = 0
  public var rejected = 0
  public var unknown = 0
  public var blocks = 0
  public var acceptedWork = ShareWork.zero
  public var lastJob: MonotonicTime?
  public var newestJob: JobSample?
  /// New blocks that the source told of while it was connected, the latest `Self.newsKept`, oldest first.
  public private(set) var blockNews: [BlockNews] = []
  /// Of `rejected`, those that the source called late.
  public var rejectedStale = 0
  /// Connections that were working and broke.
  public var disconnects = 0
  /// What an operator should know while it is not ready.
  public var trouble: String?

  public static let newsKept = 8

  public init() {}

  public mutating func heard(of position: Work.Content.Position, at now: MonotonicTime) {
    if blockNews.count >= Self.newsKept { blockNews.removeFirst() }
    blockNews.append(BlockNews(position: position, at: now))
  }
}

/// The shard, as its sources see it.
public protocol WorkSourceDelegate: AnyObject {
  /// A feed has new work. `isClean`: what was sent before is stale. The target is the source's, for this work.
  func source(
    _ source: any WorkSource, feed: FeedID, offers work: Work, sourceJobID: String, target: Target,
    versionMask: UInt32, isClean: Bool)
  /// The source's target changed for later work: sessions above it are lowered with their next job.
  func source(_ source: any WorkSource, feed: FeedID, changedTarget target: Target)
  /// The feed's seats are gone (connection lost, extranonce changed): its sessions need other seats.
  func source(_ source: any WorkSource, lost feed: FeedID, because reason: String)
  /// `isReady` may have changed.
  func sourceChangedReadiness(_ source: any WorkSource)
  /// The answer to a delivered share.
  func source(_ source: any WorkSource, answers ticket: ShareTicket, with outcome: ShareOutcome)
}
