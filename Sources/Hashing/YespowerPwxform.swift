/// The round function of one version of yespower with its boxes: a value that is kept in registers for a row.
protocol PwxTransform {
  static var boxesByteCount: Int { get }
  static var salsaDoubleRounds: Int { get }
  /// Whether PBKDF2 gives the first row, or its first pair only.
  static var seedsWholeRow: Bool { get }
  static var roundsWritingLoopsUp: Bool { get }

  init(boxes: UnsafeMutableRawPointer)
  mutating func apply(_ block: inout PwxBlock)
}

/// A 64-byte block as four lanes of two 64-bit numbers.
struct PwxBlock {
  var a, b, c, d: PwxLane

  @inline(__always)
  init(storedAt pointer: UnsafeRawPointer) {
    a = PwxLane(storedAt: pointer)
    b = PwxLane(storedAt: pointer + 16)
    c = PwxLane(storedAt: pointer + 32)
    d = PwxLane(storedAt: pointer + 48)
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
}

extension PwxBlock {
  @inline(__always)
  mutating func round(_ s0: UnsafeMutableRawPointer, _ s1: UnsafeMutableRawPointer, mask: UInt64) {
    a.round(s0, s1, mask: mask)
    b.round(s0, s1, mask: mask)
    c.round(s0, s1, mask: mask)
    d.round(s0, s1, mask: mask)
  }
}

/// Two 64-bit numbers.
struct PwxLane {
  var low: UInt64
  var both: SIMD2<UInt64>

  @inline(__always)
  init(storedAt pointer: UnsafeRawPointer) {
    low = pointer.load(as: UInt64.self)
    both = pointer.load(as: SIMD2<UInt64>.self)
  }

  @inline(__always)
  func store(to pointer: UnsafeMutableRawPointer) {
    pointer.storeBytes(of: both, as: SIMD2<UInt64>.self)
  }

  @inline(__always)
  static func ^= (x: inout PwxLane, y: PwxLane) {
    x.low ^= y.low
    x.both ^= y.both
  }

  @inline(__always)
  mutating func round(_ s0: UnsafeMutableRawPointer, _ s1: UnsafeMutableRawPointer, mask: UInt64) {
    let p0 = s0 + Int(low & mask)
    let p1 = s1 + Int((low &>> 32) & mask)
    low = ((low &>> 32) &* (low & 0xffff_ffff) &+ p0.load(as: UInt64.self)) ^ p1.load(as: UInt64.self)
    let words = unsafeBitCast(both, to: SIMD4<UInt32>.self)
    let upper = unsafeBitCast(SIMD4(words.y, words.y, words.w, words.w), to: SIMD2<UInt64>.self)
    let product = (upper & SIMD2(repeating: 0xffff_ffff)) &* (both & SIMD2(repeating: 0xffff_ffff))
    both = (product &+ p0.load(as: SIMD2<UInt64>.self)) ^ p1.load(as: SIMD2<UInt64>.self)
  }
}

/// Version 0.5: two boxes of 4 KiB, read only; six rounds.
struct Pwxform0_5: PwxTransform {
  static let boxesByteCount = 8192
  static let salsaDoubleRounds = 4
  static let seedsWholeRow = true
  static let roundsWritingLoopsUp = false
  private static let mask: UInt64 = 0xff0

  private let boxes: UnsafeMutableRawPointer

  init(boxes: UnsafeMutableRawPointer) { self.boxes = boxes }

  @inline(__always)
  mutating func apply(_ block: inout PwxBlock) {
    let (s0, s1) = (boxes, boxes + 4096)
    for _ in 0..<1 {
      block.round(s0, s1, mask: Self.mask)
      block.round(s0, s1, mask: Self.mask)
      block.round(s0, s1, mask: Self.mask)
      block.round(s0, s1, mask: Self.mask)
      block.round(s0, s1, mask: Self.mask)
      block.round(s0, s1, mask: Self.mask)
    }
  }
}

/// Version 1.0: three boxes of 32 KiB that change places after every block; three rounds that write to two of them.
struct Pwxform1_0: PwxTransform {
  static let boxesByteCount = 3 * boxByteCount
  static let salsaDoubleRounds = 1
  static let seedsWholeRow = false
  static let roundsWritingLoopsUp = true
  private static let boxByteCount = 1 << 15
  private static let mask: UInt64 = 0x7ff0

  private var s0, s1, s2: UnsafeMutableRawPointer
  /// Where the next write goes, the same offset in both boxes.
  private var offset = 0

  init(boxes: UnsafeMutableRawPointer) {
    s0 = boxes
    s1 = boxes + Self.boxByteCount
    s2 = boxes + 2 * Self.boxByteCount
  }

  @inline(__always)
  mutating func apply(_ block: inout PwxBlock) {
    let (w0, w1) = (s0 + offset, s1 + offset)
    block.a.round(s0, s1, mask: Self.mask)
    block.a.store(to: w0)
    block.b.round(s0, s1, mask: Self.mask)
    block.b.store(to: w1)
    block.c.round(s0, s1, mask: Self.mask)
    block.c.store(to: w0 + 16)
    block.d.round(s0, s1, mask: Self.mask)
    block.d.store(to: w1 + 16)
    for round in 1..<3 {
      block.a.round(s0, s1, mask: Self.mask)
      block.a.store(to: w0 + (16 + 16 * round))
      block.b.round(s0, s1, mask: Self.mask)
      block.b.store(to: w1 + (16 + 16 * round))
      block.c.round(s0, s1, mask: Self.mask)
      block.d.round(s0, s1, mask: Self.mask)
    }
    offset = (offset &+ 64) & (Self.boxByteCount &- 1)
    (s0, s1, s2) = (s2, s0, s1)
  }
}
