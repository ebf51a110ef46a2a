import Stratum

/// SHA3-256 and SHA3-512 with the padding of the standard (not the older Keccak's).
///
/// Source: FIPS 202.
enum SHA3 {
  /// `output` receives `digestByteCount` bytes: 32 or 64.
  static func hash(_ bytes: UnsafeRawBufferPointer, digestByteCount: Int, to output: UnsafeMutableRawPointer) {
    let rate = 200 - 2 * digestByteCount
    withUnsafeTemporaryAllocation(byteCount: 200, alignment: 8) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("200 bytes were allocated") }
      let lanes = base.initializeMemory(as: UInt64.self, repeating: 0, count: 25)
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
      lanes[rate / 8 - 1] ^= 0x8000_0000_0000_0000
      Keccak.permute(lanes)
      for i in 0..<(digestByteCount / 8) {
        output.storeBytes(of: lanes[i].littleEndian, toByteOffset: 8 * i, as: UInt64.self)
      }
    }
  }

  private static func absorb(_ bytes: UnsafeRawBufferPointer, wordCount: Int, into lanes: UnsafeMutablePointer<UInt64>)
  {
    for i in 0..<wordCount {
      lanes[i] ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
    }
  }
}
