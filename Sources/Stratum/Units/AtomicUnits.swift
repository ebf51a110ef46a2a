/// Money: an integer count of a coin's smallest unit. Arithmetic is checked; there is no floating point.
public struct AtomicUnits: Hashable, Sendable, Comparable {
  public let value: Int64

  public init(_ value: Int64) { self.value = value }

  public static let zero = AtomicUnits(0)
  public static func < (a: AtomicUnits, b: AtomicUnits) -> Bool { a.value < b.value }

  public enum Overflow: Error { case overflow }

  public func adding(_ other: AtomicUnits) throws(Overflow) -> AtomicUnits {
    let (sum, overflow) = value.addingReportingOverflow(other.value)
    guard !overflow else { throw .overflow }
    return AtomicUnits(sum)
  }

  public func subtracting(_ other: AtomicUnits) throws(Overflow) -> AtomicUnits {
    let (difference, overflow) = value.subtractingReportingOverflow(other.value)
    guard !overflow else { throw .overflow }
    return AtomicUnits(difference)
  }

  /// ⌊value × numerator ÷ denominator⌋ through 128 bits, for shares of a pot.
  /// A denominator of zero or a result beyond Int64 throws.
  public func share(_ numerator: UInt64, of denominator: UInt64) throws(Overflow) -> AtomicUnits {
    guard denominator > 0, value >= 0 else { throw .overflow }
    let product = UInt128(UInt64(value)) * UInt128(numerator)
    guard let result = Int64(exactly: product / UInt128(denominator)) else { throw .overflow }
    return AtomicUnits(result)
  }
}
