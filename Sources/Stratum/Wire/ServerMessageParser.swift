/// Reads what pools send to us as their miner, as strictly as `MessageParser` reads miners.
///
/// Tolerates what pools in the field do: quoted numbers, three shapes of errors, two of subscriptions.
public struct ServerMessageParser: Sendable {
  public init() {}

  /// A coinbase part may fill a line, so only text is held to `Limits.stringBytes`.
  static let stringLimit = Limits.upstreamLineBytes

  /// - Parameter line: without its line feed; a carriage return at its end is a blank.
  /// - Throws: what was wrong, with the id of the request that it answers, if any.
  public static func parse(_ line: RawSpan) throws(MalformedLine) -> ServerMessage {
    var envelope = Envelope()
    do throws(WireError) {
      try envelope.read(line, stringLimit: stringLimit)
      if envelope.method.isNothing, envelope.result.kind != .absent || envelope.error.kind != .absent {
        return .response(id: envelope.ownRequestID(in: line), try response(envelope, line))
      }
      return try message(envelope, line)
    } catch {
      throw envelope.malformed(error, in: line)
    }
  }

  public static func parse(_ line: some Collection<UInt8>) throws(MalformedLine) -> ServerMessage {
    try parse(ContiguousArray(line).span.bytes)
  }

  private static func message(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ServerMessage {
    if envelope.method.equals("mining.notify", in: line) {
      try envelope.requireArray()
      return .notify(try notice(envelope, line))
    }
    let method = try envelope.methodName(in: line)
    switch method {
    case "mining.set_difficulty":
      try envelope.requireArray()
      guard let difficulty = envelope[0].difficulty(in: line) else {
        throw .wrongParameters("mining.set_difficulty needs [difficulty], a finite number above zero")
      }
      return .setDifficulty(difficulty)
    case "mining.set_target":
      try envelope.requireArray()
      guard let target = envelope[0].target(in: line) else {
        throw .wrongParameters("mining.set_target needs [target], 64 hex digits, not all zero")
      }
      return .setTarget(target)
    case "mining.set_extranonce": return try setExtranonce(envelope, line)
    // One library of the field writes the second name, and reads the first.
    case "mining.set_version_mask", "mining.set_version":
      try envelope.requireArray()
      guard let mask = envelope[0].hexWord(in: line) else {
        throw .wrongParameters("\(method) needs [mask], 1 to 8 hex digits")
      }
      return .setVersionMask(mask)
    case "client.reconnect": return try reconnect(envelope, line)
    case "client.get_version": return .getVersion(envelope.requestID(in: line))
    case "client.show_message":
      try envelope.requireArray()
      guard envelope[0].kind == .string else { throw .wrongParameters("client.show_message needs [text]") }
      return .showMessage(try envelope[0].displayText(in: line))
    case "mining.ping", "client.ping": return .ping(envelope.requestID(in: line))
    default: return .unknown(method: method, envelope.requestID(in: line))
    }
  }

  private static func setExtranonce(
    _ envelope: borrowing Envelope, _ line: RawSpan
  ) throws(WireError) -> ServerMessage {
    try envelope.requireArray()
    let size = extranonce2ByteCount(envelope[1], line)
    guard let extranonce1 = envelope[0].extranonce(in: line), size != nil || envelope[1].isNothing else {
      throw .wrongParameters("mining.set_extranonce needs [extranonce1 in hex, bytes of extranonce2], at most 32 each")
    }
    return .setExtranonce(extranonce1, extranonce2ByteCount: size)
  }

  static func extranonce2ByteCount(_ value: JSONValue, _ line: RawSpan) -> Int? {
    value.integer(in: line).flatMap { (0...Extranonce.maximumByteCount).contains($0) ? $0 : nil }
  }

  /// `[]` or `[host, port, seconds]`, each of which may be `null`; the port may be a string.
  private static func reconnect(_ envelope: borrowing Envelope, _ line: RawSpan) throws(WireError) -> ServerMessage {
    try envelope.requireArray()
    guard envelope[0].isNothing || envelope[0].kind == .string else {
      throw .wrongParameters("client.reconnect: the host must be a string or null")
    }
    let host = envelope[0].isNothing ? "" : try envelope[0].text(in: line)
    let port = envelope[1].integer(in: line)
    guard envelope[1].isNothing || port.map({ (1...65_535).contains($0) }) == true else {
      throw .wrongParameters("client.reconnect: the port must be 1 to 65535")
    }
    guard let wait = envelope[2].isNothing ? 0 : envelope[2].integer(in: line), wait >= 0 else {
      throw .wrongParameters("client.reconnect: the seconds to wait must be a whole number, not negative")
    }
    return .reconnect(host: host.isEmpty ? nil : host, port: port, waitSeconds: wait)
  }
}

extension Envelope {
  /// The id of a request of ours. Ours are whole numbers, but some pools send them back in quotes.
  func ownRequestID(in line: RawSpan) -> RequestID {
    guard id.kind == .string, let number = id.integer(in: line) else { return requestID(in: line) }
    return RequestID(number)
  }
}
