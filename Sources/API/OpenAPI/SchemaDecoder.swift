/// Decodes a type from nothing and writes down what it asks for: of a member that may be absent it is asked first
/// whether it is there.
final class SchemaNote {
  private(set) var schema: JSONTree = [:]
  fileprivate var optional: Set<String> = []

  private static let primitives: [ObjectIdentifier: (sample: any Decodable & Sendable, schema: JSONTree)] = [
    ObjectIdentifier(Bool.self): (false, ["type": "boolean"]),
    ObjectIdentifier(String.self): ("", ["type": "string"]),
    ObjectIdentifier(Double.self): (0.0, ["type": "number"]),
    ObjectIdentifier(Int.self): (0, ["type": "integer"]),
    ObjectIdentifier(Int64.self): (Int64(0), ["type": "integer"]),
    ObjectIdentifier(UInt32.self): (UInt32(0), ["type": "integer", "minimum": 0]),
    ObjectIdentifier(UInt64.self): (UInt64(0), ["type": "integer", "minimum": 0]),
  ]

  static func sample<Value: Decodable>(of type: Value.Type) throws -> (value: Value, schema: JSONTree) {
    if let known = primitives[ObjectIdentifier(type)], let value = known.sample as? Value {
      return (value, known.schema)
    }
    if let described = type as? any SchemaDescribed.Type, let value = described.sample as? Value {
      return (value, described.schema)
    }
    let note = SchemaNote()
    let value = try Value(from: SchemaDecoder(note: note))
    return (value, note.schema)
  }

  fileprivate func become(_ schema: JSONTree) { self.schema = schema }

  fileprivate func add(_ name: String, _ member: JSONTree) {
    var properties = schema["properties"] ?? [:]
    properties[name] = member
    schema["type"] = "object"
    schema["properties"] = properties
    guard !optional.contains(name) else { return }
    var required: [JSONTree] = if case .array(let names)? = schema["required"] { names } else { [] }
    if !required.contains(.string(name)) { required.append(.string(name)) }
    schema["required"] = .array(required)
  }
}

private struct SchemaDecoder: Decoder {
  let note: SchemaNote
  var codingPath: [any CodingKey] { [] }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    // What takes any key is a dictionary.
    let wildcard = Key(stringValue: "*")
    // A page of two parts asks twice, for one object.
    if wildcard != nil {
      note.become(["type": "object", "additionalProperties": [:]])
    } else if note.schema["type"] != "object" {
      note.become(["type": "object"])
    }
    return KeyedDecodingContainer(Members(note: note, wildcard: wildcard))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    note.become(["type": "array", "items": [:]])
    return Elements(note: note)
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { Single(note: note) }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let note: SchemaNote
  let wildcard: Key?
  var codingPath: [any CodingKey] { [] }
  var allKeys: [Key] { wildcard.map { [$0] } ?? [] }

  func contains(_ key: Key) -> Bool {
    note.optional.insert(key.stringValue)
    return true
  }
  func decodeNil(forKey key: Key) throws -> Bool { false }

  func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
    let (value, schema) = try SchemaNote.sample(of: type)
    if wildcard != nil {
      note.become(["type": "object", "additionalProperties": schema])
    } else {
      note.add(key.stringValue, schema)
    }
    return value
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> { throw NoSchema(what: key.stringValue) }
  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    throw NoSchema(what: key.stringValue)
  }
  func superDecoder() throws -> any Decoder { throw NoSchema(what: "super") }
  func superDecoder(forKey key: Key) throws -> any Decoder { throw NoSchema(what: key.stringValue) }
}

/// One element, which stands for all.
private struct Elements: UnkeyedDecodingContainer {
  let note: SchemaNote
  var codingPath: [any CodingKey] { [] }
  var count: Int? { 1 }
  var isAtEnd: Bool { currentIndex > 0 }
  private(set) var currentIndex = 0

  init(note: SchemaNote) { self.note = note }

  mutating func decodeNil() throws -> Bool { false }

  mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let (value, schema) = try SchemaNote.sample(of: type)
    note.become(["type": "array", "items": schema])
    currentIndex += 1
    return value
  }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> { throw NoSchema(what: "element") }
  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NoSchema(what: "element") }
  mutating func superDecoder() throws -> any Decoder { throw NoSchema(what: "super") }
}

private struct Single: SingleValueDecodingContainer {
  let note: SchemaNote
  var codingPath: [any CodingKey] { [] }

  func decodeNil() -> Bool { false }

  func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
    let (value, schema) = try SchemaNote.sample(of: type)
    note.become(schema)
    return value
  }
}

/// A type whose decoding cannot be followed: let it be `SchemaDescribed`.
struct NoSchema: Error, Equatable {
  var what: String
}
