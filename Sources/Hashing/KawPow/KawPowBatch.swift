import Stratum

/// What KawPow hashes, `header` being as in `KawPow`.
public struct KawPowInput: Hashable, Sendable {
  public var header: Hash256
  public var nonce: UInt64
  /// Chooses the program, and the cache.
  public var height: UInt32

  public init(header: Hash256, nonce: UInt64, height: UInt32) {
    self.header = header
    self.nonce = nonce
    self.height = height
  }
}

extension KawPow {
  /// So many hashes go side by side: more take proportionally longer.
  public static let batchSize = 4

  /// The mixes and final hashes of several inputs of one epoch, in their order: see `hash`.
  ///
  /// A hash alone waits for memory most of its time. `batchSize` of them wait together, and cost a third each.
  public static func hashes(of inputs: [KawPowInput], cache: KawPowCache) -> [(mix: Hash256, final: Hash256)] {
    for input in inputs {
      precondition(input.height / KawPowEpoch.length == cache.epoch.number, "the cache is another epoch's")
    }
    let seeds = inputs.map { KawPowSeed(header: $0.header, nonce: $0.nonce) }
    let programs = inputs.map { KawPowProgram(period: $0.height / periodLength) }
    return stride(from: 0, to: inputs.count, by: batchSize).flatMap { start in
      let range = start..<min(start + batchSize, inputs.count)
      return hashes(seeds: seeds[range], programs: programs[range], cache: cache)
    }
  }

  /// All of them side by side; as many programs as seeds.
  static func hashes(
    seeds: ArraySlice<KawPowSeed>, programs: ArraySlice<KawPowProgram>, cache: KawPowCache
  ) -> [(mix: Hash256, final: Hash256)] {
    let count = seeds.count
    let (dataset, partCount, l1) = (cache.dataset, cache.datasetPartCount, cache.l1)
    let layout = BatchLayout(count: count)
    return withUnsafeTemporaryAllocation(byteCount: layout.byteCount, alignment: 64) { memory in
      guard let base = memory.baseAddress else { preconditionFailure("a batch has a size") }
      let parts = base + layout.parts
      let selected = (base + layout.selected).bindMemory(to: UInt32.self, capacity: count)
      let mixes = zip(0..<count, seeds).map { i, seed in
        KawPowMix(memory: base + i * BatchLayout.mixByteCount, seed: seed.mixSeed)
      }
      for round in 0..<KawPowMix.roundCount {
        for (i, mix) in mixes.enumerated() {
          selected[i] = partCount.remainder(of: mix.datasetSelector(round: round))
        }
        dataset.compute(
          UnsafeBufferPointer(start: selected, count: count), to: parts, scratch: base + layout.scratch)
        for (i, (mix, program)) in zip(mixes, programs).enumerated() {
          let part = UnsafeRawPointer(parts + i * KawPowDataset.partByteCount)
          mix.apply(program, l1: l1, part: part.assumingMemoryBound(to: UInt32.self), round: round)
        }
      }
      return zip(mixes, seeds).map { mix, seed in
        let hash = mix.hash
        return (hash, seed.finalHash(mix: hash))
      }
    }
  }
}

/// Where things are in the memory of a batch, in bytes; everything is aligned to 64.
private struct BatchLayout {
  let parts, scratch, selected, byteCount: Int

  static let mixByteCount = KawPowMix.byteCount

  init(count: Int) {
    parts = count * Self.mixByteCount
    scratch = parts + count * KawPowDataset.partByteCount
    selected = scratch + KawPowDataset.scratchByteCount(partCount: count)
    byteCount = selected + count * MemoryLayout<UInt32>.size
  }
}
