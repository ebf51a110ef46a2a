import COpenSSL
import Stratum

/// SHA-256 over libcrypto's block function, which uses the processor's SHA instructions.
///
/// Contexts are plain values on the caller's stack: no allocation, nothing shared between threads.
enum SHA256 {
  static func hash(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    var context = SHA256_CTX()
    SHA256_Init(&context)
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
    return context.finish()
  }

  static func doubleHash(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    guard bytes.count == BlockHeader.byteCount, let header = bytes.baseAddress else { return doubleHashAny(bytes) }
    // Three blocks by hand are cheaper than Init, Update and Final.
    var state = SHA256State()
    state.transform(header)
    var block = SHA256Block(tail: header.loadUnaligned(fromByteOffset: 64, as: SHA256Block.Row.self))
    state.transform(&block)
    block = SHA256Block(digest: state)
    state.h = SHA256State.initial
    state.transform(&block)
    return state.hash
  }

  /// A message of any length.
  static func doubleHashAny(_ bytes: UnsafeRawBufferPointer) -> Hash256 {
    var context = SHA256_CTX()
    SHA256_Init(&context)
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
    var digest = (UInt64(0), UInt64(0), UInt64(0), UInt64(0))
    return withUnsafeMutableBytes(of: &digest) { digest in
      context.finish().store(to: digest)
      return hash(UnsafeRawBufferPointer(digest))
    }
  }
}

extension Hash256 {
  /// `buffer` has room for 32 bytes.
  fileprivate func store(to buffer: UnsafeMutableRawBufferPointer) {
    guard let base = buffer.baseAddress else { preconditionFailure("the buffer has 32 bytes") }
    store(to: base)
  }
}

extension SHA256_CTX {
  /// Pads, ends and gives the digest.
  mutating func finish() -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { digest in
      guard let base = digest.baseAddress else { preconditionFailure("32 bytes were allocated") }
      SHA256_Final(base.assumingMemoryBound(to: UInt8.self), &self)
      return Hash256(at: base)
    }
  }
}

/// The eight chaining words, in libcrypto's context, of which the block function uses nothing else.
struct SHA256State {
  private var context = SHA256_CTX()

  typealias Words = (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

  static let initial: Words = (
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19
  )

  init() { context.h = Self.initial }

  @inline(__always)
  var h: Words {
    get { context.h }
    set { context.h = newValue }
  }

  /// Takes in the 64 bytes at `block`.
  @inline(__always)
  mutating func transform(_ block: UnsafeRawPointer) {
    SHA256_Transform(&context, block.assumingMemoryBound(to: UInt8.self))
  }

  @inline(__always)
  mutating func transform(_ block: inout SHA256Block) {
    withUnsafeBytes(of: &block) { bytes in
      guard let base = bytes.baseAddress else { preconditionFailure("a block has 64 bytes") }
      transform(base)
    }
  }

  /// The words as the number that their big-endian bytes are when read little-endian.
  @inline(__always)
  var hash: Hash256 {
    let h = context.h
    let limb = { (low: UInt32, high: UInt32) in UInt64(high.byteSwapped) &<< 32 | UInt64(low.byteSwapped) }
    return Hash256(number: UInt256(limb(h.6, h.7), limb(h.4, h.5), limb(h.2, h.3), limb(h.0, h.1)))
  }
}

/// 64 bytes of a message. In vectors, since the block function loads vectors: it would wait for words to be written.
struct SHA256Block {
  typealias Row = SIMD4<UInt32>
  var r0, r1, r2, r3: Row

  /// The second block of a message of 80 bytes.
  @inline(__always)
  init(tail: Row) {
    (r0, r1, r2) = (tail, Row(UInt32(0x8000_0000).bigEndian, 0, 0, 0), .zero)
    r3 = Row(0, 0, 0, UInt32(640).bigEndian)
  }

  /// The only block of a message that is a digest.
  @inline(__always)
  init(digest state: SHA256State) {
    let rows = unsafeBitCast(state.h, to: SIMD8<UInt32>.self)
    (r0, r1) = (Self.swapBytes(rows.lowHalf), Self.swapBytes(rows.highHalf))
    (r2, r3) = (Row(UInt32(0x8000_0000).bigEndian, 0, 0, 0), Row(0, 0, 0, UInt32(256).bigEndian))
  }

  @inline(__always)
  private static func swapBytes(_ row: Row) -> Row {
    let swapped =
      row &* Row(repeating: 1 &<< 8) & Row(repeating: 0xff00_ff00) | row &>> Row(repeating: 8)
      & Row(repeating: 0x00ff_00ff)
    return swapped &* Row(repeating: 1 &<< 16) | swapped &>> Row(repeating: 16)
  }
}

/// Double SHA-256 of a header whose first 64 bytes stay the same: two block transforms a nonce instead of three.
struct SHA256dMidstate {
  private let midstate: SHA256State.Words
  private var state: SHA256State
  /// The second block with its padding; the nonce is the fourth word.
  private var tail: SHA256Block

  /// `header` has 80 bytes.
  init(header: UnsafeRawBufferPointer) {
    precondition(header.count == BlockHeader.byteCount, "a header has 80 bytes")
    guard let base = header.baseAddress else { preconditionFailure("80 bytes have an address") }
    state = SHA256State()
    state.transform(base)
    midstate = state.h
    tail = SHA256Block(tail: base.loadUnaligned(fromByteOffset: 64, as: SHA256Block.Row.self))
  }

  /// The first nonce of `nonces` whose hash is not above `target`.
  mutating func first(in nonces: Range<UInt64>, meeting target: Target) -> NonceSearch.Found? {
    // Most hashes are dismissed by their 32 most significant bits, before all eight words are assembled.
    let ceiling = UInt32(truncatingIfNeeded: target.number.l3 &>> 32)
    var nonce = nonces.lowerBound
    while nonce < nonces.upperBound {
      let candidate = UInt32(truncatingIfNeeded: nonce)
      compute(nonce: candidate)
      if state.h.7.byteSwapped <= ceiling, target.isMet(by: state.hash) {
        return NonceSearch.Found(nonce: candidate, hash: state.hash)
      }
      nonce &+= 1
    }
    return nil
  }

  mutating func hash(nonce: UInt32) -> Hash256 {
    compute(nonce: nonce)
    return state.hash
  }

  @inline(__always)
  private mutating func compute(nonce: UInt32) {
    tail.r0.w = nonce
    state.h = midstate
    state.transform(&tail)
    var outer = SHA256Block(digest: state)
    state.h = SHA256State.initial
    state.transform(&outer)
  }
}
