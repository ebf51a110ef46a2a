/// A JSON-RPC object taken apart in one pass: where its members are, and the first parameters.
struct Envelope {
  private(set) var id = JSONValue.absent
  private(set) var method = JSONValue.absent
  private(set) var parameters = JSONValue.absent
  private(set) var result = JSONValue.absent
  private(set) var error = JSONValue.absent
  private(set) var parameterCount = 0
  private var firstParameters = InlineArray<9, JSONValue>(repeating: .absent)
  private var has: Members = []
  private var otherKeys = SeenKeys()

  /// The positional parameter, `.absent` beyond the last one. Only the first nine are kept: a notify has no more.
  subscript(index: Int) -> JSONValue {
    index < min(parameterCount, firstParameters.count) ? firstParameters[index] : .absent
  }

  /// How many positional parameters can be read.
  var keptCount: Int { min(parameterCount, firstParameters.count) }

  /// Reads the whole line. What was read before an error stays, so that the error can be answered.
  mutating func read(_ line: RawSpan, stringLimit: Int) throws(WireError) {
    var cursor = JSONCursor(stringLimit: stringLimit)
    try cursor.expect(UInt8(ascii: "{"), in: line)
    if try cursor.begins(until: UInt8(ascii: "}"), in: line) {
      repeat { try readMember(&cursor, in: line) } while try cursor.continues(until: UInt8(ascii: "}"), in: line)
    }
    while cursor.offset < line.byteCount {
      let byte = line.byte(at: cursor.offset)
      guard byte == 32 || byte == 9 || byte == 13 else { throw .trailingText }
      cursor.offset += 1
    }
  }

  @inline(__always)
  private mutating func readMember(_ cursor: inout JSONCursor, in line: RawSpan) throws(WireError) {
    let key = try cursor.key(in: line)
    if key.equals("id", in: line) {
      try once(.id)
      let value = try cursor.value(in: line, depth: 1)
      try checkID(value)
      id = value
    } else if key.equals("method", in: line) {
      try once(.method)
      method = try cursor.value(in: line, depth: 1)
    } else if key.equals("params", in: line) {
      try once(.parameters)
      try readParameters(&cursor, in: line)
    } else if key.equals("result", in: line) {
      try once(.result)
      result = try cursor.value(in: line, depth: 1)
    } else if key.equals("error", in: line) {
      try once(.error)
      error = try cursor.value(in: line, depth: 1)
    } else {
      try otherKeys.insert(key, in: line)
      _ = try cursor.value(in: line, depth: 1)
    }
  }

  @inline(__always)
  private mutating func readParameters(_ cursor: inout JSONCursor, in line: RawSpan) throws(WireError) {
    guard try cursor.peek(in: line) == UInt8(ascii: "[") else {
      parameters = try cursor.value(in: line, depth: 1)
      return
    }
    parameters = JSONValue(kind: .array, start: cursor.offset)
    cursor.offset += 1
    if try cursor.begins(until: UInt8(ascii: "]"), in: line) {
      repeat {
        guard parameterCount < Limits.parameterCount else { throw .tooManyParameters }
        let value = try cursor.value(in: line, depth: 2)
        if parameterCount < firstParameters.count { firstParameters[parameterCount] = value }
        parameterCount += 1
      } while try cursor.continues(until: UInt8(ascii: "]"), in: line)
    }
    parameters.end = cursor.offset
  }

  private mutating func once(_ member: Members) throws(WireError) {
    guard has.insert(member).inserted else { throw .duplicateKey }
  }

  private func checkID(_ value: JSONValue) throws(WireError) {
    switch value.kind {
    case .null, .number, .string, .absent: break
    case .true, .false, .array, .object: throw .wrongRequestID
    }
    let quotes = value.kind == .string ? 2 : 0
    guard value.count + quotes <= Limits.requestIDBytes else { throw .requestIDTooLong }
  }

  private struct Members: OptionSet {
    let rawValue: UInt8
    static let id = Members(rawValue: 1)
    static let method = Members(rawValue: 2)
    static let parameters = Members(rawValue: 4)
    static let result = Members(rawValue: 8)
    static let error = Members(rawValue: 16)
  }
}

extension Envelope {
  /// The id byte for byte; `null` when there is none.
  @inline(__always)
  func requestID(in line: RawSpan) -> RequestID {
    switch id.kind {
    case .number: RequestID(rawJSON: id.raw(in: line))
    case .string: RequestID(rawJSON: line.string(id.start - 1..<id.end + 1))
    default: .null
    }
  }

  /// The id to answer an error with. A line that is not JSON has none: what looks like its id may be cut off.
  func malformed(_ error: WireError, in line: RawSpan) -> MalformedLine {
    MalformedLine(id: error == .notJSON ? .null : requestID(in: line), error: error)
  }

  /// The method's name, control characters as blanks.
  func methodName(in line: RawSpan) throws(WireError) -> String {
    switch method.kind {
    case .string: return try method.displayText(in: line)
    case .absent, .null: throw .missingMethod
    default: throw .wrongParameters("The method must be a string")
    }
  }

  /// For messages with positional parameters: an array, or nothing at all.
  func requireArray() throws(WireError) {
    guard parameters.kind == .array || parameters.isNothing else {
      throw .wrongParameters("params must be an array")
    }
  }

  /// Parameters from `index` on that are of no use to us must at least be plain values.
  func requirePlain(from index: Int, _ method: StaticString) throws(WireError) {
    for i in index..<max(index, keptCount) where self[i].kind == .array || self[i].kind == .object {
      throw .wrongParameters("\(method): parameter \(i + 1) must be a plain value")
    }
  }
}
