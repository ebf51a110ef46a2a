import Stratum

/// Cosmic Harmony, the five-stage hash: BLAKE3, a byte mixer under SHA3-256, an expander under SHA3-512, the golden
/// matrix, and BLAKE3 over everything that the stages gave.
///
/// Source: `zion-cosmic-harmony.cpp` of ZION 2.8 (its canonical mode).
enum CosmicHarmony {
  /// 2^32 and 2^64 divided by the golden ratio.
  private static let golden32: UInt32 = 0x9e37_79b9
  private static let golden64: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// What the last stage hashes: BLAKE3 (32) ‖ SHA3-256 (32) ‖ SHA3-512 (64) ‖ matrix (64) ‖ harmony factor LE (4) ‖
  /// nonce LE (4).
  enum Preimage {
    static let sha3_256 = 32
    static let sha3_512 = 64
    static let matrix = 128
    static let harmonyFactor = 192
    static let nonce = 196
    static let byteCount = 200
  }

  /// The hash of a message that ends with its nonce (little-endian), as a header does.
  static func hash(noncedMessage: UnsafeRawBufferPointer, nonce: UInt32) -> Hash256 {
    withPreimage(of: BLAKE3.hash(noncedMessage), nonce: nonce) { BLAKE3.hash($0) }
  }

  /// Runs `body` on the 200 bytes that follow from the first stage's hash.
  @inline(__always)
  static func withPreimage<R>(of first: Hash256, nonce: UInt32, _ body: (UnsafeRawBufferPointer) -> R) -> R {
    withUnsafeTemporaryAllocation(byteCount: Preimage.byteCount, alignment: 8) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("200 bytes were allocated") }
      first.store(to: base)
      mixBytes(first.number, to: base + Preimage.sha3_256)
      expand(from: base + Preimage.sha3_256, to: base + Preimage.sha3_512)
      let folded = multiplyMatrix(by: base + Preimage.sha3_512, to: base + Preimage.matrix)
      let factor = folded &* golden32 ^ nonce
      base.storeBytes(of: factor.littleEndian, toByteOffset: Preimage.harmonyFactor, as: UInt32.self)
      base.storeBytes(of: nonce.littleEndian, toByteOffset: Preimage.nonce, as: UInt32.self)
      return body(UnsafeRawBufferPointer(raw))
    }
  }

  /// Stage 2: four rounds of (xor byte i with golden64 >> i, rotate each byte left by 3, rotate the array left by
  /// one byte), eight bytes a word, then SHA3-256.
  private static func mixBytes(_ input: UInt256, to output: UnsafeMutableRawPointer) {
    var (w0, w1, w2, w3) = (input.l0, input.l1, input.l2, input.l3)
    for _ in 0..<4 {
      // Byte i of these is the low byte of golden64 >> i.
      w0 = rotateBytes3(w0 ^ 0xf8f0_e0c1_8205_0a15)
      w1 = rotateBytes3(w1 ^ 0x9429_53a7_4f9f_3e7c)
      w2 = rotateBytes3(w2 ^ 0xfefd_faf4_e9d2_a54a)
      w3 = rotateBytes3(w3 ^ 0x72e5_cb97_2f5f_bf7f)
      let first = w0
      w0 = w0 &>> 8 | w1 &<< 56
      w1 = w1 &>> 8 | w2 &<< 56
      w2 = w2 &>> 8 | w3 &<< 56
      w3 = w3 &>> 8 | first &<< 56
    }
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("32 bytes were allocated") }
      Hash256(number: UInt256(w3, w2, w1, w0)).store(to: base)
      SHA3.hash(UnsafeRawBufferPointer(raw), digestByteCount: 32, to: output)
    }
  }

  /// Stage 3: the 32 bytes and, after them, the same xor golden64; three waves of (byte ^= byte rotated left by 1,
  /// then xor the low byte of golden32 >> ((8 wave + i) mod 32)); then SHA3-512.
  private static func expand(from input: UnsafeRawPointer, to output: UnsafeMutableRawPointer) {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("64 bytes were allocated") }
      for i in 0..<4 {
        let word = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: 8 &* i, as: UInt64.self))
        for (position, start) in [(i, word), (i &+ 4, word ^ golden64)] {
          var word = start
          for wave in 0..<3 {
            word ^= rotateBytes1(word)
            word ^= waveKey(position &+ wave)
          }
          base.storeBytes(of: word.littleEndian, toByteOffset: 8 &* position, as: UInt64.self)
        }
      }
      SHA3.hash(UnsafeRawBufferPointer(raw), digestByteCount: 64, to: output)
    }
  }

  /// Stage 4: the matrix, written to `output`; gives the xor of its words' halves.
  private static func multiplyMatrix(by input: UnsafeRawPointer, to output: UnsafeMutableRawPointer) -> UInt32 {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 8) { buffer in
      guard let m = buffer.baseAddress else { preconditionFailure("8 words were allocated") }
      for i in 0..<8 { m[i] = golden64 &* UInt64(i &+ 1) }
      for round in 0..<8 {
        let c = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: 8 &* round, as: UInt64.self))
        var previous: UInt64 = 0
        var first: UInt64 = 0
        for i in 0..<8 {
          let mixed = m[i] ^ c
          previous = ((mixed &* golden64 ^ mixed &>> 32) &+ golden64) ^ previous
          // The array also turns left by one word each round: word i lands one lower, word 0 at the end.
          if i == 0 { first = previous } else { m[i &- 1] = previous }
        }
        m[7] = first
      }
      var folded: UInt64 = 0
      for i in 0..<8 {
        output.storeBytes(of: m[i].littleEndian, toByteOffset: 8 &* i, as: UInt64.self)
        folded ^= m[i]
      }
      return UInt32(truncatingIfNeeded: folded &>> 32 ^ folded)
    }
  }

  /// Byte j is the low byte of golden32 >> ((8 × word + j) mod 32).
  @inline(__always)
  private static func waveKey(_ word: Int) -> UInt64 {
    switch word & 3 {
    case 0: 0xf3e6_cd9b_376e_dcb9
    case 1: 0x6edd_bb77_efde_bc79
    case 2: 0x3c78_f1e3_c68d_1b37
    default: 0x0102_0409_1327_4f9e
    }
  }

  /// Each of the eight bytes rotated left by 3.
  @inline(__always)
  private static func rotateBytes3(_ x: UInt64) -> UInt64 {
    (x &<< 3 & 0xf8f8_f8f8_f8f8_f8f8) | (x &>> 5 & 0x0707_0707_0707_0707)
  }

  /// Each of the eight bytes rotated left by 1.
  @inline(__always)
  private static func rotateBytes1(_ x: UInt64) -> UInt64 {
    (x &<< 1 & 0xfefe_fefe_fefe_fefe) | (x &>> 7 & 0x0101_0101_0101_0101)
  }
}

/// Cosmic Harmony of a header whose first 76 bytes stay the same.
struct CosmicHarmonyMidstate {
  private let chain: BLAKE3.Chain
  private let tail: (UInt32, UInt32, UInt32)

  /// `header` has 80 bytes.
  init(header: UnsafeRawBufferPointer) {
    precondition(header.count == BlockHeader.byteCount, "a header has 80 bytes")
    guard let base = header.baseAddress else { preconditionFailure("80 bytes have an address") }
    chain = BLAKE3.compress(.initial, block: base, counter: 0, count: 64, flags: BLAKE3.Flag.chunkStart)
    let word = { (at: Int) in header.loadUnaligned(fromByteOffset: at, as: UInt32.self) }
    tail = (word(64), word(68), word(72))
  }

  /// The first nonce of `nonces` whose hash is not above `target`.
  func first(in nonces: Range<UInt64>, meeting target: Target) -> NonceSearch.Found? {
    var nonce = nonces.lowerBound
    while nonce < nonces.upperBound {
      let candidate = UInt32(truncatingIfNeeded: nonce)
      let hash = hash(nonce: candidate)
      if target.isMet(by: hash) { return NonceSearch.Found(nonce: candidate, hash: hash) }
      nonce &+= 1
    }
    return nil
  }

  private func hash(nonce: UInt32) -> Hash256 {
    var block = (tail.0, tail.1, tail.2, nonce.littleEndian)
    let flags = BLAKE3.Flag.chunkEnd | BLAKE3.Flag.root
    let first = withUnsafeBytes(of: &block) { BLAKE3.last($0, after: chain, counter: 0, flags: flags).hash }
    return CosmicHarmony.withPreimage(of: first, nonce: nonce) { BLAKE3.hash($0) }
  }
}
