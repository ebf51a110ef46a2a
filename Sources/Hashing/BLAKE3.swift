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
    var chain = Chain.initial
    chain.compress(
      Block(left.low, left.high, right.low, right.high), flags: Flag.parent | (isRoot ? Flag.root : 0))
    return chain
  }

  private static func chunk(_ bytes: UnsafeRawBufferPointer, counter: UInt64, isRoot: Bool) -> Chain {
    var chain = Chain.initial
    var offset = 0
    var flags = Flag.chunkStart
    if let base = bytes.baseAddress {
      while bytes.count - offset > blockByteCount {
        chain.compress(Block(at: base + offset), counter: counter, flags: flags)
        offset += blockByteCount
        flags = 0
      }
    }
    flags |= Flag.chunkEnd | (isRoot ? Flag.root : 0)
    let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
    chain.compress(Block(padding: rest), counter: counter, count: UInt32(rest.count), flags: flags)
    return chain
  }

  enum Flag {
    static let chunkStart: UInt32 = 1
    static let chunkEnd: UInt32 = 2
    static let parent: UInt32 = 4
    static let root: UInt32 = 8
  }
}

extension BLAKE3 {
  typealias Row = SIMD4<UInt32>

  /// A chaining value: eight words.
  struct Chain {
    var low, high: Row

    @inline(__always)
    init(_ low: Row, _ high: Row) { (self.low, self.high) = (low, high) }

    @inline(__always)
    static var initial: Chain {
      Chain(
        Row(0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a),
        Row(0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19))
    }

    @inline(__always)
    var hash: Hash256 {
      let (a, b) = (unsafeBitCast(low, to: SIMD2<UInt64>.self), unsafeBitCast(high, to: SIMD2<UInt64>.self))
      return Hash256(
        number: UInt256(
          UInt64(littleEndian: b.y), UInt64(littleEndian: b.x), UInt64(littleEndian: a.y), UInt64(littleEndian: a.x)))
    }

    /// Takes in a block, of whose 64 bytes `count` are input. The state is four rows, so that a step of all four
    /// columns is one step of vectors.
    @inline(__always)
    mutating func compress(_ block: Block, counter: UInt64 = 0, count: UInt32 = 64, flags: UInt32) {
      var state = State(
        a: low, b: high, c: Chain.initial.low,
        d: Row(UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter &>> 32), count, flags))
      var words = Schedule(block)
      for _ in 0..<6 {
        state.round(words)
        words.permute()
      }
      state.round(words)
      (low, high) = (state.a ^ state.c, state.b ^ state.d)
    }
  }

  /// Sixteen message words, four in a row.
  struct Block {
    var r0, r1, r2, r3: Row

    @inline(__always)
    init(_ r0: Row, _ r1: Row, _ r2: Row, _ r3: Row) { (self.r0, self.r1, self.r2, self.r3) = (r0, r1, r2, r3) }

    /// The 64 bytes at `pointer`.
    @inline(__always)
    init(at pointer: UnsafeRawPointer) {
      let row = { (offset: Int) in pointer.loadUnaligned(fromByteOffset: offset, as: Row.self) }
      self.init(row(0), row(16), row(32), row(48))
    }

    /// 0 to 64 bytes and zeros after them.
    init(padding rest: UnsafeRawBufferPointer) {
      self = withUnsafeTemporaryAllocation(byteCount: blockByteCount, alignment: 16) { block in
        guard let base = block.baseAddress else { preconditionFailure("64 bytes were allocated") }
        base.initializeMemory(as: UInt64.self, repeating: 0, count: 8)
        block.copyMemory(from: rest)
        return Block(at: base)
      }
    }
  }

  /// The message words in the order in which a round takes them: columns, then diagonals.
  private struct Schedule {
    var x0, y0, x1, y1: Row

    @inline(__always)
    init(_ m: Block) {
      x0 = Row(m.r0.x, m.r0.z, m.r1.x, m.r1.z)
      y0 = Row(m.r0.y, m.r0.w, m.r1.y, m.r1.w)
      // The diagonals' first lane is the one that starts in column 3.
      x1 = Row(m.r3.z, m.r2.x, m.r2.z, m.r3.x)
      y1 = Row(m.r3.w, m.r2.y, m.r2.w, m.r3.y)
    }

    @inline(__always)
    mutating func permute() {
      (x0, y0, x1, y1) = (
        Row(x0.y, y0.y, y0.w, x0.z), Row(x0.w, x1.z, x0.x, y1.w),
        Row(y1.x, y0.x, x1.w, y1.y), Row(x1.y, y1.z, y0.z, x1.x)
      )
    }
  }

  private struct State {
    var a, b, c, d: Row

    @inline(__always)
    mutating func round(_ words: Schedule) {
      mix(words.x0, words.y0)
      // The other rows turn against b, on which everything waits.
      (a, c, d) = (Row(a.w, a.x, a.y, a.z), Row(c.y, c.z, c.w, c.x), Self.turn2(d))
      mix(words.x1, words.y1)
      (a, c, d) = (Row(a.y, a.z, a.w, a.x), Row(c.w, c.x, c.y, c.z), Self.turn2(d))
    }

    /// By two lanes, as halves: written as lanes, two such turns are merged across the steps between them, onto the
    /// path of b.
    @inline(__always)
    private static func turn2(_ row: Row) -> Row {
      let halves = unsafeBitCast(row, to: SIMD2<UInt64>.self)
      return unsafeBitCast(SIMD2(halves.y, halves.x), to: Row.self)
    }

    @inline(__always)
    private mutating func mix(_ x: Row, _ y: Row) {
      a = a &+ x &+ b
      d = Self.rotateRight(d ^ a, 16)
      c = c &+ d
      b = Self.rotateRight(b ^ c, 12)
      a = a &+ y &+ b
      d = Self.rotateRight(d ^ a, 8)
      c = c &+ d
      b = Self.rotateRight(b ^ c, 7)
    }

    /// The product is a shift to the left: with two shifts, this is compiled to four scalar rotations.
    @inline(__always)
    private static func rotateRight(_ x: Row, _ n: UInt32) -> Row {
      x &>> Row(repeating: n) | x &* Row(repeating: 1 &<< (32 &- n))
    }
  }
}
