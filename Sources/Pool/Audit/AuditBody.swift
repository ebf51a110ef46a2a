import Stratum

/// What an audit record says: a JSON object on one line, whose fields are in the order in which they were added. The
/// same content always is the same bytes.
public struct AuditBody: Hashable, Sendable {
  private var fields = ""

  public init() {}

  public var text: String { "{\(fields)}" }

  public mutating func add(_ key: StaticString, _ value: String) { add(key, raw: Self.quoted(value)) }

  public mutating func add(_ key: StaticString, _ value: Int64) { add(key, raw: "\(value)") }

  private mutating func add(_ key: StaticString, raw: String) {
    if !fields.isEmpty { fields += "," }
    fields += "\"\(key)\":\(raw)"
  }

  /// Whatever the text holds, it stays within its quotes and on one line.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case _ where scalar.value < 32 || scalar.value == 127:
        result += "\\u00" + Hex.encode([UInt8(truncatingIfNeeded: scalar.value)])
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
