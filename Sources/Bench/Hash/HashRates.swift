import Dispatch
import Histogram
import Stratum
import Synchronization

/// What one algorithm does without company.
enum HashRates {
  /// Hashes a second of `threads` threads that hash at the same time, each with memory of its own.
  static func perSecond(_ subject: HashSubject, threads: Int, seconds: Double) -> Double {
    let total = Mutex(0.0)
    DispatchQueue.concurrentPerform(iterations: threads) { _ in
      let hash = subject.make()
      _ = TrialHeader.seconds(hashing: 0..<1, .wall, hash)
      var (next, spent, batch) = (UInt32(1), 0.0, UInt32(1))
      while spent < seconds {
        let time = TrialHeader.seconds(hashing: next..<(next + batch), .wall, hash)
        next += batch
        spent += time
        if time < seconds / 50 { batch *= 2 }
      }
      let rate = Double(next - 1) / spent
      total.withLock { $0 += rate }
    }
    return total.withLock { $0 }
  }

  /// Times of single hashes, in nanoseconds, a reading of the clock included: some 20 ns.
  static func latency(_ subject: HashSubject, seconds: Double) -> Histogram<UInt32> {
    var latency = Histogram<UInt32>(
      lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000_000, numberOfSignificantValueDigits: .three)
    let hash = subject.make()
    _ = TrialHeader.seconds(hashing: 0..<3, .wall, hash)
    let start = Clock.now
    var samples: UInt32 = 0
    // A hundredth needs a hundred samples, however long one takes.
    while Clock.now.seconds(since: start) < seconds || samples < 100 {
      _ = latency.record(UInt64(TrialHeader.seconds(hashing: samples..<(samples + 1), .wall, hash) * 1e9))
      samples += 1
    }
    return latency
  }
}
