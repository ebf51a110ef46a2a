/// The nine levels of the consciousness game. A level multiplies its miner's weight in the bonus pot, and nothing else.
///
/// Source: `reference/zion.md` §2.1, variant A.
public enum ConsciousnessLevel: Int, CaseIterable, Hashable, Sendable, Comparable {
  case physical = 1
  case emotional, mental, sacred, quantum, cosmic, enlightened, transcendent, onTheStar

  /// The highest level that `experience` reaches.
  public init(for experience: Experience) {
    self = Self.allCases.last { $0.threshold <= experience } ?? .physical
  }

  /// As the original's API spells it.
  public var name: String {
    switch self {
    case .physical: "PHYSICAL"
    case .emotional: "EMOTIONAL"
    case .mental: "MENTAL"
    case .sacred: "SACRED"
    case .quantum: "QUANTUM"
    case .cosmic: "COSMIC"
    case .enlightened: "ENLIGHTENED"
    case .transcendent: "TRANSCENDENT"
    case .onTheStar: "ON_THE_STAR"
    }
  }

  public var icon: String {
    switch self {
    case .physical: "🪨"
    case .emotional: "💧"
    case .mental: "🧠"
    case .sacred: "🕉️"
    case .quantum: "⚛️"
    case .cosmic: "🌌"
    case .enlightened: "✨"
    case .transcendent: "🔮"
    case .onTheStar: "⭐"
    }
  }

  public var summary: String {
    switch self {
    case .physical: "Physical Body - Beginning the Journey"
    case .emotional: "Emotional Awareness - Feeling the Flow"
    case .mental: "Mental Clarity - Understanding Patterns"
    case .sacred: "Sacred Geometry - Seeing the Divine"
    case .quantum: "Quantum Reality - Probability Waves"
    case .cosmic: "Cosmic Consciousness - Universal Mind"
    case .enlightened: "Enlightenment - Pure Awareness"
    case .transcendent: "Transcendent - Beyond Duality"
    case .onTheStar: "On The Star - Maitreya's Realm"
    }
  }

  /// The experience with which the level begins.
  public var threshold: Experience {
    switch self {
    case .physical: Experience(0)
    case .emotional: Experience(1_000)
    case .mental: Experience(5_000)
    case .sacred: Experience(15_000)
    case .quantum: Experience(40_000)
    case .cosmic: Experience(100_000)
    case .enlightened: Experience(250_000)
    case .transcendent: Experience(500_000)
    case .onTheStar: Experience(1_000_000)
    }
  }

  /// In basis points: 10,000 is once.
  public var multiplierBasisPoints: UInt32 {
    switch self {
    case .physical: 10_000
    case .emotional: 10_500
    case .mental: 11_000
    case .sacred: 12_500
    case .quantum: 15_000
    case .cosmic: 20_000
    case .enlightened: 30_000
    case .transcendent: 50_000
    case .onTheStar: 100_000
    }
  }

  /// `nil` after the last.
  public var next: ConsciousnessLevel? { ConsciousnessLevel(rawValue: rawValue + 1) }

  public static func < (a: ConsciousnessLevel, b: ConsciousnessLevel) -> Bool { a.rawValue < b.rawValue }
}
