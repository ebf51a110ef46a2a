import Hashing
import Stratum

/// sha256d, scrypt and Cosmic Harmony beside `cosmic_harmony.c`: OpenSSL at its best, and BLAKE3 in portable C.
enum OpenSSLPairs {
  private typealias Digest = @convention(c) (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Void
  private typealias CheckedDigest = @convention(c) (UnsafePointer<UInt8>, UnsafeMutablePointer<UInt8>) -> Int32
  private typealias Nonced = @convention(c) (UnsafePointer<UInt8>, Int, UInt32, UnsafeMutablePointer<UInt8>) -> Void

  static func run(_ library: SharedObject, _ pace: TrialPace) throws(BenchError) -> [Finding] {
    let sha256d = try library.function("reference_sha256d", as: Digest.self)
    let scrypt = try library.function("reference_scrypt", as: CheckedDigest.self)
    let cosmicHarmony = try library.function("reference_cosmic_harmony", as: Nonced.self)
    let scratch = HashScratch()
    return [
      try PairedTrial(
        name: "sha256d: OpenSSL, low-level",
        ours: Contender { Kernels().proofOfWork(.sha256d, header: $0, scratch: scratch).store(to: $1) },
        reference: Contender { sha256d($0.octets, $1.octets) }
      ).finding(pace, aim: .atLeast(1)),
      try PairedTrial(
        name: "cosmic_harmony: portable BLAKE3, OpenSSL SHA-3",
        ours: Contender { Kernels().proofOfWork(.cosmicHarmony, header: $0, scratch: scratch).store(to: $1) },
        reference: Contender { header, digest in
          cosmicHarmony(
            header.octets, 76, UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 76, as: UInt32.self)),
            digest.octets)
        }
      ).finding(pace, aim: .atLeast(1.5)),
      try PairedTrial(
        name: "scrypt: OpenSSL EVP_PBE_scrypt", ours: self.scrypt(),
        reference: Contender { header, digest in _ = scrypt(header.octets, digest.octets) }
      ).finding(pace, aim: nil),
    ]
  }

  static func scrypt() -> Contender {
    let scratch = HashScratch()
    return Contender { Kernels().proofOfWork(.scrypt, header: $0, scratch: scratch).store(to: $1) }
  }
}

extension UnsafeRawBufferPointer {
  /// The first byte, as C wants it. A header is never empty.
  var octets: UnsafePointer<UInt8> {
    guard let base = baseAddress else { preconditionFailure("a header has 80 bytes") }
    return base.assumingMemoryBound(to: UInt8.self)
  }
}

extension UnsafeMutableRawPointer {
  var octets: UnsafeMutablePointer<UInt8> { assumingMemoryBound(to: UInt8.self) }
}
