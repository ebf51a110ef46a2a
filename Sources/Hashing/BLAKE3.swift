import Stratum

/// BLAKE3 with its default key and 32 bytes of output.
///
/// Source: "BLAKE3: one function, fast everywhere", section 2.
enum BLAKE3 {
  static let blockByteCount = 64
  static let chunkByteCount = 1024

  static func hash(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    digest(bytes, counter: 0, isRoot: true).hash
  }

  /// The subtree over `bytes`, whose first chunk is number `counter`.
  private static func digest(_ bytes: UnsafeRawBufferPointer, counter: UInt64, isRoot: Bool) -> Chain {
    guard bytes.count > chunkByteCount else { return chunk(bytes, counter: counter, isRoot: isRoot) }
    // The left side takes the largest power of two of chunks that leaves something for the right.
    let fullChunks = UInt64((bytes.count - 1) / chunkByteCount)
    let leftChunks = UInt64(1) << UInt64(63 - fullChunks.leadingZeroBitCount)
    let split = Int(leftChunks) * chunkByteCount
    let left = digest(UnsafeRawBufferPointer(rebasing: bytes[..<split]), counter: counter, isRoot: false)
    let right = digest(
      UnsafeRawBufferPointer(rebasing: bytes[split...]), counter: counter &+ leftChunks, isRoot: false)
    return parent(left, right, isRoot: isRoot)
  }

  private static func parent(_ left: Chain, _ right: Chain, isRoot: Bool) -> Chain {
    withUnsafeTemporaryAllocation(byteCount: blockByteCount, alignment: 16) { block in
      guard let base = block.baseAddress else { preconditionFailure("64 bytes were allocated") }
      left.hash.store(to: base)
      right.hash.store(to: base + 32)
      return compress(
        .initial, block: UnsafeRawPointer(base), counter: 0, count: 64, flags: Flag.parent | (isRoot ? Flag.root : 0))
    }
  }

  private static func chunk(_ bytes: UnsafeRawBufferPointer, counter: UInt64, isRoot: Bool) -> Chain {
    var chain = Chain.initial
    var offset = 0
    var flags = Flag.chunkStart
    if let base = bytes.baseAddress {
      while bytes.count - offset > blockByteCount {
        chain = compress(chain, block: base + offset, counter: counter, count: 64, flags: flags)
        offset += blockByteCount
        flags = 0
      }
    }
    flags |= Flag.chunkEnd | (isRoot ? Flag.root : 0)
    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
    return last(rest, after: chain, counter: counter, flags: flags)
  }

  /// The last block of a chunk, 0 to 64 bytes, zero-padded.
  static func last(_ rest: UnsafeRawBufferPointer, after chain: Chain, counter: UInt64, flags: UInt32) -> Chain {
    withUnsafeTemporaryAllocation(byteCount: blockByteCount, alignment: 16) { block in
      guard let base = block.baseAddress else { preconditionFailure("64 bytes were allocated") }
      base.initializeMemory(as: UInt64.self, repeating: 0, count: 8)
      block.copyMemory(from: rest)
      return compress(
        chain, block: UnsafeRawPointer(base), counter: counter, count: UInt32(rest.count), flags: flags)
    }
  }

  enum Flag {
    static let chunkStart: UInt32 = 1
    static let chunkEnd: UInt32 = 2
    static let parent: UInt32 = 4
    static let root: UInt32 = 8
  }
}

extension BLAKE3 {
  /// A chaining value: eight words.
  struct Chain {
    var w0, w1, w2, w3, w4, w5, w6, w7: UInt32

    @inline(__always)
    static var initial: Chain {
      Chain(
        w0: 0x6a09_e667, w1: 0xbb67_ae85, w2: 0x3c6e_f372, w3: 0xa54f_f53a,
        w4: 0x510e_527f, w5: 0x9b05_688c, w6: 0x1f83_d9ab, w7: 0x5be0_cd19)
    }

    @inline(__always)
    var hash: Hash256 {
      let limb = { (low: UInt32, high: UInt32) in UInt64(high) &<< 32 | UInt64(low) }
      return Hash256(number: UInt256(limb(w6, w7), limb(w4, w5), limb(w2, w3), limb(w0, w1)))
    }
  }

  /// `block` points to 64 bytes, of which `count` are input. The message order of each round is written out:
  /// every word stays in a local.
  @inline(__always)
  static func compress(
    _ chain: Chain, block: UnsafeRawPointer, counter: UInt64, count: UInt32, flags: UInt32
  ) -> Chain {
    @inline(__always) func word(_ i: Int) -> UInt32 {
      UInt32(littleEndian: block.loadUnaligned(fromByteOffset: 4 &* i, as: UInt32.self))
    }
    let (m0, m1, m2, m3) = (word(0), word(1), word(2), word(3))
    let (m4, m5, m6, m7) = (word(4), word(5), word(6), word(7))
    let (m8, m9, m10, m11) = (word(8), word(9), word(10), word(11))
    let (m12, m13, m14, m15) = (word(12), word(13), word(14), word(15))
    var s = State(chain, counter: counter, count: count, flags: flags)
    s.round(m0, m1, m2, m3, m4, m5, m6, m7, m8, m9, m10, m11, m12, m13, m14, m15)
    s.round(m2, m6, m3, m10, m7, m0, m4, m13, m1, m11, m12, m5, m9, m14, m15, m8)
    s.round(m3, m4, m10, m12, m13, m2, m7, m14, m6, m5, m9, m0, m11, m15, m8, m1)
    s.round(m10, m7, m12, m9, m14, m3, m13, m15, m4, m0, m11, m2, m5, m8, m1, m6)
    s.round(m12, m13, m9, m11, m15, m10, m14, m8, m7, m2, m5, m3, m0, m1, m6, m4)
    s.round(m9, m14, m11, m5, m8, m12, m15, m1, m13, m3, m0, m10, m2, m6, m4, m7)
    s.round(m11, m15, m5, m0, m1, m9, m8, m6, m14, m10, m2, m12, m3, m4, m7, m13)
    return s.chain
  }

  private struct State {
    var v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15: UInt32

    @inline(__always)
    init(_ c: Chain, counter: UInt64, count: UInt32, flags: UInt32) {
      (v0, v1, v2, v3, v4, v5, v6, v7) = (c.w0, c.w1, c.w2, c.w3, c.w4, c.w5, c.w6, c.w7)
      let iv = Chain.initial
      (v8, v9, v10, v11) = (iv.w0, iv.w1, iv.w2, iv.w3)
      v12 = UInt32(truncatingIfNeeded: counter)
      v13 = UInt32(truncatingIfNeeded: counter &>> 32)
      (v14, v15) = (count, flags)
    }

    @inline(__always)
    var chain: Chain {
      Chain(
        w0: v0 ^ v8, w1: v1 ^ v9, w2: v2 ^ v10, w3: v3 ^ v11,
        w4: v4 ^ v12, w5: v5 ^ v13, w6: v6 ^ v14, w7: v7 ^ v15)
    }

    @inline(__always)
    mutating func round(
      _ a: UInt32, _ b: UInt32, _ c: UInt32, _ d: UInt32, _ e: UInt32, _ f: UInt32, _ g: UInt32, _ h: UInt32,
      _ i: UInt32, _ j: UInt32, _ k: UInt32, _ l: UInt32, _ m: UInt32, _ n: UInt32, _ o: UInt32, _ p: UInt32
    ) {
      Self.mix(&v0, &v4, &v8, &v12, a, b)
      Self.mix(&v1, &v5, &v9, &v13, c, d)
      Self.mix(&v2, &v6, &v10, &v14, e, f)
      Self.mix(&v3, &v7, &v11, &v15, g, h)
      Self.mix(&v0, &v5, &v10, &v15, i, j)
      Self.mix(&v1, &v6, &v11, &v12, k, l)
      Self.mix(&v2, &v7, &v8, &v13, m, n)
      Self.mix(&v3, &v4, &v9, &v14, o, p)
    }

    @inline(__always)
    static func mix(
      _ a: inout UInt32, _ b: inout UInt32, _ c: inout UInt32, _ d: inout UInt32, _ x: UInt32, _ y: UInt32
    ) {
      a = a &+ b &+ x
      d = rotateRight(d ^ a, 16)
      c = c &+ d
      b = rotateRight(b ^ c, 12)
      a = a &+ b &+ y
      d = rotateRight(d ^ a, 8)
      c = c &+ d
      b = rotateRight(b ^ c, 7)
    }

    @inline(__always)
    static func rotateRight(_ x: UInt32, _ n: UInt32) -> UInt32 { x &>> n | x &<< (32 &- n) }
  }
}
