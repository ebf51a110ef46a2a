import CPrefetch

/// Computes parts of an epoch's dataset from its light cache, where a graphics card has them in memory.
///
/// A view of memory that a `KawPowCache` owns: valid as long as that is. Words are little-endian, as the processors
/// are that this runs on.
struct KawPowDataset {
  static let parentCount: UInt32 = 512
  /// A part: four items of 64 bytes.
  static let partByteCount = 256
  private static let itemsInPart = 4

  private let items: UnsafeRawPointer
  private let itemCount: Reciprocal

  /// `items` are `itemCount` times 64 bytes, aligned to 64.
  init(items: UnsafeRawPointer, itemCount: UInt32) {
    self.items = items
    self.itemCount = Reciprocal(of: itemCount)
  }

  /// What `compute` needs to work in, aligned to 64, for so many parts at once.
  static func scratchByteCount(partCount: Int) -> Int { partCount * itemsInPart * bytesPerItem }

  /// A mix of 128 bytes, its parent and its next parent.
  private static let bytesPerItem = 128 + 2 * MemoryLayout<UnsafeRawPointer>.size + MemoryLayout<UInt64>.size

  /// Computes the parts of 256 bytes with the given numbers, to `output` in their order.
  ///
  /// All their items go side by side. An item is a chain of 512 reads, each from a place that the one before gave, and
  /// nearly all the time is waiting for memory: sixteen chains take little longer than four.
  func compute(
    _ parts: UnsafeBufferPointer<UInt32>, to output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer
  ) {
    let count = parts.count &* Self.itemsInPart
    let mixes = scratch
    var parents = (scratch + 128 * count).bindMemory(to: UnsafeRawPointer.self, capacity: count)
    var nextParents = (scratch + 136 * count).bindMemory(to: UnsafeRawPointer.self, capacity: count)
    let indices = (scratch + 144 * count).bindMemory(to: UInt32.self, capacity: count)
    for i in 0..<count {
      indices[i] = parts[i &>> 2] &* 4 &+ UInt32(i & 3)
      parents[i] = start(indices[i], mixes + 128 &* i)
    }
    for round in 1...Self.parentCount {
      // Where the next parents are comes first: all else can be done while they are on their way.
      for i in 0..<count {
        let parent = next(parents[i], mixes + 128 &* i, seed: indices[i] ^ round, Int(round & 15))
        zion_prefetch(parent)
        nextParents[i] = parent
      }
      for i in 0..<count { absorb(parents[i], mixes + 128 &* i) }
      swap(&parents, &nextParents)
    }
    for i in 0..<count { finish(mixes + 128 &* i, to: output + 64 &* i) }
  }

  /// Sets a mix up and gives its first parent.
  @inline(__always)
  private func start(_ index: UInt32, _ mix: UnsafeMutableRawPointer) -> UnsafeRawPointer {
    mix.copyMemory(from: items + Int(itemCount.remainder(of: index)) &* 64, byteCount: 64)
    mix.storeBytes(of: mix.load(as: UInt32.self) ^ index, as: UInt32.self)
    EthashKeccak.hash512(of64: mix, to: mix)
    let words = mix.load(as: SIMD8<UInt64>.self)
    mix.storeBytes(of: words &>> 32, toByteOffset: 64, as: SIMD8<UInt64>.self)
    return parent(FNV.one(index, UInt32(truncatingIfNeeded: words[0])))
  }

  /// The parent for which word `i` of the mix decides, as it will be once `parent` is absorbed.
  @inline(__always)
  private func next(
    _ parent: UnsafeRawPointer, _ mix: UnsafeRawPointer, seed: UInt32, _ i: Int
  ) -> UnsafeRawPointer {
    let old = mix.load(fromByteOffset: (i & 1) &* 64 &+ (i &>> 1) &* 8, as: UInt32.self)
    let word = FNV.one(old, parent.load(fromByteOffset: 4 &* i, as: UInt32.self))
    return self.parent(FNV.one(seed, word))
  }

  @inline(__always)
  private func parent(_ hash: UInt32) -> UnsafeRawPointer { items + Int(itemCount.remainder(of: hash)) &* 64 }

  /// FNV-1 of the mix and its parent, word by word.
  ///
  /// A mix has its even words in the lower halves of eight 64-bit lanes and its odd words in those of eight more, with
  /// anything in the upper halves: so SSE2's one multiplication does two words without a shuffle.
  @inline(__always)
  private func absorb(_ parent: UnsafeRawPointer, _ mix: UnsafeMutableRawPointer) {
    let words = parent.load(as: SIMD8<UInt64>.self)
    let even = mix.load(as: SIMD8<UInt64>.self)
    let odd = mix.load(fromByteOffset: 64, as: SIMD8<UInt64>.self)
    mix.storeBytes(of: Self.lowerTimesPrime(even) ^ words, as: SIMD8<UInt64>.self)
    mix.storeBytes(of: Self.lowerTimesPrime(odd) ^ (words &>> 32), toByteOffset: 64, as: SIMD8<UInt64>.self)
  }

  @inline(__always)
  private static func lowerTimesPrime(_ lanes: SIMD8<UInt64>) -> SIMD8<UInt64> {
    (lanes & 0xffff_ffff) &* UInt64(FNV.prime)
  }

  private func finish(_ mix: UnsafeMutableRawPointer, to output: UnsafeMutableRawPointer) {
    let even = mix.load(as: SIMD8<UInt64>.self)
    let odd = mix.load(fromByteOffset: 64, as: SIMD8<UInt64>.self)
    mix.storeBytes(of: even & 0xffff_ffff | odd &<< 32, as: SIMD8<UInt64>.self)
    EthashKeccak.hash512(of64: mix, to: output)
  }
}
