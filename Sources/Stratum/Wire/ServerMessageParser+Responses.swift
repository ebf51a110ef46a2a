extension ServerMessageParser {
  /// A reply to a request of ours.
  static func response(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ServerMessage.Response {
    if let failure = try failure(envelope.error, line) { return failure }
    switch envelope.result.kind {
    case .true: return .success(.bool(true))
    case .false: return .success(.bool(false))
    case .string: return .success(.text(try envelope.result.displayText(in: line)))
    case .array: return .success(try subscription(envelope.result, line))
    case .object: return .success(try extensions(envelope.result, line))
    case .null, .number, .absent: return .success(.other)
    }
  }

  /// `[code, message, data]`, `{"code": …, "message": …}` or a bare string. `nil` for the ways to say that there is no
  /// error: `null`, `false` and whatever is empty.
  private static func failure(
    _ error: JSONValue, _ line: RawSpan
  ) throws(WireError) -> ServerMessage.Response? {
    var (code, text) = (JSONValue.absent, JSONValue.absent)
    switch error.kind {
    case .absent, .null, .false: return nil
    case .string: text = error
    case .array:
      var items = JSONItems(of: error, stringLimit: stringLimit)
      guard let first = try items.next(in: line) else { return nil }
      // A pool that sends `["Stale share"]` has forgotten the code.
      if first.kind == .string, first.integer(in: line) == nil {
        text = first
      } else {
        code = first
        text = try items.next(in: line) ?? .absent
      }
    case .object:
      var members = JSONMembers(of: error, stringLimit: stringLimit)
      var isEmpty = true
      while let (key, value) = try members.next(in: line) {
        isEmpty = false
        if key.equals("code", in: line) { code = value }
        if key.equals("message", in: line) { text = value }
      }
      if isEmpty { return nil }
    case .true, .number: code = error
    }
    let message = text.kind == .string ? try text.displayText(in: line) : ""
    if error.kind == .string, message.isEmpty { return nil }
    return .failure(code: code.integer(in: line) ?? 20, message: message)
  }

  /// `[subscriptions, extranonce1, bytes of extranonce2]`, from a KawPow pool `[anything, nonce prefix]`; any other
  /// array is `.other`.
  private static func subscription(
    _ result: JSONValue, _ line: RawSpan
  ) throws(WireError) -> ServerMessage.ResultValue {
    var items = JSONItems(of: result, stringLimit: stringLimit)
    guard let subscriptions = try items.next(in: line), let first = try items.next(in: line),
      subscriptions.kind == .array || subscriptions.kind == .null || subscriptions.kind == .string,
      first.kind == .string || first.kind == .null
    else { return .other }
    guard let extranonce1 = first.kind == .null ? Extranonce.empty : first.extranonce(in: line) else {
      throw .wrongParameters("mining.subscribe: extranonce1 must be hex, at most 32 bytes")
    }
    let second = try items.next(in: line) ?? .absent
    let session = subscriptions.kind == .array ? try sessionID(subscriptions, line) : nil
    guard !second.isNothing else {
      return .subscription(sessionID: session, extranonce1, extranonce2ByteCount: nil)
    }
    guard let size = extranonce2ByteCount(second, line) else {
      throw .wrongParameters("mining.subscribe: the bytes of extranonce2 must be a whole number, at most 32")
    }
    return .subscription(sessionID: session, extranonce1, extranonce2ByteCount: size)
  }

  /// From `[["mining.set_difficulty", id], ["mining.notify", id]]` or `["mining.notify", id]`. The flat list of names
  /// that some pools send has none.
  private static func sessionID(_ subscriptions: JSONValue, _ line: RawSpan) throws(WireError) -> String? {
    var items = JSONItems(of: subscriptions, stringLimit: stringLimit)
    guard let first = try items.next(in: line) else { return nil }
    if first.kind == .string {
      guard first.equals("mining.notify", in: line), let second = try items.next(in: line) else { return nil }
      return try sessionText(second, line)
    }
    var pair = first
    while true {
      var parts = JSONItems(of: pair, stringLimit: stringLimit)
      if let name = try parts.next(in: line), name.equals("mining.notify", in: line),
        let id = try parts.next(in: line)
      {
        return try sessionText(id, line)
      }
      guard let next = try items.next(in: line) else { return nil }
      pair = next
    }
  }

  private static func sessionText(_ value: JSONValue, _ line: RawSpan) throws(WireError) -> String? {
    guard value.kind == .string, value.count > 0 else { return nil }
    let text = try value.text(in: line)
    return text.hasPrefix("mining.") ? nil : text
  }

  /// The answer to `mining.configure`; an object without any of its keys is `.other`.
  private static func extensions(
    _ result: JSONValue, _ line: RawSpan
  ) throws(WireError) -> ServerMessage.ResultValue {
    var members = JSONMembers(of: result, stringLimit: stringLimit)
    var (isAnswer, isGranted) = (false, false)
    var mask = JSONValue.absent
    while let (key, value) = try members.next(in: line) {
      if key.equals("version-rolling", in: line) {
        isAnswer = true
        isGranted = value.kind == .true
      } else if key.equals("version-rolling.mask", in: line) {
        isAnswer = true
        mask = value
      } else if key.equals("minimum-difficulty", in: line) || key.equals("subscribe-extranonce", in: line) {
        isAnswer = true
      }
    }
    guard isAnswer else { return .other }
    guard isGranted else { return .extensions(versionMask: nil) }
    guard let granted = mask.hexWord(in: line) else {
      throw .wrongParameters("mining.configure: version-rolling.mask must be 1 to 8 hex digits")
    }
    return .extensions(versionMask: granted)
  }
}
