/// Computes parts of an epoch's dataset from its light cache, where a graphics card has them in memory.
///
/// A view of memory that a `KawPowCache` owns: valid as long as that is.
struct KawPowDataset {
  static let parentCount = 512
  /// Four items of 64 bytes.
  static let wordByteCount = 256
  /// What `word` needs to work in, aligned to 16.
  static let scratchByteCount = 4 * 128

  private let items: UnsafeRawPointer
  private let itemCount: Reciprocal

  /// `items` are `itemCount` times 64 bytes, aligned to 64.
  init(items: UnsafeRawPointer, itemCount: UInt32) {
    self.items = items
    self.itemCount = Reciprocal(of: itemCount)
  }

  /// The 256 bytes number `index` of the dataset, to `output`.
  ///
  /// Four items side by side, so that the processor waits for four places of the cache at once.
  func word(_ index: UInt32, to output: UnsafeMutableRawPointer, scratch: UnsafeMutableRawPointer) {
    let first = index &* 4
    var a = start(first, scratch)
    var b = start(first &+ 1, scratch + 128)
    var c = start(first &+ 2, scratch + 256)
    var d = start(first &+ 3, scratch + 384)
    for round in 1...UInt32(Self.parentCount) {
      // Where the next parents are comes first: all else can be done while they are on their way.
      let nextA = next(a, scratch, first, round)
      let nextB = next(b, scratch + 128, first &+ 1, round)
      let nextC = next(c, scratch + 256, first &+ 2, round)
      let nextD = next(d, scratch + 384, first &+ 3, round)
      absorb(a, scratch)
      absorb(b, scratch + 128)
      absorb(c, scratch + 256)
      absorb(d, scratch + 384)
      (a, b, c, d) = (nextA, nextB, nextC, nextD)
    }
    for i in 0..<4 { finish(scratch + 128 * i, to: output + 64 * i) }
  }

  /// Sets a mix up and gives its first parent.
  @inline(__always)
  private func start(_ index: UInt32, _ mix: UnsafeMutableRawPointer) -> UnsafeRawPointer {
    let item = items + Int(itemCount.remainder(of: index)) &* 64
    mix.copyMemory(from: item, byteCount: 64)
    mix.storeBytes(of: mix.load(as: UInt32.self) ^ index.littleEndian, as: UInt32.self)
    EthashKeccak.hash512(of64: mix, to: mix)
    let words = mix.load(as: SIMD8<UInt64>.self)
    mix.storeBytes(of: words, as: SIMD8<UInt64>.self)
    mix.storeBytes(of: words &>> 32, toByteOffset: 64, as: SIMD8<UInt64>.self)
    return parent(FNV.one(index, UInt32(truncatingIfNeeded: words[0])))
  }

  /// The parent of `round`, which the mix after `parent` will name.
  @inline(__always)
  private func next(
    _ parent: UnsafeRawPointer, _ mix: UnsafeRawPointer, _ index: UInt32, _ round: UInt32
  ) -> UnsafeRawPointer {
    let i = Int(round & 15)
    let old = mix.load(fromByteOffset: (i & 1) &* 64 &+ (i &>> 1) &* 8, as: UInt32.self)
    let word = FNV.one(old, parent.load(fromByteOffset: 4 &* i, as: UInt32.self))
    return self.parent(FNV.one(index ^ round, word))
  }

  @inline(__always)
  private func parent(_ hash: UInt32) -> UnsafeRawPointer {
    items + Int(itemCount.remainder(of: hash)) &* 64
  }

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
