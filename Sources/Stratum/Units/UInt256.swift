/// An unsigned 256-bit integer: four 64-bit limbs, `l0` least significant.
///
/// Only what targets and work need: comparison, addition, subtraction, shifts and division.
public struct UInt256: Hashable, Sendable {
  public var l0, l1, l2, l3: UInt64

  public init(_ l3: UInt64, _ l2: UInt64, _ l1: UInt64, _ l0: UInt64) {
    self.l0 = l0
    self.l1 = l1
    self.l2 = l2
    self.l3 = l3
  }

  public init(_ value: UInt64) { self.init(0, 0, 0, value) }

  public static let zero = UInt256(0)
  public static let max = UInt256(.max, .max, .max, .max)

  /// With its 32 bytes in the opposite order.
  public var byteSwapped: UInt256 { UInt256(l0.byteSwapped, l1.byteSwapped, l2.byteSwapped, l3.byteSwapped) }

  public var isZero: Bool { l0 | l1 | l2 | l3 == 0 }

  /// Number of significant bits, 0 for zero.
  public var bitWidth: Int {
    if l3 != 0 { return 256 - l3.leadingZeroBitCount }
    if l2 != 0 { return 192 - l2.leadingZeroBitCount }
    if l1 != 0 { return 128 - l1.leadingZeroBitCount }
    return 64 - l0.leadingZeroBitCount
  }

  /// The nearest `Double`, for display only.
  public var approximate: Double {
    let scale = 18_446_744_073_709_551_616.0
    return ((Double(l3) * scale + Double(l2)) * scale + Double(l1)) * scale + Double(l0)
  }
}

extension UInt256: Comparable {
  @inlinable
  public static func < (a: UInt256, b: UInt256) -> Bool {
    if a.l3 != b.l3 { return a.l3 < b.l3 }
    if a.l2 != b.l2 { return a.l2 < b.l2 }
    if a.l1 != b.l1 { return a.l1 < b.l1 }
    return a.l0 < b.l0
  }
}

extension UInt256 {
  /// Sum modulo 2^256, and whether it overflowed.
  public func addingReportingOverflow(_ other: UInt256) -> (partialValue: UInt256, overflow: Bool) {
    var result = UInt256.zero
    var carry = false
    (result.l0, carry) = Self.add(l0, other.l0, carry)
    (result.l1, carry) = Self.add(l1, other.l1, carry)
    (result.l2, carry) = Self.add(l2, other.l2, carry)
    (result.l3, carry) = Self.add(l3, other.l3, carry)
    return (result, carry)
  }

  public static func &- (a: UInt256, b: UInt256) -> UInt256 {
    let complement = UInt256(~b.l3, ~b.l2, ~b.l1, ~b.l0)
    return a.addingReportingOverflow(complement).partialValue.addingReportingOverflow(UInt256(1)).partialValue
  }

  private static func add(_ a: UInt64, _ b: UInt64, _ carry: Bool) -> (UInt64, Bool) {
    let (sum, first) = a.addingReportingOverflow(b)
    let (total, second) = sum.addingReportingOverflow(carry ? 1 : 0)
    return (total, first || second)
  }

  private init(high: UInt128, low: UInt128) {
    self.init(UInt64(high >> 64), UInt64(truncatingIfNeeded: high), UInt64(low >> 64), UInt64(truncatingIfNeeded: low))
  }

  private var high: UInt128 { UInt128(l3) << 64 | UInt128(l2) }
  private var low: UInt128 { UInt128(l1) << 64 | UInt128(l0) }

  /// Shift left; bits that leave the top are lost. `count` of 256 or more gives zero.
  public static func &<< (value: UInt256, count: Int) -> UInt256 {
    // Plain shifts give zero beyond the width, which is what is wanted here.
    UInt256(
      high: value.high << count | (count < 128 ? value.low >> (128 - count) : value.low << (count - 128)),
      low: value.low << count)
  }

  /// Shift right. `count` of 256 or more gives zero.
  public static func &>> (value: UInt256, count: Int) -> UInt256 {
    UInt256(
      high: value.high >> count,
      low: value.low >> count | (count < 128 ? value.high << (128 - count) : value.high >> (count - 128)))
  }

  /// Quotient and remainder by binary long division: at most 256 steps, for targets, not for the way of a share.
  /// A divisor of zero gives `(max, zero)`, the limit from above.
  public func quotientAndRemainder(dividingBy divisor: UInt256) -> (quotient: UInt256, remainder: UInt256) {
    guard !divisor.isZero else { return (.max, .zero) }
    guard divisor <= self else { return (.zero, self) }
    var remainder = self
    var quotient = UInt256.zero
    var shift = bitWidth - divisor.bitWidth
    var step = divisor &<< shift
    while shift >= 0 {
      quotient = quotient &<< 1
      if step <= remainder {
        remainder = remainder &- step
        quotient.l0 |= 1
      }
      step = step &>> 1
      shift -= 1
    }
    return (quotient, remainder)
  }
}

extension UInt256 {
  /// The number whose little-endian bytes these are: byte 31 is the most significant. `nil` unless there are 32.
  public init?(littleEndian bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    self = .zero
    for (i, byte) in bytes.enumerated() {
      let part = UInt64(byte) &<< UInt64(8 * (i % 8))
      switch i / 8 {
      case 0: l0 |= part
      case 1: l1 |= part
      case 2: l2 |= part
      default: l3 |= part
      }
    }
  }

  /// 32 bytes, least significant first.
  public var littleEndianBytes: [UInt8] {
    [l0, l1, l2, l3].flatMap { limb in (0..<8).map { UInt8(truncatingIfNeeded: limb &>> UInt64(8 * $0)) } }
  }

  /// 64 hex digits, most significant first: the way nodes print hashes and targets.
  public var hex: String { Hex.encode(littleEndianBytes.reversed()) }

  /// From 64 hex digits, most significant first. `nil` for anything else.
  public init?(hex: some StringProtocol) {
    guard let bytes = Hex.decode(hex), bytes.count == 32 else { return nil }
    self.init(littleEndian: bytes.reversed())
  }
}
