import Hashing
import NIOCore
import NIOPosix
import Stratum
import Synchronization
import TestSupport

@testable import Pool

/// Time that a test moves.
final class ManualTime: Sendable {
  private let seconds = Mutex(1_000.0)
  var now: MonotonicTime { MonotonicTime.zero.advanced(bySeconds: seconds.withLock { $0 }) }
  func advance(_ by: Double) { seconds.withLock { $0 += by } }
}

/// A local pool with a fake disk and a node that says what a test says.
final class PoolUnderTest: Sendable {
  let storage: FakeStorage
  let time = ManualTime()
  let journal: ShareJournal
  let pool: LocalPool
  let found: Mutex<[FoundBlock]>
  /// What is said of the next block: it is on disk, unless a test has it otherwise.
  let receipts: Receipts
  /// A fiftieth of every block.
  private let fees = [FeeOutput(account: "dev", script: [0x52, 0x52], basisPoints: 200)]

  /// - Parameters:
  ///   - other: whose journal this pool writes too.
  ///   - scriptPaying: makes it pay finders.
  init(
    algorithm: Algorithm = .sha256d, instance: UInt8 = 0, sharing other: PoolUnderTest? = nil,
    scriptPaying: (@Sendable (String) -> [UInt8]?)? = nil
  ) throws {
    let time = time
    let (found, receipts) = (Found(), Receipts())
    self.receipts = receipts
    self.found = Mutex([])
    storage = other?.storage ?? FakeStorage()
    journal = try other?.journal ?? ShareJournal(storage)
    pool = LocalPool(
      name: "zion", algorithm: algorithm, instance: instance, hashes: Kernels(), journal: journal,
      submit: { block in
        found.add(block)
        return receipts.next.withLock { $0 } ?? BlockReceipt(isKept: true)
      }, scriptPaying: scriptPaying, uptime: { time.now },
      wallMilliseconds: { UInt64(testTime.seconds) * 1_000 }, log: quiet)
    found.sink.withLock { sink in sink = { [weak self] block in self?.found.withLock { $0.append(block) } } }
  }

  final class Receipts: Sendable {
    let next = Mutex<BlockReceipt?>(nil)
  }

  private final class Found: Sendable {
    let sink = Mutex<(@Sendable (FoundBlock) -> Void)?>(nil)
    func add(_ block: FoundBlock) { sink.withLock { $0 }?(block) }
  }

  /// A template on block `number`; every second hash is a block.
  func publish(_ number: UInt32, isClean: Bool = true) throws {
    let target = try Target(nBits: 0x207f_ffff)
    let template = BlockTemplate(
      algorithm: pool.algorithm, height: 100 + number, version: 0x2000_0000,
      previousBlock: Hash256(number: UInt256(UInt64(number))), nBits: 0x207f_ffff, target: target,
      minTime: testTime, curTime: testTime, coinbaseValue: AtomicUnits(50_000_000))
    let plan = CoinbasePlan(poolScript: [0x51], fees: fees, salt: 0x1122_3344_5566_7788)
    pool.publish(try JobTemplate(template: template, plan: plan, using: Kernels()), isClean: isClean)
  }

  /// Ready to serve miners.
  func open() throws {
    pool.nodeChanged(.healthy)
    try publish(1)
  }

  /// A shard of this pool, on an event loop of its own.
  /// - Parameter saved: what another left.
  func shard(_ number: UInt8 = 0, saved: SavedSource? = nil) async throws -> ShardUnderTest {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let bound = try await loop.submit { [pool] in
      NIOLoopBound(try ShardSide(pool: pool, shard: number, loop: loop, saved: saved), eventLoop: loop)
    }.get()
    return ShardUnderTest(loop: loop, side: bound)
  }
}

/// What lives on the shard's event loop: the source, and a delegate that remembers what it is told.
final class ShardSide: WorkSourceDelegate {
  struct Offer {
    var feed: FeedID
    var job: Job
    var isClean: Bool
  }

  let source: LocalSource
  var offers: [Offer] = []
  var lost: [FeedID] = []
  var answers: [UInt32: ShareOutcome] = [:]
  var readinessChanges = 0
  private var jobs: UInt32 = 0

  init(pool: LocalPool, shard: UInt8, loop: any EventLoop, saved: SavedSource? = nil) throws {
    var feeds: UInt32 = 0
    source = pool.makeSource(shard: shard, on: loop) {
      feeds += 1
      return FeedID(feeds)
    }
    source.delegate = self
    if let saved { try source.restore(saved) }
    source.start()
  }

  func job(of feed: FeedID) -> Job? { offers.last { $0.feed == feed }?.job }

  /// A share of this seat, whose hash meets the network's target or does not.
  func share(
    _ number: UInt32, at seat: Seat, isBlock: Bool = false, rejection: RejectReason? = nil, job: Job? = nil
  ) -> JudgedShare? {
    guard let job = job ?? self.job(of: seat.feed) else { return nil }
    guard let extranonce2 = Extranonce(UInt64(number), byteCount: seat.extranonce2ByteCount) else { return nil }
    return invent(number, at: seat, isBlock: isBlock, rejection: rejection, job: job) { nonce in
      .bitcoin(BitcoinSolution(extranonce2: extranonce2, nTime: job.nTime, nonce: nonce))
    }
  }

  /// Tries what `solution` makes of 0, 1, …, until its hash meets the network's target, or does not.
  func invent(
    _ number: UInt32, at seat: Seat, isBlock: Bool, rejection: RejectReason?, job: Job,
    _ solution: (UInt32) -> ShareSubmission.Solution
  ) -> JudgedShare? {
    let judge = ShareJudge(algorithm: source.algorithm, hashes: Kernels())
    let agreement = Agreement(since: job.id, seat: seat, target: .easiest, versionMask: 0)
    for attempt in 0..<UInt32(1_000) {
      let submission = ShareSubmission(user: "ZION_A.rig", job: job.id, solution(attempt))
      guard let proof = try? judge.proof(of: submission, job: job, agreement: agreement) else { return nil }
      let verdict = judge.weigh(
        judge.hash(proof), of: proof, job: job, agreement: agreement, isCurrent: rejection != .stale, now: testTime)
      guard verdict.isBlock == isBlock else { continue }
      return JudgedShare(
        ticket: ShareTicket(session: 1, sequence: number, work: agreement.work),
        miner: MinerIdentity(account: "ZION_A", worker: "rig"), job: job, agreement: agreement,
        submission: submission, verdict: verdict)
    }
    return nil
  }

  func source(
    _ source: any WorkSource, feed: FeedID, offers work: Work, sourceJobID: String, target: Target,
    versionMask: UInt32, isClean: Bool
  ) {
    jobs += 1
    let job = Job(
      id: JobID(jobs), feed: feed, work: work, sourceJobID: sourceJobID, sourceTarget: target,
      versionMask: versionMask, nTime: work.bitcoin?.nTime ?? UnixTime(seconds: 0))
    offers.append(Offer(feed: feed, job: job, isClean: isClean))
  }
  func source(_ source: any WorkSource, feed: FeedID, changedTarget target: Target) {}
  func source(_ source: any WorkSource, lost feed: FeedID, because reason: String) { lost.append(feed) }
  func sourceChangedReadiness(_ source: any WorkSource) { readinessChanges += 1 }
  func source(_ source: any WorkSource, answers ticket: ShareTicket, with outcome: ShareOutcome) {
    answers[ticket.sequence] = outcome
  }
}

struct ShardUnderTest: Sendable {
  let loop: any EventLoop
  let side: NIOLoopBound<ShardSide>

  /// Runs on the loop, after what was sent there before.
  func run<T: Sendable>(_ body: @escaping @Sendable (ShardSide) throws -> T) async throws -> T {
    try await loop.submit { try body(side.value) }.get()
  }
}
