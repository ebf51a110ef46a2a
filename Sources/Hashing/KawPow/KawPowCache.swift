import CPrefetch
import Stratum

/// What hashing of one epoch needs: the light cache, and the dataset's first 16 KiB (ProgPoW's L1 cache).
///
/// 16 MiB for epoch 0 and 128 KiB more each epoch. Never changes once it is built; any thread may hash with it. The
/// last one who holds it frees the memory.
///
/// Source: Ethereum yellow paper, appendix J.
public final class KawPowCache: Sendable {
  public let epoch: KawPowEpoch
  /// The epoch's, without the cost of computing it again.
  public let seedHash: Hash256
  private let memory: HugeMemory
  private let itemCount: UInt32
  private let datasetItemCount: UInt32

  static let l1ByteCount = 16384

  /// `memory` has `byteCount(of: epoch)` bytes: the light cache, then the L1 cache.
  init(_ epoch: KawPowEpoch, memory: HugeMemory) {
    self.epoch = epoch
    self.memory = memory
    seedHash = epoch.seedHash
    itemCount = epoch.lightCacheItemCount
    datasetItemCount = epoch.datasetItemCount
  }

  /// Computes an epoch's cache: about a second for each 40 MiB.
  ///
  /// - Parameters:
  ///   - isCancelled: asked a few thousand times; `true` gives up.
  ///   - progress: told as often how much is done, from 0 to 1.
  /// - Returns: `nil` when it was cancelled, or when the system has no memory.
  public static func build(
    _ epoch: KawPowEpoch, isCancelled: () -> Bool, progress: (Double) -> Void
  ) -> KawPowCache? {
    guard let memory = HugeMemory(byteCount: byteCount(of: epoch)) else { return nil }
    let builder = KawPowCacheBuilder(items: memory.start, itemCount: epoch.lightCacheItemCount)
    guard builder.build(seedHash: epoch.seedHash, isCancelled: isCancelled, progress: progress) else { return nil }
    return KawPowCache(epoch, memory: memory)
  }

  /// Light cache and L1 cache, in bytes.
  static func byteCount(of epoch: KawPowEpoch) -> Int { Int(epoch.lightCacheItemCount) * 64 + l1ByteCount }

  /// All of it, as it is on disk. Valid as long as the cache is.
  var contents: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: memory.start, count: memory.byteCount)
  }

  var l1: UnsafePointer<UInt32> {
    UnsafeRawPointer(memory.start + Int(itemCount) * 64).assumingMemoryBound(to: UInt32.self)
  }
  var dataset: KawPowDataset { KawPowDataset(items: memory.start, itemCount: itemCount) }
  /// Parts of 256 bytes in the dataset.
  var datasetPartCount: Reciprocal { Reciprocal(of: datasetItemCount / 2) }
}

/// Fills the memory of a cache.
private struct KawPowCacheBuilder {
  let items: UnsafeMutableRawPointer
  let itemCount: UInt32

  /// Items between two looks at whether to go on.
  private static let batch = 1024

  func build(seedHash: Hash256, isCancelled: () -> Bool, progress: (Double) -> Void) -> Bool {
    let count = Int(itemCount)
    seedHash.store(to: items)
    EthashKeccak.hash512(of32: items, to: items)
    // The first pass makes a chain of hashes, and three more mix it; each costs much the same.
    for pass in 0..<4 {
      for start in stride(from: 0, to: count, by: Self.batch) {
        guard !isCancelled() else { return false }
        let range = start..<min(start + Self.batch, count)
        if pass == 0 { chain(range) } else { mix(range) }
        progress(Double(pass * count + range.upperBound) / Double(4 * count))
      }
    }
    buildL1(at: item(count))
    return true
  }

  /// The first 64 parts of the dataset.
  private func buildL1(at l1: UnsafeMutableRawPointer) {
    let dataset = KawPowDataset(items: items, itemCount: itemCount)
    let together = 4
    let scratchByteCount = KawPowDataset.scratchByteCount(partCount: together)
    withUnsafeTemporaryAllocation(byteCount: scratchByteCount, alignment: 64) { scratch in
      guard let scratch = scratch.baseAddress else { preconditionFailure("the scratch has a size") }
      for first in stride(from: 0, to: KawPowCache.l1ByteCount / KawPowDataset.partByteCount, by: together) {
        let parts = (first..<(first + together)).map { UInt32($0) }
        parts.withUnsafeBufferPointer {
          dataset.compute($0, to: l1 + first * KawPowDataset.partByteCount, scratch: scratch)
        }
      }
    }
  }

  private func chain(_ range: Range<Int>) {
    for i in range where i > 0 { EthashKeccak.hash512(of64: item(i &- 1), to: item(i)) }
  }

  /// One pass of RandMemoHash over a run of items.
  private func mix(_ range: Range<Int>) {
    let modulus = Reciprocal(of: itemCount)
    // An item names its partner before its turn comes, so that the partner can be on its way. Beyond the last item
    // the L1 cache follows, and what its words name is never used.
    let ahead = 4
    for i in range {
      zion_prefetch(item(Int(modulus.remainder(of: item(i &+ ahead).load(as: UInt32.self)))))
      let partner = Int(modulus.remainder(of: item(i).load(as: UInt32.self)))
      EthashKeccak.hash512(
        of64: item(partner), xor: item(i == 0 ? Int(itemCount) &- 1 : i &- 1), to: item(i))
    }
  }

  @inline(__always)
  private func item(_ i: Int) -> UnsafeMutableRawPointer { items + i &* 64 }
}
