/// Work as the expected number of hashes, 2^256 ÷ (target + 1): an exact integer.
///
/// Sums saturate at 2^128 − 1 hashes (at 10^21 H/s that is 10^10 years of work).
public struct ShareWork: Hashable, Sendable, Comparable {
  public var hashes: UInt128

  public init(hashes: UInt128) { self.hashes = hashes }

  public static let zero = ShareWork(hashes: 0)

  public init(of target: Target) {
    let (divisor, overflow) = target.number.addingReportingOverflow(UInt256(1))
    guard !overflow else {
      self.init(hashes: 1)
      return
    }
    // 2^256 ÷ d, without a 257th bit: (2^256 − d) ÷ d + 1.
    let quotient = (UInt256.zero &- divisor).quotientAndRemainder(dividingBy: divisor).quotient
    let (work, carried) = quotient.addingReportingOverflow(UInt256(1))
    guard !carried, work.l3 == 0, work.l2 == 0 else {
      self.init(hashes: .max)
      return
    }
    self.init(hashes: UInt128(work.l1) &<< 64 | UInt128(work.l0))
  }

  public static func + (a: ShareWork, b: ShareWork) -> ShareWork {
    let (sum, overflow) = a.hashes.addingReportingOverflow(b.hashes)
    return ShareWork(hashes: overflow ? .max : sum)
  }

  public static func += (a: inout ShareWork, b: ShareWork) { a = a + b }

  public static func < (a: ShareWork, b: ShareWork) -> Bool { a.hashes < b.hashes }

  /// The nearest number, for rates and display only. Nearly all works fit 64 bits, which is where processors have an
  /// instruction for it.
  public var approximate: Double { UInt64(exactly: hashes).map { Double($0) } ?? Double(hashes) }
}
