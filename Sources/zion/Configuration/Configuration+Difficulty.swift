import Proxy
import Stratum

extension Configuration {
  /// Where the difficulty of an algorithm's sessions begins, and between what it moves.
  func difficulty(of algorithm: Algorithm) -> DifficultyPlan {
    let range = vardiff.ranges[algorithm] ?? DifficultyRange()
    let bounds = algorithm.difficultyBounds
    return DifficultyPlan(
      vardiff: Vardiff.Settings(
        targetSeconds: vardiff.targetSeconds, minimum: range.minimum ?? bounds.lowerBound,
        maximum: range.maximum ?? bounds.upperBound),
      start: range.start ?? defaultStart(of: algorithm))
  }

  private func defaultStart(of algorithm: Algorithm) -> Difficulty {
    guard case .embedded = local.node, local.isEnabled, pools.isEmpty else { return algorithm.startDifficulty }
    // A fraction of a second of one core.
    let hashesLog2 =
      switch algorithm {
      case .sha256d: 20
      case .cosmicHarmony: 15
      case .scrypt, .yescrypt, .yescryptR8: 7
      case .yescryptR16, .yespower, .yespowerR16: 6
      case .yescryptR32, .kawpow: 5
      }
    let target = Target(UInt256(1) &<< (256 - hashesLog2))
    return target.difficulty(for: algorithm)
  }
}
