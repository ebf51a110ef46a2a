/// Why a source was not chosen. Most are never read, so that the words are made when someone does.
public enum Rejection: Sendable, Equatable {
  case words(String)
  case unknown
  /// Work is there, and goes elsewhere.
  case left
  /// Both in natural logarithms.
  case littleGain(Double, threshold: Double)
  case worse(than: String)
}

extension Rejection: CustomStringConvertible {
  public var description: String {
    switch self {
    case .words(let words): words
    case .unknown: "nothing is known of what it pays"
    case .left: "another is expected to earn more"
    case .littleGain(let gain, let threshold):
      "gain \(Words.percent(gain)) is not above \(Words.percent(threshold))"
    case .worse(let chosen): "\(chosen) is expected to earn more"
    }
  }
}

/// As its words, which is all that a record keeps.
extension Rejection: Codable {
  public static func == (a: Rejection, b: Rejection) -> Bool { a.description == b.description }

  public init(from decoder: any Decoder) throws {
    self = .words(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
