import Glibc

/// What the load generator needs to see in a line, found without parsing all of it: its time is the server's time.
extension UnsafeRawBufferPointer {
  /// Where `text` starts, at or after `from`.
  func find(_ text: StaticString, from: Int = 0) -> Int? {
    let size = text.utf8CodeUnitCount
    guard size > 0, let base = baseAddress else { return nil }
    var at = from
    while at + size <= count, let hit = memchr(base + at, Int32(text.utf8Start.pointee), count - at - size + 1) {
      at = UnsafeRawPointer(hit) - base
      if memcmp(base + at, text.utf8Start, size) == 0 { return at }
      at += 1
    }
    return nil
  }

  func contains(_ text: StaticString) -> Bool { find(text) != nil }

  /// The number or string after `"key":`, as it is written.
  func rawValue(after key: StaticString) -> ArraySlice<UInt8>? {
    guard let key = find(key) else { return nil }
    let rest = self[(key + 1)...].drop { $0 != UInt8(ascii: ":") }.dropFirst().drop { $0 == UInt8(ascii: " ") }
    return Array(rest.prefix { $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "}") })[...]
  }
}

/// A JSON value as far as stratum servers use them.
indirect enum ServerValue {
  case string(String)
  case number(Double)
  case bool(Bool)
  case null
  case array([ServerValue])
  case object([String: ServerValue])

  var string: String? { if case .string(let text) = self { text } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  var array: [ServerValue]? { if case .array(let values) = self { values } else { nil } }

  subscript(key: String) -> ServerValue? { if case .object(let members) = self { members[key] } else { nil } }
  subscript(index: Int) -> ServerValue? {
    if case .array(let values) = self, values.indices.contains(index) { values[index] } else { nil }
  }

  /// `nil` when `text` is not one value. Escapes are kept as they are: no server sends them where we look.
  init?(_ text: some Sequence<UInt8>) {
    var reader = Reader(bytes: Array(text))
    guard let value = reader.value(depth: 0) else { return nil }
    self = value
  }

  private struct Reader {
    let bytes: [UInt8]
    var at = 0

    mutating func next() -> UInt8? {
      while at < bytes.count, bytes[at] == 32 || bytes[at] == 9 || bytes[at] == 13 { at += 1 }
      return at < bytes.count ? bytes[at] : nil
    }

    mutating func value(depth: Int) -> ServerValue? {
      guard depth < 8, let first = next() else { return nil }
      switch first {
      case UInt8(ascii: "\""): return string().map { .string($0) }
      case UInt8(ascii: "["): return array(depth: depth)
      case UInt8(ascii: "{"): return object(depth: depth)
      default: return word()
      }
    }

    mutating func string() -> String? {
      guard next() == UInt8(ascii: "\"") else { return nil }
      let start = at + 1
      var end = start
      while end < bytes.count, bytes[end] != UInt8(ascii: "\"") { end += bytes[end] == UInt8(ascii: "\\") ? 2 : 1 }
      guard end < bytes.count else { return nil }
      at = end + 1
      return String(decoding: bytes[start..<end], as: UTF8.self)
    }

    mutating func array(depth: Int) -> ServerValue? {
      var values: [ServerValue] = []
      at += 1
      while let byte = next(), byte != UInt8(ascii: "]") {
        if byte == UInt8(ascii: ",") { at += 1 }
        guard let value = value(depth: depth + 1) else { return nil }
        values.append(value)
      }
      at += 1
      return .array(values)
    }

    mutating func object(depth: Int) -> ServerValue? {
      var members: [String: ServerValue] = [:]
      at += 1
      while let byte = next(), byte != UInt8(ascii: "}") {
        if byte == UInt8(ascii: ",") { at += 1 }
        guard let key = string(), next() == UInt8(ascii: ":") else { return nil }
        at += 1
        guard let value = value(depth: depth + 1) else { return nil }
        members[key] = value
      }
      at += 1
      return .object(members)
    }

    mutating func word() -> ServerValue? {
      let start = at
      while at < bytes.count, !",]} ".utf8.contains(bytes[at]) { at += 1 }
      switch String(decoding: bytes[start..<at], as: UTF8.self) {
      case "true": return .bool(true)
      case "false": return .bool(false)
      case "null": return .null
      case let text: return Double(text).map { .number($0) }
      }
    }
  }
}
