import Orchestrator

/// `/api/orchestrator/scores`: what the orchestrator thinks now.
public struct OrchestratorPage: Codable, Sendable, Equatable {
  public var policy: String
  /// The mode that decides: the policy's, or the one that an operator ordered.
  public var mode: String
  public var orderedMode: String?
  /// Why the mode is not the one in the policy's file, when a schedule or a rule has changed it.
  public var modeReason: String?
  public var paused: Bool
  /// One of each group of miners, the newest.
  public var decisions: [Decision]

  public init(
    policy: String, mode: String, orderedMode: String?, modeReason: String? = nil, paused: Bool, decisions: [Decision]
  ) {
    self.policy = policy
    self.mode = mode
    self.orderedMode = orderedMode
    self.modeReason = modeReason
    self.paused = paused
    self.decisions = decisions
  }
}

/// `/api/orchestrator/decisions`: those that moved someone, newest first.
public struct DecisionsPage: Codable, Sendable {
  public var decisions: [DecisionLog.Entry]
}

/// What `POST /api/orchestrator/explain` answers: what a policy would do now.
public struct ExplanationPage: Codable, Sendable {
  public var policy: String
  public var mode: String
  public var decisions: [Decision]

  public init(policy: String, mode: String, decisions: [Decision]) {
    self.policy = policy
    self.mode = mode
    self.decisions = decisions
  }
}

/// What an operator may order about deciding.
public enum OrchestratorOrder: Sendable, Equatable {
  /// `nil` gives the mode back to the policy.
  case mode(Policy.Mode?)
  case pause(Bool)
}

/// A policy text that cannot be used.
public struct PolicyProblems: Error, Equatable, Sendable {
  /// One line each: where, what, and what to write.
  public var lines: [String]
  public init(lines: [String]) { self.lines = lines }
}
