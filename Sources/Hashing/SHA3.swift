import Stratum

/// SHA3-256 and SHA3-512 with the padding of the standard (not the older Keccak's).
///
/// Source: FIPS 202.
enum SHA3 {
  /// `output` receives `digestByteCount` bytes: 32 or 64.
  static func hash(_ bytes: UnsafeRawBufferPointer, digestByteCount: Int, to output: UnsafeMutableRawPointer) {
    let rate = 200 - 2 * digestByteCount
    withZeroLanes { lanes in
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
      squeeze(digestByteCount / 8, of: lanes, to: output)
    }
  }

  /// SHA3-256 of 32 bytes, given as four words: one permutation.
  @inline(__always)
  static func hash256(_ w0: UInt64, _ w1: UInt64, _ w2: UInt64, _ w3: UInt64, to output: UnsafeMutableRawPointer) {
    withZeroLanes { lanes in
      (lanes[0], lanes[1], lanes[2], lanes[3]) = (w0, w1, w2, w3)
      lanes[4] = 0x06
      lanes[16] = 0x8000_0000_0000_0000
      Keccak.permute(lanes)
      squeeze(4, of: lanes, to: output)
    }
  }

  /// SHA3-512 of 64 bytes, whose eight words `word` gives: one permutation.
  @inline(__always)
  static func hash512(to output: UnsafeMutableRawPointer, _ word: (Int) -> UInt64) {
    withZeroLanes { lanes in
      for i in 0..<8 { lanes[i] = word(i) }
      lanes[8] = 0x8000_0000_0000_0006
      Keccak.permute(lanes)
      squeeze(8, of: lanes, to: output)
    }
  }

  @inline(__always)
  private static func withZeroLanes(_ body: (UnsafeMutablePointer<UInt64>) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: 25) { lanes in
      guard let base = lanes.baseAddress else { preconditionFailure("25 lanes were allocated") }
      base.initialize(repeating: 0, count: 25)
      body(base)
    }
  }

  @inline(__always)
  private static func squeeze(
    _ wordCount: Int, of lanes: UnsafeMutablePointer<UInt64>, to output: UnsafeMutableRawPointer
  ) {
    for i in 0..<wordCount {
      output.storeBytes(of: lanes[i].littleEndian, toByteOffset: 8 &* i, as: UInt64.self)
    }
  }

  private static func absorb(_ bytes: UnsafeRawBufferPointer, wordCount: Int, into lanes: UnsafeMutablePointer<UInt64>)
  {
    for i in 0..<wordCount {
      lanes[i] ^= UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
    }
  }
}
