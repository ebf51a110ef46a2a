import Hashing
import NIOConcurrencyHelpers
import NIOPosix
import Stratum

/// Threads for hashes too slow for an event loop. Fair: each session has its own queue, and the queues take turns,
/// so a session that floods waits for itself. Shares of a session that closed are still hashed: one may be a block.
public final class VerifierPool: Sendable {
  /// Shares of one session that may wait; the next is answered busy.
  static let waitingPerSession = 64
  /// Shares that may wait in all.
  static let waitingInAll = 100_000

  private struct Task: Sendable {
    let algorithm: Algorithm
    let header: BlockHeader
    let done: @Sendable (Hash256) -> Void
  }

  private struct State {
    var queues: [UInt64: [Task]] = [:]
    /// Sessions with work, in turn.
    var turns: [UInt64] = []
    var waiting = 0
    var running = 0
  }

  private let state = NIOLockedValueBox(State())
  private let threads: NIOThreadPool
  private let threadCount: Int

  public init(threadCount: Int) {
    self.threadCount = max(1, threadCount)
    threads = NIOThreadPool(numberOfThreads: self.threadCount)
    threads.start()
  }

  /// Queues a hash; `done` is called on a verifier thread. `false` when the session, or the pool, is full.
  func submit(
    session: UInt64, algorithm: Algorithm, header: BlockHeader, done: @escaping @Sendable (Hash256) -> Void
  ) -> Bool {
    let (taken, starts) = state.withLockedValue { state -> (Bool, Bool) in
      let queued = state.queues[session]?.count ?? 0
      guard queued < Self.waitingPerSession, state.waiting < Self.waitingInAll else { return (false, false) }
      if queued == 0 { state.turns.append(session) }
      state.queues[session, default: []].append(Task(algorithm: algorithm, header: header, done: done))
      state.waiting += 1
      guard state.running < threadCount else { return (true, false) }
      state.running += 1
      return (true, true)
    }
    if starts { threads.submit { [self] _ in work() } }
    return taken
  }

  private func work() {
    let kernels = Kernels()
    // One table for all that this thread hashes in one go.
    let scratch = HashScratch()
    while let task = next() {
      task.done(
        task.header.withBytes { header in
          kernels.proofOfWork(task.algorithm, header: header, scratch: scratch)
        })
    }
  }

  private func next() -> Task? {
    state.withLockedValue { state in
      guard let session = state.turns.first else {
        state.running -= 1
        return nil
      }
      state.turns.removeFirst()
      guard var queue = state.queues.removeValue(forKey: session), !queue.isEmpty else {
        preconditionFailure("a session has a turn only while its queue has a share")
      }
      let task = queue.removeFirst()
      state.waiting -= 1
      if !queue.isEmpty {
        state.queues[session] = queue
        state.turns.append(session)
      }
      return task
    }
  }

  public func stop() { threads.shutdownGracefully { _ in } }
}
