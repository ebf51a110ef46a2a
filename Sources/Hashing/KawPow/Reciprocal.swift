/// A divisor whose remainders cost two multiplications instead of a division: exact for every 32-bit dividend.
///
/// Source: Lemire, Kaser, Kurz, "Faster remainder by direct computation", 2019, theorem 1 with 64 fractional bits.
struct Reciprocal {
  private let divisor: UInt64
  /// 2^64 divided by the divisor, rounded up.
  private let inverse: UInt64

  /// `divisor` is at least 2.
  init(of divisor: UInt32) {
    precondition(divisor >= 2, "the inverse of 1 has 65 bits")
    self.divisor = UInt64(divisor)
    inverse = UInt64.max / UInt64(divisor) + 1
  }

  @inline(__always)
  func remainder(of dividend: UInt32) -> UInt32 {
    let fraction = inverse &* UInt64(dividend)
    return UInt32(truncatingIfNeeded: fraction.multipliedFullWidth(by: divisor).high)
  }
}
