import Foundation

/// A JSON value as other programs see it: read by Foundation, so that our own parser is not its own judge.
public enum JSON: Equatable, Sendable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSON])
  case object([String: JSON])

  /// `nil` for anything that is not one JSON value.
  public init?(_ text: some DataProtocol) {
    guard let value = try? JSONDecoder().decode(JSON.self, from: Data(text)) else { return nil }
    self = value
  }

  public init(from decoder: any Decoder) throws {
    let value = try decoder.singleValueContainer()
    if value.decodeNil() {
      self = .null
    } else if let bool = try? value.decode(Bool.self) {
      self = .bool(bool)
    } else if let string = try? value.decode(String.self) {
      self = .string(string)
    } else if let number = try? value.decode(Double.self) {
      self = .number(number)
    } else if let array = try? value.decode([JSON].self) {
      self = .array(array)
    } else {
      self = .object(try value.decode([String: JSON].self))
    }
  }

  /// The member of an object, or `null`.
  public subscript(key: String) -> JSON {
    if case .object(let members) = self { members[key] ?? .null } else { .null }
  }

  /// The element of an array, or `null`.
  public subscript(index: Int) -> JSON {
    if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { .null }
  }

  public var string: String? { if case .string(let string) = self { string } else { nil } }
  public var double: Double? { if case .number(let number) = self { number } else { nil } }
  public var int: Int? { double.flatMap { Int(exactly: $0) } }
  public var bool: Bool? { if case .bool(let bool) = self { bool } else { nil } }
  public var array: [JSON] { if case .array(let elements) = self { elements } else { [] } }
  public var object: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
  public var isNull: Bool { self == .null }

  /// Every value below this one that is a member called `key`, at any depth.
  public func all(_ key: String) -> [JSON] {
    switch self {
    case .object(let members):
      (members[key].map { [$0] } ?? []) + members.sorted { $0.key < $1.key }.flatMap { $0.value.all(key) }
    case .array(let elements): elements.flatMap { $0.all(key) }
    case .null, .bool, .number, .string: []
    }
  }
}
