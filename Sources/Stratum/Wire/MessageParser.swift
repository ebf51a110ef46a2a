/// Reads what miners send: one line, one pass, bounded in depth, count and length, and never a trap.
///
/// Hex is strict, numbers are finite, text is UTF-8 without control characters, keys are unique.
/// Source: stratum V1; BIP 310.
public struct MessageParser: Sendable {
  public init() {}

  /// - Parameters:
  ///   - line: without its line feed; a carriage return at its end is a blank.
  ///   - dialect: what a `mining.submit` must look like.
  /// - Throws: what was wrong, with the id to answer.
  public static func parse(
    _ line: RawSpan, in dialect: Algorithm.Dialect = .bitcoin
  ) throws(MalformedLine) -> ClientLine {
    var envelope = Envelope()
    do throws(WireError) {
      try envelope.read(line, stringLimit: Limits.stringBytes)
      return ClientLine(id: envelope.requestID(in: line), message: try message(envelope, line, dialect))
    } catch {
      throw envelope.malformed(error, in: line)
    }
  }

  public static func parse(
    _ line: some Collection<UInt8>, in dialect: Algorithm.Dialect = .bitcoin
  ) throws(MalformedLine) -> ClientLine {
    try parse(ContiguousArray(line).span.bytes, in: dialect)
  }

  private static func message(
    _ envelope: borrowing Envelope, _ line: RawSpan, _ dialect: Algorithm.Dialect
  ) throws(WireError) -> ClientMessage {
    if envelope.method.equals("mining.submit", in: line) {
      try envelope.requireArray()
      return .submit(try dialect == .kawpow ? kawpowSubmission(envelope, line) : submission(envelope, line))
    }
    if envelope.method.isNothing, envelope.result.kind != .absent || envelope.error.kind != .absent {
      return try reply(envelope, line)
    }
    let method = try envelope.methodName(in: line)
    switch method {
    case "mining.subscribe": return try subscribe(envelope, line)
    case "mining.authorize", "mining.login": return try authorize(envelope, line)
    case "mining.configure": return .configure(try extensions(envelope, line))
    case "mining.suggest_difficulty": return .suggestDifficulty(try suggestedDifficulty(envelope, line))
    case "mining.suggest_target": return .suggestTarget(try suggestedTarget(envelope, line))
    case "mining.extranonce.subscribe": return try parameterless(.extranonceSubscribe, envelope)
    case "mining.get_transactions": return try parameterless(.getTransactions, envelope)
    case "client.get_version", "mining.get_version": return try parameterless(.getVersion, envelope)
    case "mining.ping", "client.ping": return try parameterless(.ping, envelope)
    case "mining.pong", "pong": return try parameterless(.pong, envelope)
    case "eth_submitHashrate": return .reportHashrate(try reportedHashrate(envelope, line))
    case "login": return .login(try login(envelope, line))
    case "submit": return .submit(try loginSubmission(envelope, line, dialect))
    case "keepalived": return .keepAlive
    default: return .unknown(method: method)
    }
  }

  @inline(__always)
  private static func submission(
    _ envelope: borrowing Envelope, _ line: RawSpan
  ) throws(WireError) -> ShareSubmission {
    guard (5...6).contains(envelope.parameterCount) else {
      throw .wrongParameters(
        "mining.submit needs [user, job id, extranonce2, nTime, nonce] and, if rolled, version bits")
    }
    guard envelope[0].kind == .string else { throw .wrongParameters("mining.submit: the user must be a string") }
    guard envelope[1].kind == .string else { throw .wrongParameters("mining.submit: the job id must be a string") }
    guard let extranonce2 = envelope[2].extranonce(in: line) else {
      throw .wrongParameters("mining.submit: extranonce2 must be hex, two digits a byte, at most 32 bytes")
    }
    guard let nTime = envelope[3].fullHexWord(in: line) else {
      throw .wrongParameters("mining.submit: nTime must be 8 hex digits")
    }
    guard let nonce = envelope[4].fullHexWord(in: line) else {
      throw .wrongParameters("mining.submit: the nonce must be 8 hex digits")
    }
    let versionBits = envelope[5].hexWord(in: line)
    guard versionBits != nil || envelope[5].isNothing else {
      throw .wrongParameters("mining.submit: the version bits must be 1 to 8 hex digits")
    }
    return ShareSubmission(
      user: try envelope[0].text(in: line), job: envelope[1].hexWord(in: line).map { JobID($0) },
      extranonce2: extranonce2, nTime: UnixTime(seconds: nTime), nonce: nonce, versionBits: versionBits)
  }

  /// `[]`, `[user agent]`, `[user agent, session id]`, GMiner's `[user agent, null, host, port]` and NiceHash's
  /// `[user agent, milliseconds, HMAC]`, whose second element is no session id.
  private static func subscribe(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ClientMessage {
    try envelope.requireArray()
    guard envelope[0].isNothing || envelope[0].kind == .string else {
      throw .wrongParameters("mining.subscribe: the user agent must be a string")
    }
    guard envelope[1].isNothing || envelope[1].kind == .string else {
      throw .wrongParameters("mining.subscribe: the session id must be a string or null")
    }
    try envelope.requirePlain(from: 2, "mining.subscribe")
    let userAgent = envelope[0].isNothing ? "" : try envelope[0].text(in: line)
    let isSigned = userAgent.hasPrefix("NiceHash/") && envelope.parameterCount == 3
    let session = envelope[1].isNothing || isSigned ? nil : try envelope[1].text(in: line)
    return .subscribe(userAgent: userAgent, resume: session)
  }

  private static func authorize(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ClientMessage {
    try envelope.requireArray()
    guard envelope[0].kind == .string else {
      throw .wrongParameters("mining.authorize needs [user, password], both strings")
    }
    guard envelope[1].isNothing || envelope[1].kind == .string else {
      throw .wrongParameters("mining.authorize: the password must be a string")
    }
    try envelope.requirePlain(from: 2, "mining.authorize")
    let password = envelope[1].isNothing ? "" : try envelope[1].text(in: line)
    return .authorize(user: try envelope[0].text(in: line), password: password)
  }

  private static func suggestedDifficulty(
    _ envelope: borrowing Envelope, _ line: RawSpan
  ) throws(WireError) -> Difficulty {
    try envelope.requireArray()
    // Exactly one: `[1,5]` is a comma where a point was meant.
    guard envelope.parameterCount == 1, let difficulty = envelope[0].difficulty(in: line) else {
      throw .wrongParameters("mining.suggest_difficulty needs [difficulty], a finite number above zero")
    }
    return difficulty
  }

  private static func suggestedTarget(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> Target {
    try envelope.requireArray()
    try envelope.requirePlain(from: 1, "mining.suggest_target")
    guard let target = envelope[0].target(in: line) else {
      throw .wrongParameters("mining.suggest_target needs [target], 64 hex digits, not all zero")
    }
    return target
  }

  /// What such a method is given besides does not matter.
  private static func parameterless(
    _ message: ClientMessage, _ envelope: borrowing Envelope
  ) throws(WireError) -> ClientMessage {
    if envelope.parameters.kind != .object { try envelope.requireArray() }
    return message
  }

  private static func reply(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ClientMessage {
    if !envelope.error.isNothing, envelope.error.kind != .false {
      return .refusal(message: envelope.error.kind == .string ? try envelope.error.displayText(in: line) : "")
    }
    guard envelope.result.kind == .string else { return .reply(text: nil) }
    let text = try envelope.result.displayText(in: line)
    return text == "pong" ? .pong : .reply(text: text)
  }
}
