import Hashing
import Stratum

/// What one thread does: a chunk of each connection's work in turn, until told to stop.
struct MinerThread: Sendable {
  let board: WorkBoard
  let slotCount: Int
  /// Of all threads, and which this is: decides its extranonce2s and where its round of connections begins.
  let threadCount: Int
  let index: Int
  /// Where the extranonce2s of the whole process begin.
  let base: UInt64
  let caches: KawPowCaches
  /// Hears of each share, with the slot that it belongs to.
  let deliver: @Sendable (MinedShare, Int) -> Void

  /// Returns when the board stops. Everything else on the machine goes first, the pool that it mines at perhaps.
  func run() {
    ThreadPriority.runBelow()
    let scratch = HashScratch()
    let first = base &+ UInt64(index)
    var excavations = (0..<slotCount).map { _ in
      Excavation(first: first, stride: UInt64(threadCount), scratch: scratch, caches: caches)
    }
    var slot = index % slotCount
    var idle = 0
    while true {
      switch board.assignment(for: slot) {
      case .stop: return
      case .nothing: idle += 1
      case .job(let job, let version):
        if let work = job.work.kawpow, let epoch = KawPowEpoch(height: work.height) {
          // Seconds, once an epoch; the connection shows how far it is.
          _ = caches.wait(for: epoch)
        }
        idle = 0
        dig(&excavations[slot], job, version: version, slot: slot)
      }
      slot = (slot + 1) % slotCount
      if idle == slotCount {
        board.waitForAttention()
        idle = 0
      }
    }
  }

  private func dig(_ excavation: inout Excavation, _ job: MiningJob, version: UInt64, slot: Int) {
    let start = ContinuousClock.now
    guard let (share, hashes) = excavation.dig(job, version: version) else { return }
    board.count(hashes: hashes)
    if let share {
      board.sent(from: slot)
      deliver(share, slot)
    } else {
      excavation.took((ContinuousClock.now - start) / .seconds(1))
    }
  }
}
