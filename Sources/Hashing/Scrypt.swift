import COpenSSL
import Stratum

/// scrypt with N = 1024, r = 1, p = 1, the header being password and salt, 32 bytes of output.
///
/// Source: RFC 7914.
enum Scrypt {
  static let blockByteCount = 128
  static let iterations = 1024

  /// `table` has room for `iterations` blocks of `blockByteCount` bytes.
  static func hash(header: UnsafeRawBufferPointer, table: UnsafeMutableRawPointer) -> Hash256 {
    let mac = HMAC(key: header)
    return withUnsafeTemporaryAllocation(byteCount: blockByteCount, alignment: 16) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("128 bytes were allocated") }
      for i in 0..<4 {
        mac.derive(salt: header, index: UInt32(i + 1)).store(to: base + 32 * i)
      }
      mixTable(base, table: table)
      return mac.derive(salt: UnsafeRawBufferPointer(raw), index: 1)
    }
  }

  private static func mixTable(_ block: UnsafeMutableRawPointer, table: UnsafeMutableRawPointer) {
    var left = Salsa(at: block)
    var right = Salsa(at: block + 64)
    for i in 0..<iterations {
      let slot = table + i &* blockByteCount
      left.store(to: slot)
      right.store(to: slot + 64)
      mixBlock(&left, &right)
    }
    for _ in 0..<iterations {
      let slot = table + Int(right.s0.x & UInt32(iterations - 1)) &* blockByteCount
      left ^= Salsa(storedAt: slot)
      right ^= Salsa(storedAt: slot + 64)
      mixBlock(&left, &right)
    }
    left.write(to: block)
    right.write(to: block + 64)
  }

  @inline(__always)
  private static func mixBlock(_ left: inout Salsa, _ right: inout Salsa) {
    left ^= right
    left.permute8()
    right ^= left
    right.permute8()
  }
}

/// PBKDF2 with HMAC-SHA256 and one iteration; the key's two contexts are computed once.
private struct HMAC {
  private let inner: SHA256_CTX
  private let outer: SHA256_CTX

  init(key: UnsafeRawBufferPointer) {
    var (inner, outer) = (SHA256_CTX(), SHA256_CTX())
    SHA256_Init(&inner)
    SHA256_Init(&outer)
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { pad in
      guard let base = pad.baseAddress else { preconditionFailure("64 bytes were allocated") }
      base.initializeMemory(as: UInt64.self, repeating: 0, count: 8)
      if key.count > 64 { SHA256.hash(key).store(to: base) } else { pad.copyMemory(from: key) }
      for i in 0..<64 { pad[i] ^= 0x36 }
      SHA256_Update(&inner, base, 64)
      for i in 0..<64 { pad[i] ^= 0x36 ^ 0x5c }
      SHA256_Update(&outer, base, 64)
    }
    self.inner = inner
    self.outer = outer
  }

  /// The 32-byte block number `index`, counted from 1.
  func derive(salt: UnsafeRawBufferPointer, index: UInt32) -> Hash256 {
    var context = inner
    SHA256_Update(&context, salt.baseAddress, salt.count)
    var counter = index.bigEndian
    SHA256_Update(&context, &counter, 4)
    let digest = context.finish()
    context = outer
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("32 bytes were allocated") }
      digest.store(to: base)
      SHA256_Update(&context, base, 32)
      return context.finish()
    }
  }
}

/// A 64-byte block of Salsa20 with its words along the diagonals, so that a column round is four lanes of one vector.
private struct Salsa {
  var s0, s1, s2, s3: SIMD4<UInt32>

  /// From 64 bytes in the order of the specification.
  init(at pointer: UnsafeRawPointer) {
    let word = { (i: Int) in UInt32(littleEndian: pointer.loadUnaligned(fromByteOffset: 4 * i, as: UInt32.self)) }
    s0 = SIMD4(word(0), word(5), word(10), word(15))
    s1 = SIMD4(word(4), word(9), word(14), word(3))
    s2 = SIMD4(word(8), word(13), word(2), word(7))
    s3 = SIMD4(word(12), word(1), word(6), word(11))
  }

  /// In the order of the specification.
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

  /// As `store` left it.
  @inline(__always)
  init(storedAt pointer: UnsafeRawPointer) {
    s0 = pointer.loadUnaligned(as: SIMD4<UInt32>.self)
    s1 = pointer.loadUnaligned(fromByteOffset: 16, as: SIMD4<UInt32>.self)
    s2 = pointer.loadUnaligned(fromByteOffset: 32, as: SIMD4<UInt32>.self)
    s3 = pointer.loadUnaligned(fromByteOffset: 48, as: SIMD4<UInt32>.self)
  }

  /// Along the diagonals, for the table only.
  @inline(__always)
  func store(to pointer: UnsafeMutableRawPointer) {
    pointer.storeBytes(of: s0, as: SIMD4<UInt32>.self)
    pointer.storeBytes(of: s1, toByteOffset: 16, as: SIMD4<UInt32>.self)
    pointer.storeBytes(of: s2, toByteOffset: 32, as: SIMD4<UInt32>.self)
    pointer.storeBytes(of: s3, toByteOffset: 48, as: SIMD4<UInt32>.self)
  }

  @inline(__always)
  static func ^= (a: inout Salsa, b: Salsa) {
    a.s0 ^= b.s0
    a.s1 ^= b.s1
    a.s2 ^= b.s2
    a.s3 ^= b.s3
  }

  /// Salsa20/8: eight rounds and the feed-forward.
  @inline(__always)
  mutating func permute8() {
    var (a, b, c, d) = (s0, s1, s2, s3)
    for _ in 0..<4 {
      Self.xor(&b, rotated: a &+ d, 7)
      Self.xor(&c, rotated: b &+ a, 9)
      Self.xor(&d, rotated: c &+ b, 13)
      Self.xor(&a, rotated: d &+ c, 18)
      (b, c, d) = (Self.turn3(b), Self.turn2(c), Self.turn1(d))
      Self.xor(&d, rotated: a &+ b, 7)
      Self.xor(&c, rotated: d &+ a, 9)
      Self.xor(&b, rotated: c &+ d, 13)
      Self.xor(&a, rotated: b &+ c, 18)
      (b, c, d) = (Self.turn1(b), Self.turn2(c), Self.turn3(d))
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
