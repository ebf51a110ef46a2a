/// A proof of work that miners can be served.
public enum Algorithm: String, CaseIterable, Hashable, Sendable, Codable {
  case sha256d
  case scrypt
  case cosmicHarmony = "cosmic_harmony"

  /// The target of difficulty 1: 0xffff × 2^208 where difficulty 1 is 2^32 hashes, 0xffff × 2^224 where it is 2^16.
  public var difficultyOneTarget: Target {
    switch self {
    case .sha256d: Target(UInt256(0xffff_0000, 0, 0, 0))
    case .scrypt, .cosmicHarmony: Target(UInt256(0x0000_ffff_0000_0000, 0, 0, 0))
    }
  }

  /// Whether a verify is too slow for an event loop and belongs to the verifier pool.
  public var isHeavy: Bool {
    switch self {
    case .sha256d, .cosmicHarmony: false
    case .scrypt: true
    }
  }

  /// Whether header version bits may be rolled (BIP 320 reserves them for ASICs of the Bitcoin family).
  public var allowsVersionRolling: Bool { self == .sha256d }

  /// Difficulty for a session of which nothing is known yet.
  public var startDifficulty: Difficulty {
    switch self {
    case .sha256d: Difficulty(clamping: 1024)
    case .scrypt: Difficulty(clamping: 16)
    case .cosmicHarmony: Difficulty(clamping: 64)
    }
  }
}
