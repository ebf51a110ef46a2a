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
    var context = SHA256_CTX()
    SHA256_Init(&context)
    SHA256_Update(&context, bytes.baseAddress, bytes.count)
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 16) { words in
      guard let block = words.baseAddress else { preconditionFailure("16 words were allocated") }
      // One block by hand is cheaper than Update and Final: the digest, its padding and its length of 256 bits.
      words.initialize(repeating: 0)
      words[8] = UInt32(0x8000_0000).bigEndian
      words[15] = UInt32(256).bigEndian
      return block.withMemoryRebound(to: UInt8.self, capacity: 64) { bytes in
        SHA256_Final(bytes, &context)
        SHA256_Init(&context)
        SHA256_Transform(&context, bytes)
        return Hash256(number: context.number)
      }
    }
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

/// Double SHA-256 of a header whose first 64 bytes stay the same: two block transforms a nonce instead of three.
struct SHA256dMidstate {
  private let midstate: SHA256_CTX
  private let initial: SHA256_CTX
  /// The second block with its padding, big-endian length 640 bits; the nonce is at byte 12.
  private var tail: Block
  /// The second hash's block: the first digest, then its padding (256 bits).
  private var outer: Block

  typealias Block = (
    UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32,
    UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32
  )

  /// `header` has 80 bytes.
  init(header: UnsafeRawBufferPointer) {
    precondition(header.count == BlockHeader.byteCount, "a header has 80 bytes")
    var context = SHA256_CTX()
    SHA256_Init(&context)
    initial = context
    SHA256_Update(&context, header.baseAddress, 64)
    midstate = context
    let word = { (at: Int) in header.loadUnaligned(fromByteOffset: at, as: UInt32.self) }
    let end = UInt32(0x8000_0000).bigEndian
    tail = (word(64), word(68), word(72), word(76), end, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, UInt32(640).bigEndian)
    outer = (0, 0, 0, 0, 0, 0, 0, 0, end, 0, 0, 0, 0, 0, 0, UInt32(256).bigEndian)
  }

  /// The first nonce of `nonces` whose hash is not above `target`.
  mutating func first(in nonces: Range<UInt64>, meeting target: Target) -> NonceSearch.Found? {
    // Most hashes are dismissed by their 32 most significant bits, before all eight words are assembled.
    let ceiling = UInt32(truncatingIfNeeded: target.number.l3 &>> 32)
    var nonce = nonces.lowerBound
    while nonce < nonces.upperBound {
      let candidate = UInt32(truncatingIfNeeded: nonce)
      let context = context(nonce: candidate)
      if context.h.7.byteSwapped <= ceiling {
        let hash = Hash256(number: context.number)
        if target.isMet(by: hash) { return NonceSearch.Found(nonce: candidate, hash: hash) }
      }
      nonce &+= 1
    }
    return nil
  }

  mutating func hash(nonce: UInt32) -> Hash256 { Hash256(number: context(nonce: nonce).number) }

  @inline(__always)
  private mutating func context(nonce: UInt32) -> SHA256_CTX {
    tail.3 = nonce.littleEndian
    var context = midstate
    withUnsafeBytes(of: &tail) { SHA256_Transform(&context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self)) }
    outer.0 = context.h.0.bigEndian
    outer.1 = context.h.1.bigEndian
    outer.2 = context.h.2.bigEndian
    outer.3 = context.h.3.bigEndian
    outer.4 = context.h.4.bigEndian
    outer.5 = context.h.5.bigEndian
    outer.6 = context.h.6.bigEndian
    outer.7 = context.h.7.bigEndian
    context = initial
    withUnsafeBytes(of: &outer) { SHA256_Transform(&context, $0.baseAddress?.assumingMemoryBound(to: UInt8.self)) }
    return context
  }
}

extension SHA256_CTX {
  /// The chaining words as the number that their big-endian bytes are when read little-endian.
  fileprivate var number: UInt256 {
    let limb = { (low: UInt32, high: UInt32) in UInt64(high.byteSwapped) &<< 32 | UInt64(low.byteSwapped) }
    return UInt256(limb(h.6, h.7), limb(h.4, h.5), limb(h.2, h.3), limb(h.0, h.1))
  }
}
