import Stratum

/// How much more an hour of work counts when its algorithm is kind to the planet: a weight inside the pot, never a
/// payment on top of it.
///
/// In basis points, 10,000 is plain. Source: design.md §6, `reference/zion.md` §1.3.
public struct EcoFactors: Sendable, Equatable {
  private var overridden: [Algorithm: UInt32]

  /// - Parameter overridden: the operator's own factors, in basis points; 0 lets an algorithm earn nothing.
  public init(overridden: [Algorithm: UInt32] = [:]) { self.overridden = overridden }

  public func basisPoints(for algorithm: Algorithm) -> UInt32 {
    overridden[algorithm] ?? Self.standard(for: algorithm)
  }

  public static func standard(for algorithm: Algorithm) -> UInt32 {
    switch algorithm {
    case .cosmicHarmony: 12_500
    case .yescrypt, .yescryptR8, .yescryptR16, .yescryptR32, .yespower, .yespowerR16: 11_500
    case .sha256d, .scrypt, .kawpow: 10_000
    }
  }
}
