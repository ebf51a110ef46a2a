import Glibc
import Stratum

/// One side of a paired trial.
struct Contender {
  /// The digest for a nonce.
  let digest: (UInt32) throws(BenchError) -> [UInt8]
  /// Seconds of processor time that so many hashes take.
  let seconds: (Int) throws(BenchError) -> Double

  init(
    digest: @escaping (UInt32) throws(BenchError) -> [UInt8], seconds: @escaping (Int) throws(BenchError) -> Double
  ) {
    self.digest = digest
    self.seconds = seconds
  }

  /// Hashes the same headers as every other contender, and never one twice: what a hash has read lies in caches.
  init(_ hash: @escaping HashSubject.Hash) {
    var next: UInt32 = 0
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
      seconds: { (count) throws(BenchError) in
        let nonces = next..<(next + UInt32(clamping: count))
        next = nonces.upperBound
        return TrialHeader.seconds(hashing: nonces, .processor, hash)
      })
  }

  /// The same with its digests' bytes the other way round, which is not timed.
  var reversed: Contender {
    Contender(digest: { (nonce) throws(BenchError) in try self.digest(nonce).reversed() }, seconds: seconds)
  }
}

/// The header that everybody hashes.
enum TrialHeader {
  static func bytes(nonce: UInt32) -> [UInt8] {
    (0..<76).map { UInt8(truncatingIfNeeded: $0 * 37 + 11) }
      + (0..<4).map { UInt8(truncatingIfNeeded: nonce >> UInt32(8 * $0)) }
  }

  static func seconds(hashing nonces: Range<UInt32>, _ clock: HashClock, _ hash: HashSubject.Hash) -> Double {
    var header = bytes(nonce: 0)
    return withUnsafeTemporaryAllocation(byteCount: 32, alignment: 16) { digest in
      guard let digest = digest.baseAddress else { preconditionFailure("32 bytes were allocated") }
      return header.withUnsafeMutableBytes { header in
        let start = clock.now
        for nonce in nonces {
          header.storeBytes(of: nonce.littleEndian, toByteOffset: 76, as: UInt32.self)
          hash(UnsafeRawBufferPointer(header), digest)
        }
        return clock.now.seconds(since: start)
      }
    }
  }
}

/// What a hash is charged with.
enum HashClock {
  /// What the world waits for.
  case wall
  /// What this thread itself takes, whoever else wants the core meanwhile.
  case processor

  var now: MonotonicTime {
    switch self {
    case .wall: return Clock.now
    case .processor:
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return MonotonicTime(nanoseconds: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec))
    }
  }
}
