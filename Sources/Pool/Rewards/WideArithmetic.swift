import Stratum

extension UInt256 {
  init(wide value: UInt128) {
    self.init(0, 0, UInt64(value >> 64), UInt64(truncatingIfNeeded: value))
  }

  /// The low 256 bits, or the greatest number when there would be more.
  func saturatingSum(_ other: UInt256) -> UInt256 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? .max : sum
  }

  /// The number, or `Int64.max` when it is above.
  var clampedToInt64: Int64 { l3 | l2 | l1 == 0 ? Int64(clamping: l0) : .max }
}

extension UInt128 {
  /// `nil` above 128 bits.
  init?(exactly value: UInt256) {
    guard value.l3 | value.l2 == 0 else { return nil }
    self = UInt128(value.l1) << 64 | UInt128(value.l0)
  }
}

extension AtomicUnits {
  /// ⌊value × part ÷ whole⌋, exactly, for a part that is not above the whole and below 2^192.
  /// Zero of nothing, of a negative value or of a whole of zero.
  func fraction(_ part: UInt256, of whole: UInt256) -> AtomicUnits {
    guard value > 0, !whole.isZero, part <= whole else { return .zero }
    let (product, overflow) = part.multipliedReportingOverflow(by: UInt64(value))
    guard !overflow else { return .zero }
    return AtomicUnits(product.quotientAndRemainder(dividingBy: whole).quotient.clampedToInt64)
  }
}
