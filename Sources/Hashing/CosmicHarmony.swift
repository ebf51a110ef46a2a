import Stratum

/// Cosmic Harmony, the five-stage hash: BLAKE3, a byte mixer under SHA3-256, an expander under SHA3-512, the golden
/// matrix, and BLAKE3 over everything that the stages gave.
///
/// Everything stays in locals as little-endian words: nothing is allocated, and no stage waits for memory.
///
/// Source: `zion-cosmic-harmony.cpp` of ZION 2.8 (its canonical mode).
enum CosmicHarmony {
  typealias Words = SHA3.Words

  /// 2^32 and 2^64 divided by the golden ratio.
  private static let golden32: UInt32 = 0x9e37_79b9
  fileprivate static let golden64: UInt64 = 0x9e37_79b9_7f4a_7c15

  /// The hash of a message that ends with its nonce (little-endian), as a header does.
  static func hash(noncedMessage: UnsafeRawBufferPointer, nonce: UInt32) -> Hash256 {
    Stages(first: BLAKE3.hash(noncedMessage), nonce: nonce).hash
  }

  /// What each stage gives. The last one hashes the others in this order, and the nonce: 200 bytes.
  struct Stages {
    let blake3: UInt256
    let sha3_256: UInt256
    let sha3_512: Words
    let matrix: Words
    let harmonyFactor: UInt32
    let hash: Hash256

    /// `first` is the BLAKE3 of the message. Each block of the last stage is compressed as soon as it is known: in
    /// vectors, beside the integers of the next stage.
    init(first: Hash256, nonce: UInt32) {
      blake3 = first.number
      sha3_256 = mixBytes(blake3)
      var chain = BLAKE3.Chain.initial
      chain.compress(Block(blake3, sha3_256), flags: BLAKE3.Flag.chunkStart)
      sha3_512 = expand(sha3_256)
      chain.compress(Block(sha3_512), flags: 0)
      var golden = GoldenMatrix()
      golden.multiply(by: sha3_512)
      matrix = golden.words
      chain.compress(Block(matrix), flags: 0)
      harmonyFactor = golden.folded &* golden32 ^ nonce
      let last = Block(BLAKE3.Row(harmonyFactor, nonce, 0, 0), .zero, .zero, .zero)
      chain.compress(last, count: 8, flags: BLAKE3.Flag.chunkEnd | BLAKE3.Flag.root)
      hash = chain.hash
    }
  }

  private typealias Block = BLAKE3.Block

  /// Stage 2: four rounds of (xor byte i with golden64 >> i, rotate each byte left by 3, rotate the array left by
  /// one byte), eight bytes a word, then SHA3-256.
  @inline(__always)
  private static func mixBytes(_ input: UInt256) -> UInt256 {
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
    return SHA3.hash256(UInt256(w3, w2, w1, w0))
  }

  /// Stage 3: the 32 bytes and, after them, the same xor golden64; three waves of (byte ^= byte rotated left by 1,
  /// then xor the low byte of golden32 >> ((8 wave + i) mod 32)); then SHA3-512.
  @inline(__always)
  private static func expand(_ input: UInt256) -> Words {
    let (w0, w1, w2, w3) = (input.l0, input.l1, input.l2, input.l3)
    return SHA3.hash512(
      (
        waves(0, w0), waves(1, w1), waves(2, w2), waves(3, w3),
        waves(4, w0 ^ golden64), waves(5, w1 ^ golden64), waves(6, w2 ^ golden64), waves(7, w3 ^ golden64)
      ))
  }

  @inline(__always)
  private static func waves(_ position: Int, _ start: UInt64) -> UInt64 {
    var word = start
    for wave in 0..<3 { word ^= rotateBytes1(word) ^ waveKey(position &+ wave) }
    return word
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

/// Stage 4: eight words, multiplied by eight.
private struct GoldenMatrix {
  private(set) var words: CosmicHarmony.Words

  @inline(__always)
  init() {
    let golden = CosmicHarmony.golden64
    words = (golden, golden &* 2, golden &* 3, golden &* 4, golden &* 5, golden &* 6, golden &* 7, golden &* 8)
  }

  @inline(__always)
  mutating func multiply(by c: CosmicHarmony.Words) {
    round(c.0)
    round(c.1)
    round(c.2)
    round(c.3)
    round(c.4)
    round(c.5)
    round(c.6)
    round(c.7)
  }

  /// The xor of the words' halves.
  @inline(__always)
  var folded: UInt32 {
    let (a, b) = (words.0 ^ words.1 ^ words.2 ^ words.3, words.4 ^ words.5 ^ words.6 ^ words.7)
    return UInt32(truncatingIfNeeded: (a ^ b) &>> 32 ^ a ^ b)
  }

  /// Each word becomes the xor of its product and the words before it, and the array turns left by one.
  @inline(__always)
  private mutating func round(_ c: UInt64) {
    let w0 = product(words.0 ^ c)
    let w1 = product(words.1 ^ c) ^ w0
    let w2 = product(words.2 ^ c) ^ w1
    let w3 = product(words.3 ^ c) ^ w2
    let w4 = product(words.4 ^ c) ^ w3
    let w5 = product(words.5 ^ c) ^ w4
    let w6 = product(words.6 ^ c) ^ w5
    let w7 = product(words.7 ^ c) ^ w6
    words = (w1, w2, w3, w4, w5, w6, w7, w0)
  }

  @inline(__always)
  private func product(_ x: UInt64) -> UInt64 {
    (x &* CosmicHarmony.golden64 ^ x &>> 32) &+ CosmicHarmony.golden64
  }
}

extension BLAKE3.Block {
  @inline(__always)
  fileprivate init(_ low: UInt256, _ high: UInt256) {
    self.init(
      Self.row(low.l0, low.l1), Self.row(low.l2, low.l3), Self.row(high.l0, high.l1), Self.row(high.l2, high.l3))
  }

  @inline(__always)
  fileprivate init(_ w: CosmicHarmony.Words) {
    self.init(Self.row(w.0, w.1), Self.row(w.2, w.3), Self.row(w.4, w.5), Self.row(w.6, w.7))
  }

  @inline(__always)
  private static func row(_ low: UInt64, _ high: UInt64) -> BLAKE3.Row {
    unsafeBitCast(SIMD2(low, high), to: BLAKE3.Row.self)
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
    var chain = BLAKE3.Chain.initial
    chain.compress(BLAKE3.Block(at: base), flags: BLAKE3.Flag.chunkStart)
    self.chain = chain
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
    var first = chain
    first.compress(
      BLAKE3.Block(tail, .zero, .zero, .zero), count: 16, flags: BLAKE3.Flag.chunkEnd | BLAKE3.Flag.root)
    return CosmicHarmony.Stages(first: first.hash, nonce: nonce).hash
  }
}
