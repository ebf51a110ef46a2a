/// Something to learn or to do, which an operator's key confirms.
///
/// Source: `reference/zion.md` §2.3. What the original promised in ZION is not paid.
public enum Challenge: String, CaseIterable, Hashable, Sendable {
  case quizCryptoBasics = "quiz_crypto_basics"
  case meditationBreath = "meditation_breath"
  case conversationConsciousness = "conversation_consciousness"
  case learningQuantum = "learning_quantum"
  case communityTeaching = "community_teaching"
  case meditationCosmic = "meditation_cosmic"
  case questEnlightenment = "quest_enlightenment"

  public var experience: Experience {
    switch self {
    case .quizCryptoBasics: Experience(100)
    case .meditationBreath: Experience(150)
    case .conversationConsciousness: Experience(500)
    case .learningQuantum: Experience(750)
    case .communityTeaching: Experience(1_500)
    case .meditationCosmic: Experience(2_000)
    case .questEnlightenment: Experience(10_000)
    }
  }

  /// The level that one must have when the credential arrives.
  public var requiredLevel: ConsciousnessLevel {
    switch self {
    case .quizCryptoBasics, .meditationBreath: .physical
    case .conversationConsciousness: .emotional
    case .learningQuantum: .mental
    case .communityTeaching: .sacred
    case .meditationCosmic: .quantum
    case .questEnlightenment: .enlightened
    }
  }

  /// How long it takes.
  public var minutes: Int {
    switch self {
    case .quizCryptoBasics, .meditationBreath: 5
    case .conversationConsciousness: 15
    case .learningQuantum: 30
    case .communityTeaching: 45
    case .meditationCosmic: 60
    case .questEnlightenment: 10_080
    }
  }
}
