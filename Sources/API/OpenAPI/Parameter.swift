import FoundationEssentials

/// Something that a path or a query may say, with its bounds.
struct Parameter: Sendable, Equatable {
  enum Kind: Sendable, Equatable {
    case integer(ClosedRange<Int>, otherwise: Int?)
    /// Text of a length in Unicode scalars, as JSON Schema counts; a narrower alphabet where `isName`.
    case text(length: ClosedRange<Int>, isName: Bool)
    /// One of some words, in any case; the first is meant when nothing is said.
    case choice([String])
    /// Any of some words; none means all.
    case choices([String])
  }

  /// How often something of which any number may be given may be given.
  static let mostChoices = 16

  var name: String
  var kind: Kind
  var summary: String
  var isInPath = false

  /// Letters, digits and `_ - : .`, which accounts, pools and workers are written with.
  static func name(_ name: String, upTo limit: Int = 128, _ summary: String) -> Parameter {
    Parameter(name: name, kind: .text(length: 1...limit, isName: true), summary: summary, isInPath: true)
  }

  static func text(_ name: String, upTo limit: Int, _ summary: String) -> Parameter {
    Parameter(name: name, kind: .text(length: 0...limit, isName: false), summary: summary)
  }

  static func integer(
    _ name: String, _ range: ClosedRange<Int>, otherwise: Int? = nil, inPath: Bool = false, _ summary: String
  ) -> Parameter {
    Parameter(name: name, kind: .integer(range, otherwise: otherwise), summary: summary, isInPath: inPath)
  }

  static func choice(_ name: String, _ words: [String], _ summary: String) -> Parameter {
    Parameter(name: name, kind: .choice(words), summary: summary)
  }

  var schema: JSONTree {
    switch kind {
    case .integer(let range, let otherwise):
      var schema: JSONTree = [
        "type": "integer", "minimum": .integer(range.lowerBound), "maximum": .integer(range.upperBound),
      ]
      if let otherwise { schema["default"] = .integer(otherwise) }
      return schema
    case .text(let length, let isName):
      var schema: JSONTree = [
        "type": "string", "minLength": .integer(length.lowerBound), "maxLength": .integer(length.upperBound),
      ]
      schema["pattern"] = .string(isName ? "^[A-Za-z0-9_.:-]+$" : "^[^\\u0000]*$")
      return schema
    case .choice(let words):
      return ["type": "string", "enum": .array(words.map(JSONTree.string)), "default": .string(words.first ?? "")]
    case .choices(let words):
      return ["type": "array", "items": Schema.words(words), "maxItems": .integer(Self.mostChoices)]
    }
  }

  /// What is asked for, brought into one form, so that the same question has one spelling.
  /// - Throws: what is wrong, as a sentence.
  func check(_ text: String) throws(Refusal) -> String {
    switch kind {
    case .integer(let range, _):
      // As JSON writes it: no plus sign, no zeros before it.
      guard let number = Int(text), String(number) == text, range.contains(number) else {
        throw Refusal(.badRequest, "\(name) is a number from \(range.lowerBound) to \(range.upperBound)")
      }
      return String(number)
    case .text(let length, let isName):
      let isGood = length.contains(text.unicodeScalars.count) && (!isName || text.utf8.allSatisfy(Self.isNameByte))
      guard isGood else {
        let alphabet = isName ? ": letters, digits, _ - : . only" : ""
        throw Refusal(.badRequest, "this is not \(article) \(name)\(alphabet), at most \(length.upperBound)")
      }
      return text
    case .choice(let words), .choices(let words):
      guard let word = words.first(where: { $0.lowercased() == text.lowercased() }) else {
        throw Refusal(.badRequest, "\(name) is one of \(words.joined(separator: ", "))")
      }
      return word
    }
  }

  private var article: String { name.first.map { "aeiou".contains($0) } == true ? "an" : "a" }

  private static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 48...57, 65...90, 97...122, 45, 46, 58, 95: true
    default: false
    }
  }
}
