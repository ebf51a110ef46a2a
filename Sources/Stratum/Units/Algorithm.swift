/// A proof of work that miners can be served.
public enum Algorithm: String, CaseIterable, Hashable, Sendable, Codable {
  case sha256d
  case scrypt
  case cosmicHarmony = "cosmic_harmony"
  case yescrypt, yescryptR8, yescryptR16, yescryptR32
  case yespower, yespowerR16
  case kawpow

  /// What miners and pools of this algorithm say to each other.
  public enum Dialect: Sendable { case bitcoin, kawpow }

  public var dialect: Dialect { self == .kawpow ? .kawpow : .bitcoin }

  /// The target of difficulty 1: 0xffff × 2^208 where difficulty 1 is 2^32 hashes, 0xffff × 2^224 where it is 2^16.
  /// KawPow has targets on the wire; its difficulty, as pools show it, is in 2^32 hashes.
  public var difficultyOneTarget: Target {
    switch self {
    case .sha256d, .kawpow: Target(UInt256(0xffff_0000, 0, 0, 0))
    case .scrypt, .cosmicHarmony, .yescrypt, .yescryptR8, .yescryptR16, .yescryptR32, .yespower, .yespowerR16:
      Target(UInt256(0x0000_ffff_0000_0000, 0, 0, 0))
    }
  }

  /// Whether a verify is too slow for an event loop and belongs to the verifier pool.
  public var isHeavy: Bool {
    switch self {
    case .sha256d, .cosmicHarmony: false
    case .scrypt, .yescrypt, .yescryptR8, .yescryptR16, .yescryptR32, .yespower, .yespowerR16, .kawpow: true
    }
  }

  /// What a verify costs one core, in microseconds, as fair queues count it. Measured on one machine and rounded:
  /// only their proportions matter.
  public var verifyMicroseconds: Int {
    switch self {
    case .sha256d: 1
    case .cosmicHarmony: 2
    case .scrypt: 160
    case .yescrypt, .yescryptR8: 1000
    case .yescryptR16: 4000
    case .yescryptR32: 8000
    case .yespower, .yespowerR16: 3500
    // Alone; a third of it in company.
    case .kawpow: 5000
    }
  }

  /// Whether header version bits may be rolled (BIP 320 reserves them for ASICs of the Bitcoin family).
  public var allowsVersionRolling: Bool { self == .sha256d }

  /// Difficulty for a session of which nothing is known yet: what a common machine of this algorithm finds several
  /// times a minute.
  public var startDifficulty: Difficulty {
    switch self {
    case .sha256d: Difficulty(clamping: 1024)
    case .scrypt: Difficulty(clamping: 16)
    case .cosmicHarmony: Difficulty(clamping: 64)
    case .yescrypt, .yescryptR8: Difficulty(clamping: 0.5)
    case .yescryptR16, .yespower, .yespowerR16: Difficulty(clamping: 0.125)
    case .yescryptR32: Difficulty(clamping: 0.0625)
    case .kawpow: Difficulty(clamping: 0.0625)
    }
  }

  /// Between which difficulties a session may be, where the operator says nothing.
  public var difficultyBounds: ClosedRange<Difficulty> {
    switch self {
    case .sha256d, .scrypt, .cosmicHarmony: Difficulty(clamping: 1e-6)...Difficulty(clamping: 1e12)
    case .yescrypt, .yescryptR8, .yescryptR16, .yescryptR32, .yespower, .yespowerR16:
      Difficulty(clamping: 1e-5)...Difficulty(clamping: 1e9)
    // One share in four hashes at the least: a processor without the DAG tries some hundred a second.
    case .kawpow: Difficulty(clamping: 1e-9)...Difficulty(clamping: 1e9)
    }
  }
}

extension Algorithm {
  /// The algorithm's number in journals and in block versions, 1 to 15: never changed, never used again.
  public var number: UInt8 {
    switch self {
    case .sha256d: 1
    case .scrypt: 2
    case .cosmicHarmony: 3
    case .yescrypt: 4
    case .yescryptR8: 5
    case .yescryptR16: 6
    case .yescryptR32: 7
    case .yespower: 8
    case .yespowerR16: 9
    case .kawpow: 10
    }
  }

  public init?(number: UInt8) {
    guard let algorithm = Algorithm.allCases.first(where: { $0.number == number }) else { return nil }
    self = algorithm
  }

  /// By its name, in any case, with `-` for `_`, or by one of the short names that miners' options use.
  public init?(named text: some StringProtocol) {
    let name = text.lowercased().replacing("-", with: "_")
    if let exact = Self.allCases.first(where: { $0.rawValue.lowercased() == name }) {
      self = exact
      return
    }
    switch name {
    case "cosmic", "cosmicharmony": self = .cosmicHarmony
    case "sha256": self = .sha256d
    case "kp", "kaw": self = .kawpow
    default: return nil
    }
  }

  /// The algorithm that a password or the name of a mining program mentions: ZION's old miners say it that way.
  /// Of several, the longest name counts.
  ///
  /// Source: `reference/zion.md` §3.1.
  public init?(mentionedIn text: some StringProtocol) {
    let text = text.lowercased()
    let names = Self.allCases.map { ($0.rawValue.lowercased(), $0) } + [("cosmic", .cosmicHarmony)]
    let known = names.filter { text.contains($0.0) }.max { $0.0.utf8.count < $1.0.utf8.count }
    guard let known else { return nil }
    self = known.1
  }

  /// The algorithm that a mining program is known for, or names in its user agent.
  public init?(userAgent: some StringProtocol) {
    if let named = Algorithm(mentionedIn: userAgent) {
      self = named
    } else if userAgent.lowercased().contains("srbminer") {
      self = .kawpow
    } else {
      return nil
    }
  }
}
