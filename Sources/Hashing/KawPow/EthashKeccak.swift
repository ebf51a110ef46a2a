/// Keccak-256 and Keccak-512 as Ethash has them: padded with a 1 bit where FIPS 202 pads with 011.
///
/// Source: the Keccak reference, version 3.0; Ethereum yellow paper, appendix J.
enum EthashKeccak {
  /// Keccak-256 of the 32 bytes at `bytes`, in place.
  static func hash256(inPlace bytes: UnsafeMutableRawPointer) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 25) { lanes in
      guard let base = lanes.baseAddress else { preconditionFailure("25 lanes were allocated") }
      lanes.initialize(repeating: 0)
      for i in 0..<4 {
        lanes[i] = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
      }
      (lanes[4], lanes[16]) = (1, lastBit)
      Keccak.permute(base)
      store((lanes[0], lanes[1], lanes[2], lanes[3]), to: bytes)
    }
  }

  /// Keccak-512 of the 32 bytes at `bytes`; 64 bytes to `digest`.
  static func hash512(of32 bytes: UnsafeRawPointer, to digest: UnsafeMutableRawPointer) {
    let word = { (i: Int) in UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)) }
    hash512(word(0), word(1), word(2), word(3), 1, 0, 0, 0, lastBit, to: digest)
  }

  /// Keccak-512 of the 64 bytes at `bytes`; 64 bytes to `digest`, which may be the same place.
  @inline(__always)
  static func hash512(of64 bytes: UnsafeRawPointer, to digest: UnsafeMutableRawPointer) {
    let word = { (i: Int) in UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)) }
    hash512(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7), 1 | lastBit, to: digest)
  }

  /// Keccak-512 of the exclusive or of two times 64 bytes; 64 bytes to `digest`.
  @inline(__always)
  static func hash512(of64 a: UnsafeRawPointer, xor b: UnsafeRawPointer, to digest: UnsafeMutableRawPointer) {
    let word = { (i: Int) in
      UInt64(
        littleEndian: a.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)
          ^ b.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
    }
    hash512(word(0), word(1), word(2), word(3), word(4), word(5), word(6), word(7), 1 | lastBit, to: digest)
  }

  /// The padding's last bit, in the last lane of a block.
  private static let lastBit: UInt64 = 0x8000_0000_0000_0000

  /// One block of 72 bytes, padding included.
  @inline(__always)
  private static func hash512(
    _ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64, _ w4: UInt64, _ w5: UInt64, _ w6: UInt64, _ w7: UInt64,
    _ w8: UInt64, to digest: UnsafeMutableRawPointer
  ) {
    let s = Keccak.f1600(w0, w1, w2, w3, w4, w5, w6, w7, w8)
    store((s.0, s.1, s.2, s.3), to: digest)
    store((s.4, s.5, s.6, s.7), to: digest + 32)
  }

  @inline(__always)
  private static func store(_ words: (UInt64, UInt64, UInt64, UInt64), to pointer: UnsafeMutableRawPointer) {
    pointer.storeBytes(of: words.0.littleEndian, toByteOffset: 0, as: UInt64.self)
    pointer.storeBytes(of: words.1.littleEndian, toByteOffset: 8, as: UInt64.self)
    pointer.storeBytes(of: words.2.littleEndian, toByteOffset: 16, as: UInt64.self)
    pointer.storeBytes(of: words.3.littleEndian, toByteOffset: 24, as: UInt64.self)
  }
}
