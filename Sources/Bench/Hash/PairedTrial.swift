import Stratum

/// Two ways to the same hash, which take turns on one core.
struct PairedTrial {
  let name: String
  let ours: Contender
  let reference: Contender
  /// Nonces of which both must give the same digest before anything is timed.
  var compared: UInt32 = 16

  struct Result {
    /// Hashes a second, medians.
    var ours: Double
    var reference: Double
  }

  func run(_ pace: TrialPace) throws(BenchError) -> Result {
    for nonce in 0..<compared {
      let (mine, theirs) = (try ours.digest(nonce), try reference.digest(nonce))
      guard mine == theirs else {
        throw .reference(
          "\(name) with nonce \(nonce): ours gives \(Hex.encode(mine)), the reference \(Hex.encode(theirs)), "
            + "and the speed of a wrong hash says nothing")
      }
    }
    let (mine, theirs) = (try pace.count(for: ours), try pace.count(for: reference))
    var rates: (ours: [Double], reference: [Double]) = ([], [])
    for slice in 0..<pace.slices(secondsEach: max(mine.seconds, theirs.seconds)) {
      // Who begins alternates too: a core that slows down is no advantage to either.
      if slice % 2 == 0 { rates.ours.append(try rate(ours, mine.count)) }
      rates.reference.append(try rate(reference, theirs.count))
      if slice % 2 == 1 { rates.ours.append(try rate(ours, mine.count)) }
    }
    return Result(ours: Median.of(rates.ours), reference: Median.of(rates.reference))
  }

  func finding(_ pace: TrialPace, aim: Finding.Aim?, unit: String = "H per s") throws(BenchError) -> Finding {
    let result = try run(pace)
    return Finding(name, unit: unit, ours: result.ours, baseline: result.reference, aim: aim, judged: .ratio)
  }

  private func rate(_ contender: Contender, _ count: Int) throws(BenchError) -> Double {
    Double(count) / max(try contender.seconds(count), 1e-9)
  }
}

/// How long a turn takes, and how many there are.
struct TrialPace {
  /// A tenth of a round: short turns see the same machine.
  let sliceSeconds: Double
  private let sliceCount: Int
  private let fewest: Int

  init(_ options: BenchOptions) {
    sliceSeconds = max(options.seconds / 10, 0.01)
    sliceCount = 3 * options.rounds
    fewest = options.rounds
  }

  /// Fewer of those that take much longer than a turn should.
  func slices(secondsEach seconds: Double) -> Int {
    max(fewest, min(sliceCount, Int(Double(sliceCount) * sliceSeconds / max(seconds, 1e-9))))
  }

  /// As many hashes as fill a turn, and what they take; warms up meanwhile.
  func count(for contender: Contender) throws(BenchError) -> (count: Int, seconds: Double) {
    var count = 1
    while true {
      let seconds = try contender.seconds(count)
      if seconds >= sliceSeconds / 4 {
        let wanted = max(1, Int(Double(count) * sliceSeconds / seconds))
        return (wanted, seconds * Double(wanted) / Double(count))
      }
      count *= seconds > sliceSeconds / 64 ? 2 : 8
    }
  }
}
