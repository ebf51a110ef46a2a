import Stratum

/// One side of a paired trial.
struct Contender {
  /// The digest for a nonce.
  let digest: (UInt32) throws(BenchError) -> [UInt8]
  /// Seconds that so many hashes take.
  let seconds: (Int) throws(BenchError) -> Double

  init(
    digest: @escaping (UInt32) throws(BenchError) -> [UInt8], seconds: @escaping (Int) throws(BenchError) -> Double
  ) {
    self.digest = digest
    self.seconds = seconds
  }

  /// Hashes the same headers as every other contender, one nonce after the other.
  init(_ hash: @escaping HashSubject.Hash) {
    self.init(
      digest: { (nonce) throws(BenchError) in
        var header = TrialHeader.bytes(nonce: nonce)
        var digest = [UInt8](repeating: 0, count: 32)
        header.withUnsafeMutableBytes { header in
          digest.withUnsafeMutableBytes { digest in
            if let base = digest.baseAddress { hash(UnsafeRawBufferPointer(header), base) }
          }
        }
        return digest
      },
      seconds: { (count) throws(BenchError) in TrialHeader.seconds(hashing: count, hash) })
  }
}

/// The header that everybody hashes.
enum TrialHeader {
  static func bytes(nonce: UInt32) -> [UInt8] {
    (0..<76).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
      + (0..<4).map { UInt8(truncatingIfNeeded: nonce >> UInt32(8 * $0)) }
  }

  /// Hashes nonces from 0 on.
  static func seconds(hashing count: Int, _ hash: HashSubject.Hash) -> Double {
    var header = bytes(nonce: 0)
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { digest in
      guard let digest = digest.baseAddress else { preconditionFailure("32 bytes were allocated") }
      return header.withUnsafeMutableBytes { header in
        let start = Clock.now
        for nonce in 0..<UInt32(clamping: count) {
          header.storeBytes(of: nonce.littleEndian, toByteOffset: 76, as: UInt32.self)
          hash(UnsafeRawBufferPointer(header), digest)
        }
        return Clock.now.seconds(since: start)
      }
    }
  }
}
