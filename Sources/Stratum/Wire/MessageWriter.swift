/// Writes lines, each with its line feed, to the end of a buffer. Nothing on the way of a share makes a `String`.
///
/// Text that a peer supplied is escaped. Here: replies; notifications and our own requests have their own files.
public enum MessageWriter {
  /// `{"id":6,"result":true,"error":null}`
  public static func accepted(_ id: RequestID, into out: inout [UInt8]) { result(id, true, into: &out) }

  /// `{"id":6,"result":null,"error":[21,"Stale share",null]}`: an array, because a bare string breaks BitAxe.
  public static func rejected(_ id: RequestID, code: Int, message: String, into out: inout [UInt8]) {
    beginReply(id, into: &out)
    out.append("null")
    appendError(code, message, into: &out)
  }

  /// `{"id":3,"result":true,"error":null}`
  public static func result(_ id: RequestID, _ value: Bool, into out: inout [UInt8]) {
    beginReply(id, into: &out)
    out.append(value ? "true" : "false")
    endReply(into: &out)
  }

  /// `{"id":3,"result":false,"error":[20,"Not supported",null]}`: what miners expect where a feature is refused.
  public static func unsupported(_ id: RequestID, message: String, into out: inout [UInt8]) {
    beginReply(id, into: &out)
    out.append("false")
    appendError(20, message, into: &out)
  }

  /// `{"id":8,"result":"zion/1.0","error":null}`
  public static func text(_ id: RequestID, _ text: String, into out: inout [UInt8]) {
    beginReply(id, into: &out)
    out.append(quoted: text)
    endReply(into: &out)
  }

  /// The answer to `mining.ping`, from either side.
  public static func pong(_ id: RequestID, into out: inout [UInt8]) { text(id, "pong", into: &out) }

  /// `{"id":9,"result":[],"error":null}`: the answer to `mining.get_transactions`.
  public static func emptyList(_ id: RequestID, into out: inout [UInt8]) {
    beginReply(id, into: &out)
    out.append("[]")
    endReply(into: &out)
  }

  /// The answer to `mining.subscribe`.
  public static func subscribed(_ id: RequestID, sessionID: String, _ seat: Seat, into out: inout [UInt8]) {
    beginReply(id, into: &out)
    out.append("[[[\"mining.set_difficulty\",")
    out.append(quoted: sessionID)
    out.append("],[\"mining.notify\",")
    out.append(quoted: sessionID)
    out.append("]],\"")
    out.append(hex: seat.extranonce1)
    out.append("\",")
    out.append(decimal: seat.extranonce2ByteCount)
    out.append("]")
    endReply(into: &out)
  }

  /// The answer to `mining.configure`: each extension that was asked for by name, and no other.
  /// - Parameter mask: the bits that may be rolled; `nil` when none may.
  public static func configured(
    _ id: RequestID, _ request: ExtensionRequest, mask: UInt32?, into out: inout [UInt8]
  ) {
    beginReply(id, into: &out)
    out.append("{")
    func answer(_ name: String, _ value: Bool) {
      if out.last != UInt8(ascii: "{") { out.append(",") }
      out.append(quoted: name)
      out.append(value ? ":true" : ":false")
    }
    if request.versionRolling != nil {
      answer("version-rolling", mask != nil)
      if let mask {
        out.append(",\"version-rolling.mask\":\"")
        Hex.append(mask, to: &out)
        out.append("\"")
      }
    }
    if request.minimumDifficulty != nil { answer("minimum-difficulty", true) }
    if request.subscribeExtranonce { answer("subscribe-extranonce", true) }
    for name in request.others { answer(name, false) }
    out.append("}")
    endReply(into: &out)
  }

  static func beginReply(_ id: RequestID, into out: inout [UInt8]) {
    out.append("{\"id\":")
    out.append(contentsOf: id.rawJSON.utf8)
    out.append(",\"result\":")
  }

  static func endReply(into out: inout [UInt8]) { out.append(",\"error\":null}\n") }

  private static func appendError(_ code: Int, _ message: String, into out: inout [UInt8]) {
    out.append(",\"error\":[")
    out.append(decimal: code)
    out.append(",")
    out.append(quoted: message)
    out.append(",null]}\n")
  }
}
