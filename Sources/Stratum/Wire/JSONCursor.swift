/// A place in a JSON text: where it begins and ends, nothing copied.
struct JSONValue {
  enum Kind: UInt8 {
    case absent, null, `true`, `false`, number, string, array, object
  }

  var kind = Kind.absent
  /// Strings only: a backslash occurs.
  var hasEscapes = false
  /// Strings only: a control character occurs, escaped or U+007F to U+009F.
  var hasControls = false
  /// Of a string: between the quotes.
  var start = 0
  var end = 0

  static let absent = JSONValue()

  var isNothing: Bool { kind == .absent || kind == .null }
  var count: Int { end - start }
}

/// Walks over a line once, checking grammar, UTF-8 and limits. Every load is bounds-checked.
///
/// The line is an argument everywhere, because a stored span needs an experimental feature.
struct JSONCursor {
  var offset: Int
  /// Longest string, in bytes between the quotes.
  let stringLimit: Int

  init(at offset: Int = 0, stringLimit: Int) {
    self.offset = offset
    self.stringLimit = stringLimit
  }

  /// The next byte that is not a blank; it is not consumed. LF cannot occur within a line, and is none.
  @inline(__always)
  mutating func peek(in line: RawSpan) throws(WireError) -> UInt8 {
    while offset < line.byteCount {
      let byte = line.byte(at: offset)
      guard byte == 32 || byte == 9 || byte == 13 else { return byte }
      offset += 1
    }
    throw .notJSON
  }

  @inline(__always)
  mutating func expect(_ byte: UInt8, in line: RawSpan) throws(WireError) {
    guard try peek(in: line) == byte else { throw .notJSON }
    offset += 1
  }

  /// After an opening bracket: whether an element follows. Consumes the closing one.
  @inline(__always)
  mutating func begins(until close: UInt8, in line: RawSpan) throws(WireError) -> Bool {
    guard try peek(in: line) == close else { return true }
    offset += 1
    return false
  }

  /// After an element: whether another one follows. Consumes the comma or the closing bracket.
  @inline(__always)
  mutating func continues(until close: UInt8, in line: RawSpan) throws(WireError) -> Bool {
    let byte = try peek(in: line)
    guard byte == UInt8(ascii: ",") || byte == close else { throw .notJSON }
    offset += 1
    return byte != close
  }

  /// Any value. `depth` counts the containers around it.
  @inline(__always)
  mutating func value(in line: RawSpan, depth: Int) throws(WireError) -> JSONValue {
    if try peek(in: line) == UInt8(ascii: "\"") { return try string(in: line) }
    return try other(in: line, depth: depth)
  }

  private mutating func other(in line: RawSpan, depth: Int) throws(WireError) -> JSONValue {
    var value = JSONValue(start: offset)
    switch line.byte(at: offset) {
    case UInt8(ascii: "{"):
      try skipObject(in: line, depth: depth + 1)
      value.kind = .object
    case UInt8(ascii: "["):
      try skipArray(in: line, depth: depth + 1)
      value.kind = .array
    case UInt8(ascii: "n"):
      try literal("null", in: line)
      value.kind = .null
    case UInt8(ascii: "t"):
      try literal("true", in: line)
      value.kind = .true
    case UInt8(ascii: "f"):
      try literal("false", in: line)
      value.kind = .false
    default:
      try number(in: line)
      value.kind = .number
    }
    value.end = offset
    return value
  }

  private mutating func skipArray(in line: RawSpan, depth: Int) throws(WireError) {
    guard depth <= Limits.jsonDepth else { throw .tooDeep }
    offset += 1
    guard try begins(until: UInt8(ascii: "]"), in: line) else { return }
    repeat { _ = try value(in: line, depth: depth) } while try continues(until: UInt8(ascii: "]"), in: line)
  }

  private mutating func skipObject(in line: RawSpan, depth: Int) throws(WireError) {
    guard depth <= Limits.jsonDepth else { throw .tooDeep }
    offset += 1
    guard try begins(until: UInt8(ascii: "}"), in: line) else { return }
    var keys = SeenKeys()
    repeat {
      try keys.insert(try key(in: line), in: line)
      _ = try value(in: line, depth: depth)
    } while try continues(until: UInt8(ascii: "}"), in: line)
  }

  /// A key and its colon. No client or pool escapes its keys; refusing that makes keys comparable as bytes.
  @inline(__always)
  mutating func key(in line: RawSpan) throws(WireError) -> JSONValue {
    guard try peek(in: line) == UInt8(ascii: "\"") else { throw .notJSON }
    let key = try string(in: line)
    guard !key.hasEscapes else { throw .escapedKey }
    try expect(UInt8(ascii: ":"), in: line)
    return key
  }

  private mutating func literal(_ text: StaticString, in line: RawSpan) throws(WireError) {
    guard line.holds(text, at: offset) else { throw .notJSON }
    offset += text.utf8CodeUnitCount
  }

  /// A number in JSON's grammar: no leading zero or plus, no `NaN`, no hex.
  mutating func number(in line: RawSpan) throws(WireError) {
    if line.byte(orZeroAt: offset) == UInt8(ascii: "-") { offset += 1 }
    let integerStart = offset
    try digits(in: line)
    let hasLeadingZero = line.byte(at: integerStart) == UInt8(ascii: "0") && offset - integerStart > 1
    guard !hasLeadingZero else { throw .notJSON }
    if line.byte(orZeroAt: offset) == UInt8(ascii: ".") {
      offset += 1
      try digits(in: line)
    }
    if line.byte(orZeroAt: offset) | 32 == UInt8(ascii: "e") {
      offset += 1
      let sign = line.byte(orZeroAt: offset)
      if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
      try digits(in: line)
    }
  }

  private mutating func digits(in line: RawSpan) throws(WireError) {
    let start = offset
    while line.byte(orZeroAt: offset) &- 48 < 10 { offset += 1 }
    guard offset > start else { throw .notJSON }
  }
}

/// The keys of one object so far: at most `Limits.parameterCount`.
///
/// Compared by a hash first, so that long keys that differ at their ends cost a sender as much as they cost us.
struct SeenKeys {
  private struct Key {
    let hash: UInt64
    let start: Int
    let count: Int
  }

  private var keys: [Key] = []

  mutating func insert(_ key: JSONValue, in line: RawSpan) throws(WireError) {
    guard keys.count < Limits.parameterCount else { throw .tooManyParameters }
    let hash = line.hash(key.start..<key.end)
    for earlier in keys where earlier.hash == hash && earlier.count == key.count {
      guard !line.isEqual(earlier.start, key.start, count: key.count) else { throw .duplicateKey }
    }
    keys.append(Key(hash: hash, start: key.start, count: key.count))
  }
}

extension RawSpan {
  @inline(__always)
  func byte(at offset: Int) -> UInt8 { unsafeLoad(fromByteOffset: offset, as: UInt8.self) }

  /// 0, which is never part of a token, beyond the end.
  @inline(__always)
  func byte(orZeroAt offset: Int) -> UInt8 { offset < byteCount ? byte(at: offset) : 0 }

  @inline(__always)
  func holds(_ text: StaticString, at offset: Int) -> Bool {
    let count = text.utf8CodeUnitCount
    guard count <= byteCount - offset else { return false }
    for i in 0..<count where byte(at: offset + i) != text.utf8Start[i] { return false }
    return true
  }

  /// FNV-1a.
  func hash(_ range: Range<Int>) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for offset in range { hash = (hash ^ UInt64(byte(at: offset))) &* 0x100_0000_01b3 }
    return hash
  }

  func isEqual(_ first: Int, _ second: Int, count: Int) -> Bool {
    for i in 0..<count where byte(at: first + i) != byte(at: second + i) { return false }
    return true
  }
}
