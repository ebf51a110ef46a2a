/// Keccak-256 and Keccak-512 as Ethash has them: padded with a 1 bit where FIPS 202 pads with 011.
///
/// Source: the Keccak reference, version 3.0; Ethereum yellow paper, appendix J.
enum EthashKeccak {
  /// Keccak-256 of the 32 bytes at `bytes`, in place.
  static func hash256(inPlace bytes: UnsafeMutableRawPointer) {
    let word = { (i: Int) in UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self)) }
    var s = KeccakState<UInt64>(
      word(0), word(1), word(2), word(3), 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, lastBit, 0, 0, 0, 0, 0, 0, 0, 0)
    s.permute(roundCount: 24)
    store(s.a0, s.a1, s.a2, s.a3, to: bytes)
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
  @inline(never)
  private static func hash512(
    _ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64, _ w4: UInt64, _ w5: UInt64, _ w6: UInt64, _ w7: UInt64,
    _ w8: UInt64, to digest: UnsafeMutableRawPointer
  ) {
    var s = KeccakState<UInt64>(
      w0, w1, w2, w3, w4, w5, w6, w7, w8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    s.permute(roundCount: 24)
    store(s.a0, s.a1, s.a2, s.a3, to: digest)
    store(s.a4, s.a5, s.a6, s.a7, to: digest + 32)
  }

  @inline(__always)
  private static func store(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, to pointer: UnsafeMutableRawPointer) {
    pointer.storeBytes(of: a.littleEndian, toByteOffset: 0, as: UInt64.self)
    pointer.storeBytes(of: b.littleEndian, toByteOffset: 8, as: UInt64.self)
    pointer.storeBytes(of: c.littleEndian, toByteOffset: 16, as: UInt64.self)
    pointer.storeBytes(of: d.littleEndian, toByteOffset: 24, as: UInt64.self)
  }
}
