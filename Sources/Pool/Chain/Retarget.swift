import Stratum

/// The next target of one algorithm: a linearly weighted moving average of its last block times, in integers.
///
/// Newer blocks weigh more. One block's time counts at most six spacings, and at least one second, so that a false
/// clock moves little; a step is at most a doubling or halving.
enum Retarget {
  /// Blocks of the algorithm that are looked at.
  static let window = 24
  /// How far back they are looked for: an algorithm that nobody mined for longer starts anew.
  static let reach = 500

  /// A block of the algorithm, oldest first in a list.
  struct Sample: Equatable {
    var nTime: UnixTime
    var target: Target
  }

  /// - Parameter spacing: seconds that there should be between two blocks of this algorithm.
  static func next(after samples: [Sample], spacing: UInt32, easiest: Target) -> Target {
    guard let last = samples.last, samples.count >= 2 else { return canonical(easiest) }
    let spacing = UInt64(max(1, spacing))
    var weighted: UInt64 = 0
    var weights: UInt64 = 0
    var sum = UInt256.zero
    var latest = samples[0].nTime.seconds
    for (index, sample) in samples.enumerated().dropFirst() {
      let solved = sample.nTime.seconds > latest ? UInt64(sample.nTime.seconds - latest) : 1
      latest = max(latest, sample.nTime.seconds)
      weighted += UInt64(index) * min(solved, 6 * spacing)
      weights += UInt64(index)
      // Every target is at most 2^249, so that the sum of a window stays below 2^256.
      sum = sum.addingReportingOverflow(sample.target.number).partialValue
    }
    let divisor = UInt256(UInt64(samples.count - 1) * weights * spacing)
    let unit = sum.quotientAndRemainder(dividingBy: divisor).quotient
    let (product, overflow) = unit.multipliedReportingOverflow(by: weighted)
    let hardest = last.target.number &>> 1
    let softest = last.target.number.multipliedReportingOverflow(by: 2).partialValue
    let clamped = overflow ? softest : min(max(product, hardest), softest)
    return canonical(Target(min(max(clamped, UInt256(1)), easiest.number)))
  }

  /// As the compact form can say it.
  private static func canonical(_ target: Target) -> Target {
    do throws(Target.CompactError) {
      return try Target(nBits: target.nBits)
    } catch {
      preconditionFailure("a target of our own has a compact form: \(error)")
    }
  }
}
