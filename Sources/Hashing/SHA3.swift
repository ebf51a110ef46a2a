import Stratum

/// SHA3-256 and SHA3-512 with the padding of the standard (not the older Keccak's).
///
/// Source: FIPS 202.
enum SHA3 {
  /// `output` receives `digestByteCount` bytes: 32 or 64.
  static func hash(_ bytes: UnsafeRawBufferPointer, digestByteCount: Int, to output: UnsafeMutableRawPointer) {
    let rate = 200 - 2 * digestByteCount
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 25) { buffer in
      guard let lanes = buffer.baseAddress else { preconditionFailure("25 lanes were allocated") }
      lanes.initialize(repeating: 0, count: 25)
      var rest = bytes
      while rest.count >= rate {
        absorb(rest, wordCount: rate / 8, into: lanes)
        Keccak.permute(lanes)
        rest = UnsafeRawBufferPointer(rebasing: rest[rate...])
      }
      let words = rest.count / 8
      absorb(rest, wordCount: words, into: lanes)
      var last: UInt64 = 0
      for (i, byte) in rest[(8 * words)...].enumerated() { last |= UInt64(byte) &<< UInt64(8 * i) }
      lanes[words] ^= last | 0x06 &<< UInt64(8 * (rest.count % 8))
      lanes[rate / 8 - 1] ^= lastBit
      Keccak.permute(lanes)
      for i in 0..<(digestByteCount / 8) {
        output.storeBytes(of: lanes[i].littleEndian, toByteOffset: 8 * i, as: UInt64.self)
      }
    }
  }

  /// Eight words, little-endian.
  typealias Words = (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64)

  /// SHA3-256 of 32 bytes, both read as little-endian: one permutation.
  @inline(__always)
  static func hash256(_ m: UInt256) -> UInt256 {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 25) { buffer in
      guard let lanes = buffer.baseAddress else { preconditionFailure("25 lanes were allocated") }
      lanes.initialize(repeating: 0, count: 25)
      (lanes[0], lanes[1], lanes[2], lanes[3]) = (m.l0, m.l1, m.l2, m.l3)
      (lanes[4], lanes[16]) = (0x06, lastBit)
      Keccak.permute(lanes)
      return UInt256(lanes[3], lanes[2], lanes[1], lanes[0])
    }
  }

  /// SHA3-512 of 64 bytes: one permutation.
  @inline(__always)
  static func hash512(_ m: Words) -> Words {
    Keccak.f1600(m.0, m.1, m.2, m.3, m.4, m.5, m.6, m.7, 0x06 | lastBit)
  }

  /// The padding's last bit, in the last lane of a block.
  private static let lastBit: UInt64 = 0x8000_0000_0000_0000

  private static func absorb(_ bytes: UnsafeRawBufferPointer, wordCount: Int, into lanes: UnsafeMutablePointer<UInt64>)
  {
    for i in 0..<wordCount {
      lanes[i] ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
    }
  }
}
