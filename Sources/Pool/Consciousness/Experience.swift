import Stratum

/// Experience points: 0 to `Int64.max`, as a database keeps them. Sums saturate.
public struct Experience: Hashable, Sendable, Comparable {
  public let points: Int64

  /// Below zero is zero.
  public init(_ points: Int64) { self.points = max(0, points) }

  public static let zero = Experience(0)

  public static func + (a: Experience, b: Experience) -> Experience {
    let (sum, overflow) = a.points.addingReportingOverflow(b.points)
    return Experience(overflow ? .max : sum)
  }

  public static func += (a: inout Experience, b: Experience) { a = a + b }

  public static func < (a: Experience, b: Experience) -> Bool { a.points < b.points }

  /// `count` times as much; a negative count is none.
  public static func * (each: Experience, count: Int64) -> Experience {
    let (product, overflow) = each.points.multipliedReportingOverflow(by: max(0, count))
    return Experience(overflow ? .max : product)
  }
}

extension Experience {
  /// For a block, to the one who really found it, once it is mature.
  public static let foundBlock = Experience(1_000)
  /// For the work of one reference share.
  public static let referenceShare = Experience(10)
  static let meditationHour = Experience(500)
  static let karmaPoint = Experience(250)

  /// By all the work that an account ever did with each algorithm: Σ ⌊10 × work ÷ reference work⌋.
  ///
  /// Computed from totals, so that neither a share's difficulty nor the number of messages earns anything.
  public init(by work: [Algorithm: ShareWork]) {
    self = work.reduce(.zero) { sum, item in
      let (product, overflow) = UInt256(wide: item.value.hashes)
        .multipliedReportingOverflow(by: UInt64(Self.referenceShare.points))
      let quotient = product.quotientAndRemainder(dividingBy: UInt256(wide: item.key.referenceWork.hashes)).quotient
      return sum + Experience(overflow ? .max : quotient.clampedToInt64)
    }
  }
}

extension Algorithm {
  /// The work of a share that a common machine finds several times a minute: one at the algorithm's start difficulty,
  /// rounded to the power of two that it is within 1 part in 65,535.
  ///
  /// Stands here by itself, for whoever changes a start difficulty must not change everybody's experience.
  public var referenceWork: ShareWork {
    let bits: UInt128 =
      switch self {
      case .sha256d: 42
      case .scrypt: 20
      case .cosmicHarmony: 22
      case .yescrypt, .yescryptR8: 15
      case .yescryptR16, .yespower, .yespowerR16: 13
      case .yescryptR32: 12
      case .kawpow: 28
      }
    return ShareWork(hashes: 1 << bits)
  }
}
