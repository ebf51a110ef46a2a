/// `/api/orchestrator/policy`: the policy that is in use, and what is wrong with the newest edit of its file.
public struct PolicyReport: Codable, Sendable, Equatable {
  /// A mistake in a policy file.
  public struct Problem: Codable, Sendable, Equatable {
    /// From 1; `nil` when it concerns the whole file.
    public var line: Int?
    /// `rules[0].when.above`; empty for the file as such.
    public var key: String
    /// What is wrong, and what to write instead.
    public var message: String

    public init(line: Int?, key: String, message: String) {
      self.line = line
      self.key = key
      self.message = message
    }
  }

  public var name: String
  public var mode: String
  public var preset: String?
  /// The text that is in use; `nil` without a file.
  public var text: String?
  public var file: String?
  /// Seconds since 1970.
  public var loadedAt: Int64
  /// Why the file as it is now is not in use; empty when it is.
  public var problems: [Problem] = []
  /// Edits that took effect, and edits that could not.
  public var reloads = 0
  public var brokenReloads = 0

  public init(
    name: String, mode: String, preset: String? = nil, text: String? = nil, file: String? = nil, loadedAt: Int64 = 0
  ) {
    self.name = name
    self.mode = mode
    self.preset = preset
    self.text = text
    self.file = file
    self.loadedAt = loadedAt
  }
}
