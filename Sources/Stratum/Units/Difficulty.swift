/// How a target is written on the wire: finite and above zero. What it means in hashes is the algorithm's convention.
public struct Difficulty: Hashable, Sendable, Comparable {
  public let value: Double

  public enum Invalid: Error, Equatable {
    case notPositive, notFinite
  }

  public init(_ value: Double) throws(Invalid) {
    guard value.isFinite else { throw .notFinite }
    guard value > 0 else { throw .notPositive }
    self.value = value
  }

  /// For constants: anything that is not a difficulty becomes the least one.
  public init(clamping value: Double) {
    self.value = value.isFinite && value > 0 ? value : .leastNormalMagnitude
  }

  public static func < (a: Difficulty, b: Difficulty) -> Bool { a.value < b.value }

  /// The target of this difficulty: ⌊difficulty-1 target ÷ difficulty⌋, exact in integers, at least 1.
  public func target(for algorithm: Algorithm) -> Target {
    // value = significand × 2^exponent with a 53-bit integer significand.
    let significand = UInt64(value.significandBitPattern | 1 << 52)
    let exponent = Int(value.exponent) - 52
    let one = algorithm.difficultyOneTarget.number
    guard value.isNormal else { return .easiest }
    // Shift up as far as there is room, divide, and undo the shift together with the exponent.
    let room = 256 - one.bitWidth
    let divisor = UInt256(significand)
    let (quotient, remainder) = (one &<< room).quotientAndRemainder(dividingBy: divisor)
    let shift = room + exponent
    guard shift < 256 else { return Target(UInt256(1)) }
    if shift < 0 {
      guard quotient.bitWidth - shift <= 256 else { return .easiest }
      // The remainder is below 2^53 and −shift at most 53 here, so the lower part is exact too.
      let lower = (remainder &<< -shift).quotientAndRemainder(dividingBy: divisor).quotient
      return Target((quotient &<< -shift).addingReportingOverflow(lower).partialValue)
    }
    let number = quotient &>> shift
    return Target(number.isZero ? UInt256(1) : number)
  }

  /// Three significant bits: dashboards and caches see few values, and the step is at most an eighth.
  public var snapped: Difficulty {
    let unit = Double(sign: .plus, exponent: value.exponent - 2, significand: 1)
    return Difficulty(clamping: (value / unit).rounded(.down) * unit)
  }
}

extension Target {
  /// The difficulty shown for this target; the nearest `Double`.
  public func difficulty(for algorithm: Algorithm) -> Difficulty {
    Difficulty(clamping: algorithm.difficultyOneTarget.number.approximate / Swift.max(number.approximate, 1))
  }
}
