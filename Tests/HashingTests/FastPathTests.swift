import Stratum
import Testing

@testable import Hashing

/// Short cuts for the lengths that mining hashes, against the ways that take any length.
struct FastPathTests {
  /// Bytes of which every bit counts, different for every seed.
  private func bytes(_ count: Int, seed: UInt64) -> [UInt8] {
    var state = seed
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt8(truncatingIfNeeded: state >> 56)
    }
  }

  private func words(_ bytes: [UInt8]) -> SHA3.Words {
    bytes.withUnsafeBytes { $0.loadUnaligned(as: SHA3.Words.self) }
  }

  private func general(_ bytes: [UInt8], digestByteCount: Int) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: digestByteCount)
    digest.withUnsafeMutableBytes { digest in
      guard let base = digest.baseAddress else { return }
      bytes.withUnsafeBytes { SHA3.hash($0, digestByteCount: digestByteCount, to: base) }
    }
    return digest
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `double SHA-256 of a header is that of any other 80 bytes`(seed: UInt64) {
    let header = bytes(80, seed: seed)
    header.withUnsafeBytes { header in
      #expect(SHA256.doubleHash(header) == SHA256.doubleHashAny(header))
      var midstate = SHA256dMidstate(header: header)
      let nonce = UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 76, as: UInt32.self))
      #expect(midstate.hash(nonce: nonce ^ 1) != SHA256.doubleHash(header))
      #expect(midstate.hash(nonce: nonce) == SHA256.doubleHash(header))
    }
  }

  @Test(arguments: 0..<200) func `double SHA-256 does not care where a message lies`(count: Int) {
    let message = bytes(count, seed: 7)
    let shifted = [0xff] + message
    shifted.withUnsafeBytes { shifted in
      let moved = UnsafeRawBufferPointer(rebasing: shifted[1...])
      #expect(SHA256.doubleHash(moved).bytes == sha256(sha256(message)))
    }
  }

  @Test(arguments: 0..<50 as Range<UInt64>)
  func `SHA-3 in one permutation is SHA-3`(seed: UInt64) throws {
    let short = bytes(32, seed: seed)
    let number = try #require(UInt256(littleEndian: short))
    #expect(SHA3.hash256(number).littleEndianBytes == general(short, digestByteCount: 32))
    let long = bytes(64, seed: seed)
    #expect(withUnsafeBytes(of: SHA3.hash512(words(long))) { Array($0) } == general(long, digestByteCount: 64))
  }

  /// The last stage as the algorithm states it: BLAKE3 of 200 bytes.
  @Test(arguments: 0..<50 as Range<UInt64>)
  func `Cosmic Harmony ends with the BLAKE3 of what its stages gave`(seed: UInt64) {
    let header = bytes(80, seed: seed)
    header.withUnsafeBytes { header in
      let nonce = UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 76, as: UInt32.self))
      let stages = CosmicHarmony.Stages(first: BLAKE3.hash(header), nonce: nonce)
      var preimage = stages.blake3.littleEndianBytes + stages.sha3_256.littleEndianBytes
      for words in [stages.sha3_512, stages.matrix] { preimage += withUnsafeBytes(of: words) { Array($0) } }
      for word in [stages.harmonyFactor, nonce] { preimage += withUnsafeBytes(of: word.littleEndian) { Array($0) } }
      #expect(preimage.count == 200)
      #expect(stages.hash.bytes == blake3(preimage))
      #expect(CosmicHarmony.hash(noncedMessage: header, nonce: nonce) == stages.hash)
    }
  }
}
