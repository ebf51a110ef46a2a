/// A 64-byte block of Salsa20 with its words along the diagonals, so that a column round is four lanes of one vector.
///
/// scrypt and yespower keep their tables in this order, and change it where bytes go in and come out only.
///
/// Source: D. J. Bernstein, "Salsa20 specification"; RFC 7914 section 3.
struct SalsaBlock {
  static let byteCount = 64

  var s0, s1, s2, s3: SIMD4<UInt32>

  /// From 64 bytes in the order of the specification.
  @inline(__always)
  init(at pointer: UnsafeRawPointer) {
    let word = { (i: Int) in UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)) }
    s0 = SIMD4(word(0), word(5), word(10), word(15))
    s1 = SIMD4(word(4), word(9), word(14), word(3))
    s2 = SIMD4(word(8), word(13), word(2), word(7))
    s3 = SIMD4(word(12), word(1), word(6), word(11))
  }

  /// In the order of the specification.
  @inline(__always)
  func write(to pointer: UnsafeMutableRawPointer) {
    let put = { (i: Int, word: UInt32) in
      pointer.storeBytes(of: word.littleEndian, toByteOffset: 4 * i, as: UInt32.self)
    }
    for lane in 0..<4 {
      put(5 * lane % 16, s0[lane])
      put((4 + 5 * lane) % 16, s1[lane])
      put((8 + 5 * lane) % 16, s2[lane])
      put((12 + 5 * lane) % 16, s3[lane])
    }
  }

  /// As `store` left it; `pointer` is aligned to 16.
  @inline(__always)
  init(storedAt pointer: UnsafeRawPointer) {
    s0 = pointer.load(as: SIMD4<UInt32>.self)
    s1 = pointer.load(fromByteOffset: 16, as: SIMD4<UInt32>.self)
    s2 = pointer.load(fromByteOffset: 32, as: SIMD4<UInt32>.self)
    s3 = pointer.load(fromByteOffset: 48, as: SIMD4<UInt32>.self)
  }

  /// Along the diagonals, for tables only; `pointer` is aligned to 16.
  @inline(__always)
  func store(to pointer: UnsafeMutableRawPointer) {
    pointer.storeBytes(of: s0, as: SIMD4<UInt32>.self)
    pointer.storeBytes(of: s1, toByteOffset: 16, as: SIMD4<UInt32>.self)
    pointer.storeBytes(of: s2, toByteOffset: 32, as: SIMD4<UInt32>.self)
    pointer.storeBytes(of: s3, toByteOffset: 48, as: SIMD4<UInt32>.self)
  }

  @inline(__always)
  static func ^= (a: inout SalsaBlock, b: SalsaBlock) {
    a.s0 ^= b.s0
    a.s1 ^= b.s1
    a.s2 ^= b.s2
    a.s3 ^= b.s3
  }

  /// Two rounds for each of `doubleRounds`, and the feed-forward.
  @inline(__always)
  mutating func permute(doubleRounds: Int) {
    var (a, b, c, d) = (s0, s1, s2, s3)
    for _ in 0..<2 &* doubleRounds {
      Self.xor(&b, rotated: a &+ d, 7)
      Self.xor(&c, rotated: b &+ a, 9)
      Self.xor(&d, rotated: c &+ b, 13)
      Self.xor(&a, rotated: d &+ c, 18)
      (b, c, d) = (Self.turn1(d), Self.turn2(c), Self.turn3(b))
    }
    s0 &+= a
    s1 &+= b
    s2 &+= c
    s3 &+= d
  }

  /// Two shifts and two xors: written as a rotation, it is compiled to four scalar ones.
  @inline(__always)
  private static func xor(_ x: inout SIMD4<UInt32>, rotated sum: SIMD4<UInt32>, _ n: UInt32) {
    x ^= sum &<< SIMD4(repeating: n)
    x ^= sum &>> SIMD4(repeating: 32 &- n)
  }

  @inline(__always)
  private static func turn1(_ v: SIMD4<UInt32>) -> SIMD4<UInt32> { SIMD4(v.y, v.z, v.w, v.x) }
  @inline(__always)
  private static func turn2(_ v: SIMD4<UInt32>) -> SIMD4<UInt32> { SIMD4(v.z, v.w, v.x, v.y) }
  @inline(__always)
  private static func turn3(_ v: SIMD4<UInt32>) -> SIMD4<UInt32> { SIMD4(v.w, v.x, v.y, v.z) }
}
