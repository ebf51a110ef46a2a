import Hashing
import Stratum

/// One thread's part of one connection's search space: every `stride`-th extranonce2, all nonces of each; of a KawPow
/// nonce, every `stride`-th middle part.
///
/// The counter never goes back, not even for another job: a pool may send the same work again under another name, and
/// what was searched already would be found again as duplicates.
struct Excavation {
  /// What a chunk aims to take: jobs are looked at between two chunks.
  static let chunkSeconds = 0.010
  /// Of a KawPow nonce: more than a processor searches of one job.
  private static let freeNonceBytes = 3

  private let stride: UInt64
  private let scratch: HashScratch
  private let caches: KawPowCaches
  private var counter: UInt64
  private var version: UInt64?
  private var ground: Ground?
  private var chunk: UInt64 = 4

  private struct Ground {
    let job: MiningJob
    var search: Search
    var nonces: Range<UInt64>
  }

  private enum Search {
    case header(NonceSearch, Extranonce)
    case kawpow(KawPowSearch, headerHash: Hash256)
  }

  /// `scratch` belongs to the thread that digs.
  init(first: UInt64, stride: UInt64, scratch: HashScratch, caches: KawPowCaches) {
    counter = first
    self.stride = stride
    self.scratch = scratch
    self.caches = caches
  }

  /// Searches one chunk of `job`, whose `version` differs from that of any other job. `nil` when there is nothing to
  /// search yet: a KawPow job's cache is being made.
  mutating func dig(_ job: MiningJob, version: UInt64) -> (share: MinedShare?, hashes: UInt64)? {
    guard var ground = ground(for: job, version: version) else { return nil }
    let start = ground.nonces.lowerBound
    let end = min(start + min(chunk, ground.nonces.upperBound - start), ground.nonces.upperBound)
    let share: MinedShare?
    let next: UInt64
    switch ground.search {
    case .header(var search, let extranonce2):
      let found = search.first(in: start..<end)
      ground.search = .header(search, extranonce2)
      next = found.map { UInt64($0.nonce) + 1 } ?? end
      share = found.map { found in
        let solution = BitcoinSolution(
          extranonce2: extranonce2, nTime: job.work.bitcoin?.nTime ?? UnixTime(seconds: 0), nonce: found.nonce)
        return MinedShare(job: job, solution: .bitcoin(solution), hash: found.hash)
      }
    case .kawpow(let search, let headerHash):
      let found = search.first(in: start..<end, meeting: job.target)
      next = found.map { $0.nonce + 1 } ?? end
      share = found.map { found in
        let solution = KawPowSolution(nonce: found.nonce, headerHash: headerHash, mixHash: found.mix)
        return MinedShare(job: job, solution: .kawpow(solution), hash: found.hash)
      }
    }
    ground.nonces = next..<ground.nonces.upperBound
    self.ground = ground
    return (share, next - start)
  }

  /// Adapts the chunk to how long one took that was searched to its end.
  mutating func took(_ seconds: Double) {
    if seconds < Self.chunkSeconds / 2 {
      chunk = min(chunk * 2, 1 << 24)
    } else if seconds > Self.chunkSeconds * 2 {
      chunk = max(chunk / 2, 1)
    }
  }

  private mutating func ground(for job: MiningJob, version: UInt64) -> Ground? {
    if let ground, version == self.version, !ground.nonces.isEmpty { return ground }
    guard let fresh = freshGround(for: job) else { return nil }
    self.version = version
    counter &+= stride
    ground = fresh
    return fresh
  }

  private func freshGround(for job: MiningJob) -> Ground? {
    if let work = job.work.kawpow {
      guard let epoch = KawPowEpoch(height: work.height), let cache = caches.ready(epoch) else { return nil }
      let search = KawPowSearch(header: work.headerHash, height: work.height, cache: cache)
      return Ground(
        job: job, search: .kawpow(search, headerHash: work.headerHash),
        nonces: job.nonces(counter: counter, freeByteCount: Self.freeNonceBytes))
    }
    let extranonce2 = job.extranonce2(counter: counter)
    guard let header = job.header(extranonce2: extranonce2, using: Kernels()) else { return nil }
    let search = NonceSearch(algorithm: job.algorithm, header: header, target: job.target, scratch: scratch)
    return Ground(job: job, search: .header(search, extranonce2), nonces: NonceSearch.everyNonce)
  }
}
