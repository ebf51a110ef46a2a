import Hashing
import Stratum

/// One thread's part of one connection's search space: every `stride`-th extranonce2, all nonces of each.
///
/// The extranonce2 counter never goes back, not even for another job: a pool may send the same work again under
/// another name, and what was searched already would be found again as duplicates.
struct Excavation {
  /// What a chunk aims to take: jobs are looked at between two chunks.
  static let chunkSeconds = 0.010

  private let stride: UInt64
  private let scratch: HashScratch
  private var counter: UInt64
  private var version: UInt64?
  private var ground: Ground?
  private var chunk: UInt64 = 16

  private struct Ground {
    let job: MiningJob
    let extranonce2: Extranonce
    var search: NonceSearch
    var next: UInt64 = 0
  }

  /// `scratch` belongs to the thread that digs.
  init(first: UInt64, stride: UInt64, scratch: HashScratch) {
    counter = first
    self.stride = stride
    self.scratch = scratch
  }

  /// Searches one chunk of `job`, whose `version` differs from that of any other job.
  mutating func dig(_ job: MiningJob, version: UInt64) -> (share: MinedShare?, hashes: UInt64) {
    var ground = ground(for: job, version: version)
    let end = min(ground.next + chunk, NonceSearch.everyNonce.upperBound)
    let start = ground.next
    let found = ground.search.first(in: start..<end)
    ground.next = found.map { UInt64($0.nonce) + 1 } ?? end
    self.ground = ground
    let share = found.map { MinedShare(job: job, extranonce2: ground.extranonce2, found: $0) }
    return (share, ground.next - start)
  }

  /// Adapts the chunk to how long one took that was searched to its end.
  mutating func took(_ seconds: Double) {
    if seconds < Self.chunkSeconds / 2 {
      chunk = min(chunk * 2, 1 << 24)
    } else if seconds > Self.chunkSeconds * 2 {
      chunk = max(chunk / 2, 1)
    }
  }

  private mutating func ground(for job: MiningJob, version: UInt64) -> Ground {
    if let ground, version == self.version, ground.next < NonceSearch.everyNonce.upperBound { return ground }
    self.version = version
    let extranonce2 = job.extranonce2(counter: counter)
    counter &+= stride
    let header = job.header(extranonce2: extranonce2, using: Kernels())
    return Ground(
      job: job, extranonce2: extranonce2,
      search: NonceSearch(algorithm: job.algorithm, header: header, target: job.target, scratch: scratch))
  }
}
