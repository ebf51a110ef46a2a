import Foundation

/// Where in a JSON text something is: `/data/0/price`. Source: RFC 6901.
struct JSONPointer: Sendable, Equatable {
  let text: String
  private let steps: [String]

  init(_ text: String) throws(Wrong) {
    let example = "a JSON pointer, such as /data/0/price"
    guard text.hasPrefix("/"), text.utf8.count <= 512 else {
      throw Wrong("“\(text.prefix(64))” is not a JSON pointer", example)
    }
    let steps = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard steps.count <= 32 else { throw Wrong("the pointer has more than 32 steps", example) }
    for step in steps {
      for piece in step.split(separator: "~", omittingEmptySubsequences: false).dropFirst()
      where piece.first != "0" && piece.first != "1" {
        throw Wrong("“\(text.prefix(64))” has a ~ that is not ~0 or ~1", example)
      }
    }
    self.text = text
    self.steps = steps.map { String($0).replacing("~1", with: "/").replacing("~0", with: "~") }
  }

  /// The value there; `nil` when it leads nowhere.
  func value(in tree: JSONTree) -> JSONTree? {
    var place = tree
    for step in steps {
      switch place {
      case .object(let members):
        guard let next = members[step] else { return nil }
        place = next
      case .array(let elements):
        // No sign, no leading zeros.
        guard let index = Int(step), String(index) == step, elements.indices.contains(index) else { return nil }
        place = elements[index]
      default: return nil
      }
    }
    return place
  }
}

/// Any JSON value.
enum JSONTree: Decodable, Sendable, Equatable {
  case null
  case boolean(Bool)
  case number(Double)
  case string(String)
  case array([JSONTree])
  case object([String: JSONTree])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .boolean(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONTree].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONTree].self))
    }
  }

  /// `nil` when it is not JSON.
  init?(_ bytes: Data) {
    guard let tree = try? JSONDecoder().decode(JSONTree.self, from: bytes) else { return nil }
    self = tree
  }

  /// Many exchanges write numbers as text. Finite, without a unit.
  var asNumber: Double? {
    switch self {
    case .number(let value): value.isFinite ? value : nil
    case .string(let text): Self.plainNumber(text)
    default: nil
    }
  }

  /// Digits, a sign, a point and an exponent: no `inf`, no `nan`, no hex.
  static func plainNumber(_ text: some StringProtocol) -> Double? {
    guard text.utf8.count <= 64, text.utf8.allSatisfy({ (48...57).contains($0) || "+-.eE".utf8.contains($0) }) else {
      return nil
    }
    return Double(text).flatMap { $0.isFinite ? $0 : nil }
  }
}
