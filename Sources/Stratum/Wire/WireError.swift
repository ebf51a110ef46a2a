/// Why a line is not a message. The text goes to the sender.
public enum WireError: Error, Equatable, Sendable {
  case notJSON, tooDeep, tooManyParameters, stringTooLong, requestIDTooLong, invalidUTF8
  case missingMethod
  case wrongParameters(String)

  /// Says what was wrong and what was expected.
  public var message: String {
    switch self {
    case .notJSON: "Not a JSON object on one line"
    case .tooDeep: "Nested deeper than \(Limits.jsonDepth) levels"
    case .tooManyParameters: "More than \(Limits.parameterCount) parameters"
    case .stringTooLong: "A string is longer than \(Limits.stringBytes) bytes"
    case .requestIDTooLong: "The id is longer than \(Limits.requestIDBytes) bytes"
    case .invalidUTF8: "Not UTF-8"
    case .missingMethod: "No method"
    case .wrongParameters(let expected): expected
    }
  }
}
