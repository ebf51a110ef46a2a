/// The orchestrator moved a group of miners. All scores are in `/api/orchestrator/decisions`.
public struct DecisionEvent: Sendable, Equatable, Codable {
  /// In the log of decisions.
  public var number: Int
  public var group: String
  public var policy: String
  public var from: String?
  public var to: String?
  /// In a sentence.
  public var reason: String
  /// Log revenue that `to` is expected to earn above `from`, and what it had to exceed.
  public var expectedGain: Double
  public var threshold: Double
  public var isForced: Bool

  public init(
    number: Int, group: String, policy: String, from: String?, to: String?, reason: String, expectedGain: Double,
    threshold: Double, isForced: Bool
  ) {
    (self.number, self.group, self.policy, self.from, self.to) = (number, group, policy, from, to)
    (self.reason, self.expectedGain, self.threshold, self.isForced) = (reason, expectedGain, threshold, isForced)
  }

  private enum CodingKeys: String, CodingKey {
    case number, group, policy, from, to, reason, expectedGain, threshold
    case isForced = "forced"
  }
}

/// An edit of the policy file is in use, or cannot be.
public struct PolicyEvent: Sendable, Equatable, Codable {
  /// More are not told; the API has all.
  public static let problemLimit = 20

  public struct Problem: Sendable, Equatable, Codable {
    public var line: Int?
    public var key: String
    public var message: String

    public init(line: Int?, key: String, message: String) {
      (self.line, self.key, self.message) = (line, key, message)
    }
  }

  /// The policy in use, after the edit.
  public var policy: String
  public var mode: String
  public var file: String?
  /// Of an edit that cannot be used.
  public var problems: [Problem]

  public init(policy: String, mode: String, file: String?, problems: [Problem] = []) {
    (self.policy, self.mode, self.file) = (policy, mode, file)
    self.problems = Array(problems.prefix(Self.problemLimit))
  }
}

/// A source or another part has become well or ill.
public struct HealthEvent: Sendable, Equatable, Codable {
  /// A source's name, or a part's as in `/api/health`.
  public var part: String
  public var isHealthy: Bool
  /// What is wrong, in words.
  public var reason: String?

  public init(part: String, isHealthy: Bool, reason: String? = nil) {
    (self.part, self.isHealthy, self.reason) = (part, isHealthy, reason)
  }

  private enum CodingKeys: String, CodingKey {
    case part, reason
    case isHealthy = "healthy"
  }
}
