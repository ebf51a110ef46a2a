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
    hash(first: BLAKE3.hash(noncedMessage), nonce: nonce)
  }

  /// The hash of the message whose BLAKE3 is `first`.
  static func hash(first: Hash256, nonce: UInt32) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: Preimage.byteCount, alignment: 16) { raw in
      guard let preimage = raw.baseAddress else { preconditionFailure("200 bytes were allocated") }
      return hash(first: first, nonce: nonce, preimage: preimage)
    }
  }

  /// Leaves in the 200 bytes at `preimage` what the stages gave, and gives its BLAKE3. Each block of it is
  /// compressed as soon as it is known: in vectors, while the next stage's integers are on their way.
  static func hash(first: Hash256, nonce: UInt32, preimage: UnsafeMutableRawPointer) -> Hash256 {
    func compress(_ chain: BLAKE3.Chain, blockAt offset: Int, flags: UInt32) -> BLAKE3.Chain {
      BLAKE3.compress(
        chain, BLAKE3.Block(at: UnsafeRawPointer(preimage + offset)), counter: 0, count: 64, flags: flags)
    }
    first.store(to: preimage)
    mixBytes(first.number, to: preimage + Preimage.sha3_256)
    var chain = compress(.initial, blockAt: 0, flags: BLAKE3.Flag.chunkStart)
    expand(from: preimage + Preimage.sha3_256, to: preimage + Preimage.sha3_512)
    chain = compress(chain, blockAt: Preimage.sha3_512, flags: 0)
    let folded = multiplyMatrix(by: preimage + Preimage.sha3_512, to: preimage + Preimage.matrix)
    chain = compress(chain, blockAt: Preimage.matrix, flags: 0)
    let factor = folded &* golden32 ^ nonce
    preimage.storeBytes(of: factor.littleEndian, toByteOffset: Preimage.harmonyFactor, as: UInt32.self)
    preimage.storeBytes(of: nonce.littleEndian, toByteOffset: Preimage.nonce, as: UInt32.self)
    let last = BLAKE3.Block(BLAKE3.Row(factor, nonce, 0, 0), .zero, .zero, .zero)
    return BLAKE3.compress(chain, last, counter: 0, count: 8, flags: BLAKE3.Flag.chunkEnd | BLAKE3.Flag.root).hash
  }

  /// Stage 2: four rounds of (xor byte i with golden64 >> i, rotate each byte left by 3, rotate the array left by
  /// one byte), eight bytes a word, then SHA3-256.
  @inline(__always)
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
    SHA3.hash256(w0, w1, w2, w3, to: output)
  }

  /// Stage 3: the 32 bytes and, after them, the same xor golden64; three waves of (byte ^= byte rotated left by 1,
  /// then xor the low byte of golden32 >> ((8 wave + i) mod 32)); then SHA3-512.
  @inline(__always)
  private static func expand(from input: UnsafeRawPointer, to output: UnsafeMutableRawPointer) {
    SHA3.hash512(to: output) { i in
      let word = UInt64(littleEndian: input.loadUnaligned(fromByteOffset: 8 &* (i & 3), as: UInt64.self))
      return wave(i &+ 2, wave(i &+ 1, wave(i, i < 4 ? word : word ^ golden64)))
    }
  }

  @inline(__always)
  private static func wave(_ key: Int, _ word: UInt64) -> UInt64 { word ^ rotateBytes1(word) ^ waveKey(key) }

  /// Stage 4: the matrix, written to `output`; gives the xor of its words' halves.
  @inline(__always)
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
  /// The last four words; the nonce is the fourth.
  private let tail: BLAKE3.Row

  /// `header` has 80 bytes.
  init(header: UnsafeRawBufferPointer) {
    precondition(header.count == BlockHeader.byteCount, "a header has 80 bytes")
    guard let base = header.baseAddress else { preconditionFailure("80 bytes have an address") }
    chain = BLAKE3.compress(
      .initial, BLAKE3.Block(at: base), counter: 0, count: 64, flags: BLAKE3.Flag.chunkStart)
    tail = base.loadUnaligned(fromByteOffset: 64, as: BLAKE3.Row.self)
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
    var tail = tail
    tail.w = nonce
    let first = BLAKE3.compress(
      chain, BLAKE3.Block(tail, .zero, .zero, .zero), counter: 0, count: 16,
      flags: BLAKE3.Flag.chunkEnd | BLAKE3.Flag.root)
    return CosmicHarmony.hash(first: first.hash, nonce: nonce)
  }
}
