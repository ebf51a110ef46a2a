/// The largest hash that still counts: a hash meets the target when it is not above it. Exact, 256 bits.
public struct Target: Hashable, Sendable {
  public let number: UInt256

  public init(_ number: UInt256) { self.number = number }

  public static let easiest = Target(.max)

  /// Whether `hash` counts.
  @inlinable
  public func isMet(by hash: Hash256) -> Bool { !(number < hash.number) }

  /// Whether fewer hashes meet this target than `other`.
  public func isHarder(than other: Target) -> Bool { number < other.number }
}

extension Target: Comparable {
  /// Ordered as numbers: a *smaller* target is a *harder* one.
  public static func < (a: Target, b: Target) -> Bool { a.number < b.number }
}

extension Target {
  public enum CompactError: Error, Equatable {
    case negative, zero, overflow
  }

  /// Expands the compact form of a block header.
  /// - Throws: `.zero` when it encodes zero, `.negative` when its sign bit is set, `.overflow` above 256 bits.
  ///
  /// Source: Bitcoin developer reference, "Target nBits".
  public init(nBits: UInt32) throws(CompactError) {
    let exponent = Int(nBits &>> 24)
    let mantissa = nBits & 0x007f_ffff
    guard mantissa != 0 else { throw .zero }
    guard nBits & 0x0080_0000 == 0 else { throw .negative }
    let significant = 32 - mantissa.leadingZeroBitCount
    guard 8 * (exponent - 3) + significant <= 256 else { throw .overflow }
    let shift = 8 * (exponent - 3)
    let base = UInt256(UInt64(mantissa))
    let number = shift >= 0 ? base &<< shift : base &>> -shift
    guard !number.isZero else { throw .zero }
    self.init(number)
  }

  /// The compact form, rounded down to its 23 significant bits.
  public var nBits: UInt32 {
    var size = (number.bitWidth + 7) / 8
    let reduced = size <= 3 ? number &<< (8 * (3 - size)) : number &>> (8 * (size - 3))
    var mantissa = UInt32(truncatingIfNeeded: reduced.l0)
    if mantissa & 0x0080_0000 != 0 {
      mantissa >>= 8
      size += 1
    }
    return mantissa | UInt32(size) << 24
  }
}
