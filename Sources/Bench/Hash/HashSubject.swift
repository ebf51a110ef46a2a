import Hashing
import Stratum

/// A hash under measure.
struct HashSubject: Sendable {
  /// Hashes a header of 80 bytes, the last four being the nonce, to a digest of 32 bytes.
  typealias Hash = (_ header: UnsafeRawBufferPointer, _ digest: UnsafeMutableRawPointer) -> Void

  let name: String
  /// The hash with the memory that one thread keeps for it.
  let make: @Sendable () -> Hash

  /// Every algorithm of the product, through its public interface.
  static func all(kawPow: KawPowCase) -> [HashSubject] {
    [
      HashSubject(name: "sha256d") { { header, digest in Kernels().sha256d(header).store(to: digest) } },
      HashSubject(name: "scrypt") {
        let scratch = HashScratch()
        return { Kernels().proofOfWork(.scrypt, header: $0, scratch: scratch).store(to: $1) }
      },
      HashSubject(name: "cosmic_harmony") {
        { header, digest in Kernels().proofOfWork(.cosmicHarmony, header: header).store(to: digest) }
      },
      yespower("yescrypt", .yescrypt),
      yespower("yescryptR8", .yescryptR8),
      yespower("yescryptR16", .yescryptR16),
      yespower("yescryptR32", .yescryptR32),
      yespower("yespower", .yespower),
      yespower("yespowerR16", .yespowerR16),
      HashSubject(name: "kawpow") { { header, digest in kawPow.ours(header, digest) } },
    ]
  }

  static func yespower(_ name: String, _ parameters: YespowerParameters) -> HashSubject {
    HashSubject(name: name) {
      let scratch = HashScratch()
      return { Kernels().yespower($0, parameters, scratch: scratch).store(to: $1) }
    }
  }
}

/// KawPow at one height: the header hash is a header's first 32 bytes, the nonce its last four.
struct KawPowCase: Sendable {
  let height: UInt32
  let cache: KawPowCache

  init(height: UInt32) throws(BenchError) {
    guard let epoch = KawPowEpoch(height: height) else {
      throw .reference("height \(height) is above KawPow's last epoch: choose a lower --kawpow-height")
    }
    guard let cache = KawPowCache.build(epoch, isCancelled: { false }, progress: { _ in }) else {
      throw .system(call: "mmap of a KawPow cache", code: 12)
    }
    self.height = height
    self.cache = cache
  }

  var epoch: KawPowEpoch { cache.epoch }

  /// Both halves of the answer matter: the final hash, in printed order, xor the mix.
  func ours(_ header: UnsafeRawBufferPointer, _ digest: UnsafeMutableRawPointer) {
    let input = Self.input(header, height: height)
    let result = KawPow.hash(header: input.header, nonce: input.nonce, height: height, cache: cache)
    Self.store(result, to: digest)
  }

  /// As many at a time as the product verifies when there are many.
  var sideBySide: Contender {
    var next: UInt32 = 0
    let hashes = { (nonces: Range<UInt32>) -> [(mix: Hash256, final: Hash256)] in
      let inputs = nonces.map { nonce in
        TrialHeader.bytes(nonce: nonce).withUnsafeBytes { Self.input($0, height: height) }
      }
      return KawPow.hashes(of: inputs, cache: cache)
    }
    return Contender(
      digest: { (nonce) throws(BenchError) in
        var digest = [UInt8](repeating: 0, count: 32)
        let result = hashes(nonce..<(nonce + UInt32(KawPow.batchSize)))[0]
        digest.withUnsafeMutableBytes { if let base = $0.baseAddress { Self.store(result, to: base) } }
        return digest
      },
      seconds: { (count) throws(BenchError) in
        let end = next + UInt32(clamping: count)
        let start = HashClock.processor.now
        while next < end {
          let nonces = next..<min(end, next + UInt32(KawPow.batchSize))
          _ = hashes(nonces)
          next = nonces.upperBound
        }
        return HashClock.processor.now.seconds(since: start)
      })
  }

  private static func input(_ header: UnsafeRawBufferPointer, height: UInt32) -> KawPowInput {
    guard let base = header.baseAddress else { preconditionFailure("a header has 80 bytes") }
    return KawPowInput(header: Hash256(at: base), nonce: nonce(header), height: height)
  }

  private static func store(_ result: (mix: Hash256, final: Hash256), to digest: UnsafeMutableRawPointer) {
    let n = result.final.number
    Hash256(number: UInt256(n.l0.byteSwapped, n.l1.byteSwapped, n.l2.byteSwapped, n.l3.byteSwapped)).store(to: digest)
    exclusiveOr(digest, with: result.mix)
  }

  static func nonce(_ header: UnsafeRawBufferPointer) -> UInt64 {
    UInt64(header.loadUnaligned(fromByteOffset: 76, as: UInt32.self))
  }

  static func exclusiveOr(_ digest: UnsafeMutableRawPointer, with mix: Hash256) {
    let (a, b) = (Hash256(at: digest).number, mix.number)
    Hash256(number: UInt256(a.l3 ^ b.l3, a.l2 ^ b.l2, a.l1 ^ b.l1, a.l0 ^ b.l0)).store(to: digest)
  }
}
