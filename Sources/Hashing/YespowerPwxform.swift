/// The block transform of one version of yespower, with its boxes: a value that stays in registers for a whole row.
protocol PwxTransform {
  static var boxesByteCount: Int { get }
  static var salsaDoubleRounds: Int { get }
  /// Whether PBKDF2 gives the whole first row, or its first 128 bytes only.
  static var seedsWholeRow: Bool { get }
  /// Whether the number of loops that write to the table is rounded up to even, or down.
  static var roundsWritingLoopsUp: Bool { get }

  /// `boxes` has `boxesByteCount` bytes, aligned to 64, which are filled before the first `apply`.
  init(boxes: UnsafeMutableRawPointer)
  mutating func apply(_ block: inout PwxBlock)
}

/// Version 0.5: two boxes of 4 KiB, read only; six rounds.
struct PwxTransformV05: PwxTransform {
  static let boxesByteCount = 2 * boxByteCount
  static let salsaDoubleRounds = 4
  static let seedsWholeRow = true
  static let roundsWritingLoopsUp = false
  private static let boxByteCount = 1 << 12
  /// The offset of a 16-byte entry in a box.
  private static let mask: UInt64 = 0xff0

  private let boxes: UnsafeMutableRawPointer

  init(boxes: UnsafeMutableRawPointer) { self.boxes = boxes }

  @inline(__always)
  mutating func apply(_ block: inout PwxBlock) {
    let (box0, box1) = (UnsafeRawPointer(boxes), UnsafeRawPointer(boxes + Self.boxByteCount))
    // Written out: as a loop it is 3 % slower.
    block.round(box0, box1, Self.mask)
    block.round(box0, box1, Self.mask)
    block.round(box0, box1, Self.mask)
    block.round(box0, box1, Self.mask)
    block.round(box0, box1, Self.mask)
    block.round(box0, box1, Self.mask)
  }
}

/// Version 1.0: three boxes of 32 KiB that change places after every block; three rounds that write to the two in use.
struct PwxTransformV10: PwxTransform {
  static let boxesByteCount = 3 * boxByteCount
  static let salsaDoubleRounds = 1
  static let seedsWholeRow = false
  static let roundsWritingLoopsUp = true
  private static let boxByteCount = 1 << 15
  /// The offset of a 16-byte entry in a box.
  private static let mask: UInt64 = 0x7ff0

  private var box0, box1, box2: UnsafeMutableRawPointer
  /// Where the next block writes, in both boxes.
  private var offset = 0

  init(boxes: UnsafeMutableRawPointer) {
    box0 = boxes
    box1 = boxes + Self.boxByteCount
    box2 = boxes + 2 * Self.boxByteCount
  }

  @inline(__always)
  mutating func apply(_ block: inout PwxBlock) {
    let (write0, write1) = (box0 + offset, box1 + offset)
    block.a.round(box0, box1, Self.mask)
    block.a.store(to: write0)
    block.b.round(box0, box1, Self.mask)
    block.b.store(to: write1)
    block.c.round(box0, box1, Self.mask)
    block.c.store(to: write0 + 16)
    block.d.round(box0, box1, Self.mask)
    block.d.store(to: write1 + 16)
    block.a.round(box0, box1, Self.mask)
    block.a.store(to: write0 + 32)
    block.b.round(box0, box1, Self.mask)
    block.b.store(to: write1 + 32)
    block.c.round(box0, box1, Self.mask)
    block.d.round(box0, box1, Self.mask)
    block.a.round(box0, box1, Self.mask)
    block.a.store(to: write0 + 48)
    block.b.round(box0, box1, Self.mask)
    block.b.store(to: write1 + 48)
    block.c.round(box0, box1, Self.mask)
    block.d.round(box0, box1, Self.mask)
    offset = (offset &+ 64) & (Self.boxByteCount &- 1)
    (box0, box1, box2) = (box2, box0, box1)
  }
}

/// A block of 64 bytes as four lanes.
struct PwxBlock {
  var a, b, c, d: PwxLane

  /// `pointer` is aligned to 16, here and in all that follows.
  @inline(__always)
  init(at pointer: UnsafeRawPointer) {
    a = PwxLane(at: pointer)
    b = PwxLane(at: pointer + 16)
    c = PwxLane(at: pointer + 32)
    d = PwxLane(at: pointer + 48)
  }

  @inline(__always)
  func store(to pointer: UnsafeMutableRawPointer) {
    a.store(to: pointer)
    b.store(to: pointer + 16)
    c.store(to: pointer + 32)
    d.store(to: pointer + 48)
  }

  @inline(__always)
  static func ^= (x: inout PwxBlock, y: PwxBlock) {
    x.a ^= y.a
    x.b ^= y.b
    x.c ^= y.c
    x.d ^= y.d
  }

  @inline(__always)
  mutating func round(_ box0: UnsafeRawPointer, _ box1: UnsafeRawPointer, _ mask: UInt64) {
    a.round(box0, box1, mask)
    b.round(box0, box1, mask)
    c.round(box0, box1, mask)
    d.round(box0, box1, mask)
  }
}

extension SalsaBlock {
  @inline(__always)
  init(_ block: PwxBlock) {
    s0 = block.a.words
    s1 = block.b.words
    s2 = block.c.words
    s3 = block.d.words
  }
}

/// Two 64-bit numbers in a vector, and the first of them, which picks the entries, once more in a general register.
///
/// A round of a lane waits for little but its entries. The way from a vector to an address is long, and so is loading a
/// vector: 13 cycles a round on Zen 4, 8 with the second multiplication in general registers, which are idle anyway.
/// The words are loaded before the vectors: after them, the compiler would take the words from the vectors again.
struct PwxLane {
  private var first: UInt64
  private var both: SIMD2<UInt64>

  @inline(__always)
  init(at pointer: UnsafeRawPointer) {
    first = pointer.load(as: UInt64.self)
    both = pointer.load(as: SIMD2<UInt64>.self)
  }

  @inline(__always)
  func store(to pointer: UnsafeMutableRawPointer) {
    pointer.storeBytes(of: both, as: SIMD2<UInt64>.self)
  }

  @inline(__always)
  static func ^= (x: inout PwxLane, y: PwxLane) {
    x.first ^= y.first
    x.both ^= y.both
  }

  /// Each number becomes the product of its halves, plus an entry of the first box, xor an entry of the second.
  @inline(__always)
  mutating func round(_ box0: UnsafeRawPointer, _ box1: UnsafeRawPointer, _ mask: UInt64) {
    let entry0 = box0 + Int(first & mask)
    let entry1 = box1 + Int((first &>> 32) & mask)
    first = ((first &>> 32) &* (first & 0xffff_ffff) &+ entry0.load(as: UInt64.self)) ^ entry1.load(as: UInt64.self)
    both = (productsOfHalves &+ entry0.load(as: SIMD2<UInt64>.self)) ^ entry1.load(as: SIMD2<UInt64>.self)
  }

  @inline(__always)
  var words: SIMD4<UInt32> { unsafeBitCast(both, to: SIMD4<UInt32>.self) }

  /// In the form that compiles to one shuffle and one `pmuludq`.
  @inline(__always)
  private var productsOfHalves: SIMD2<UInt64> {
    let words = words
    let upper = unsafeBitCast(SIMD4(words.y, words.y, words.w, words.w), to: SIMD2<UInt64>.self)
    let lowHalf = SIMD2<UInt64>(repeating: 0xffff_ffff)
    return (upper & lowHalf) &* (both & lowHalf)
  }
}
