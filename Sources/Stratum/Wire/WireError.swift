/// Why a line is not a message. The text goes to the sender.
public enum WireError: Error, Equatable, Sendable {
  case notJSON, tooDeep, tooManyParameters, stringTooLong, requestIDTooLong, invalidUTF8
  case wrongRequestID, controlCharacter, duplicateKey, escapedKey, trailingText
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
    case .invalidUTF8: "Not UTF-8, or half of a surrogate pair"
    case .wrongRequestID: "The id must be a number, a string or null"
    case .controlCharacter: "Control characters are not allowed"
    case .duplicateKey: "A key occurs twice in one object"
    case .escapedKey: "Keys must be written without escapes"
    case .trailingText: "Text after the JSON object"
    case .missingMethod: "No method"
    case .wrongParameters(let expected): expected
    }
  }
}

/// A line that cannot be understood, with the id that the answer needs.
public struct MalformedLine: Error, Equatable, Sendable {
  /// `null` when the line is not JSON, or broke off before its id.
  public let id: RequestID
  public let error: WireError

  public init(id: RequestID, error: WireError) {
    self.id = id
    self.error = error
  }

  /// Says what was wrong and what was expected.
  public var message: String { error.message }
}
