import Hashing
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Orchestrator
import Stratum

/// Threads for hashes too slow for an event loop. Fair by cost (`VerifierQueue`), and running when nothing else
/// wants to, or a little on a machine that is never idle (`VerifierDesk`). Shares of a session that closed are still
/// hashed: one may be a block.
///
/// A KawPow share whose epoch has no cache yet waits until it has.
public final class VerifierPool: Sendable {
  /// What became of a share.
  enum Outcome: Sendable, Equatable {
    case hash(Hash256)
    /// KawPow: the mix hash is not what the nonce gives.
    case wrongMix
    /// Nobody needs the epoch any more, or the pool was stopped.
    case abandoned
  }

  struct Share: Sendable {
    let session: UInt64
    let algorithm: Algorithm
    let proof: ShareProof
    /// Its claimed hash meets the network's target: taken where another would be refused.
    let isBlock: Bool
  }

  private struct Task: Sendable {
    let share: Share
    let since: NIODeadline
    let done: @Sendable (Outcome) -> Void
  }

  private struct State: Sendable {
    var desk = VerifierDesk<Task>(at: .now())
    /// Shares that wait for a cache, by session.
    var parked: [UInt64: Int] = [:]
    var parkedCount = 0
    var meters: [Algorithm: VerifierMeter] = [:]
    var isStopped = false
  }

  /// Of one session; the next share is answered busy. Of what seem to be blocks, as many again.
  static let parkedPerSession = 16
  static let parkedInAll = 10_000
  private static let patienceSeconds = Double(VerifierDesk<Task>.patience.nanoseconds) / 1e9

  private let state = NIOLockedValueBox(State())
  /// Its value is whether a thread has something to do.
  private let attention = ConditionLock(value: false)
  /// Its value is whether the pool was stopped.
  private let ending = ConditionLock(value: false)
  private let threads: NIOThreadPool
  private let caches: KawPowCaches?

  /// - Parameter caches: `nil` where nobody mines KawPow.
  public init(threadCount: Int, caches: KawPowCaches? = nil) {
    let count = max(1, threadCount)
    self.caches = caches
    threads = NIOThreadPool(numberOfThreads: count + 1)
    threads.start()
    threads.submit { [self] state in
      if state == .active { relieve() }
    }
    for _ in 0..<count {
      threads.submit { [self] state in
        if state == .active { work() }
      }
    }
  }

  /// Queues a share; `done` is called on a verifier thread. `false` when the session, or the pool, is full.
  func submit(_ share: Share, done: @escaping @Sendable (Outcome) -> Void) -> Bool {
    let task = Task(share: share, since: .now(), done: done)
    if let caches, let epoch = Self.epoch(of: share), caches.ready(epoch) == nil {
      return park(task, until: epoch, in: caches)
    }
    return enqueue(task)
  }

  public func stop() {
    attention.lock()
    state.withLockedValue { $0.isStopped = true }
    attention.unlock(withValue: true)
    ending.lock()
    ending.unlock(withValue: true)
    threads.shutdownGracefully { _ in }
  }

  public var snapshot: VerifierSnapshot {
    state.withLockedValue { state in
      VerifierSnapshot(
        waiting: state.desk.queue.count + state.parkedCount, waitingSeconds: Double(state.desk.queue.waiting) / 1e6,
        algorithms: state.meters.mapValues(\.snapshot))
    }
  }

  // MARK: queueing

  private func enqueue(_ task: Task) -> Bool {
    attention.lock()
    let (isTaken, hasWork) = state.withLockedValue { state in
      let isTaken = state.desk.queue.add(
        task, of: task.share.session, cost: task.share.algorithm.verifyMicroseconds, isBlock: task.share.isBlock)
      return (isTaken, !state.desk.queue.isEmpty || state.isStopped)
    }
    attention.unlock(withValue: hasWork)
    return isTaken
  }

  private func park(_ task: Task, until epoch: KawPowEpoch, in caches: KawPowCaches) -> Bool {
    let session = task.share.session
    let isParked = state.withLockedValue { state in
      let own = state.parked[session] ?? 0
      let limit = task.share.isBlock ? 2 * Self.parkedPerSession : Self.parkedPerSession
      guard !state.isStopped, own < limit, state.parkedCount < Self.parkedInAll else { return false }
      state.parked[session] = own + 1
      state.parkedCount += 1
      return true
    }
    guard isParked else { return false }
    caches.whenReady(epoch) { [self] cache in
      state.withLockedValue { state in
        let left = (state.parked[session] ?? 1) - 1
        state.parked[session] = left == 0 ? nil : left
        state.parkedCount -= 1
      }
      if cache == nil || !enqueue(task) { task.done(.abandoned) }
    }
    return true
  }

  private static func epoch(of share: Share) -> KawPowEpoch? {
    share.proof.kawpow.flatMap { KawPowEpoch(height: $0.height) }
  }

  // MARK: threads

  private func work() {
    // Whatever else there is to do, the loops' answers above all, goes first.
    ThreadPriority.runWhenIdle()
    // What the thread needs for all that it will ever hash.
    let scratch = HashScratch()
    while let batch = next() { run(batch, scratch) }
  }

  /// Below the loops too, but with its share of the time.
  private func relieve() {
    ThreadPriority.runBelow()
    let scratch = HashScratch()
    while !ending.lock(whenValue: true, timeoutSeconds: Self.patienceSeconds) {
      while let batch = state.withLockedValue({ $0.desk.relieve(at: .now(), Self.pick) }) { run(batch, scratch) }
    }
    ending.unlock()
  }

  private func run(_ batch: VerifierDesk<Task>.Batch, _ scratch: HashScratch) {
    let tasks = batch.items
    let start = NIODeadline.now()
    let outcomes = verify(tasks.map(\.share), scratch)
    let each = TimeAmount.nanoseconds((NIODeadline.now() - start).nanoseconds / Int64(tasks.count))
    let isFirst = state.withLockedValue { state in
      guard state.desk.finish(batch) else { return false }
      for (task, outcome) in zip(tasks, outcomes) {
        state.meters[task.share.algorithm, default: VerifierMeter()].add(
          wait: start - task.since, verify: each, isWrong: outcome == .wrongMix)
      }
      return true
    }
    guard isFirst else { return }
    for (task, outcome) in zip(tasks, outcomes) { task.done(outcome) }
  }

  private func next() -> VerifierDesk<Task>.Batch? {
    while true {
      attention.lock(whenValue: true)
      let (batch, isStopped, hasMore) = state.withLockedValue { state in
        (state.desk.take(at: .now(), Self.pick), state.isStopped, !state.desk.queue.isEmpty || state.isStopped)
      }
      attention.unlock(withValue: hasMore)
      if let batch { return batch }
      if isStopped { return nil }
    }
  }

  /// What to hash next: one share, or up to `KawPow.batchSize` KawPow shares of one epoch, which wait for memory together.
  private static func pick(from queue: inout VerifierQueue<Task>) -> [Task] {
    guard let first = queue.next() else { return [] }
    var tasks = [first]
    guard let epoch = epoch(of: first.share) else { return tasks }
    while tasks.count < KawPow.batchSize, let another = queue.next(if: { Self.epoch(of: $0.share) == epoch }) {
      tasks.append(another)
    }
    return tasks
  }

  private func verify(_ shares: [Share], _ scratch: HashScratch) -> [Outcome] {
    let proofs = shares.compactMap(\.proof.kawpow)
    if let first = proofs.first, let epoch = KawPowEpoch(height: first.height) {
      guard let cache = caches?.ready(epoch) else { return shares.map { _ in .abandoned } }
      let inputs = proofs.map { KawPowInput(header: $0.headerHash, nonce: $0.nonce, height: $0.height) }
      return zip(proofs, KawPow.hashes(of: inputs, cache: cache)).map { proof, found in
        found.mix == proof.mixHash ? .hash(found.final) : .wrongMix
      }
    }
    return shares.map { share in
      guard let header = share.proof.header else { return .abandoned }
      return .hash(header.withBytes { Kernels().proofOfWork(share.algorithm, header: $0, scratch: scratch) })
    }
  }
}
