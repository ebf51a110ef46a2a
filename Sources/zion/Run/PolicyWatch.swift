import Orchestrator

/// Decides when an edit of the policy file takes effect. A value that is told what the file holds.
///
/// An editor may write a file in pieces, or put another in its place: a text counts when two looks in a row find it,
/// and not when there is nothing in it. A file that is gone, or has mistakes, leaves the policy that is in use.
struct PolicyWatch: Sendable {
  /// What a look at the file found.
  enum Look: Sendable, Equatable {
    case text(String)
    /// The system's words.
    case unreadable(String)
  }

  /// What is new.
  enum Change: Sendable, Equatable {
    case use(Policy, text: String)
    case broken([ConfigurationProblem])
    /// The file is again what is in use.
    case mended
  }

  let file: String
  /// The text whose policy is in use.
  private var used: String
  private var latest: Look
  /// What was dealt with last: it is not news.
  private var settled: Look

  init(_ source: PolicySource) {
    file = source.file
    used = source.text
    latest = .text(source.text)
    settled = latest
  }

  /// Call it at even times, several a second.
  mutating func look(_ look: Look, read: (PolicySource) -> PolicyReading) -> Change? {
    guard look == latest else {
      latest = look
      return nil
    }
    guard look != settled else { return nil }
    settled = look
    switch look {
    case .unreadable(let reason): return .broken([problem("cannot be read: \(reason)")])
    case .text(used): return .mended
    case .text(let text) where text.allSatisfy(\.isWhitespace): return .broken([problem("is empty; write a policy")])
    case .text(let text):
      let reading = read(PolicySource(file: file, text: text))
      guard reading.problems.isEmpty else { return .broken(reading.problems) }
      used = text
      return .use(reading.policy, text: text)
    }
  }

  private func problem(_ message: String) -> ConfigurationProblem {
    ConfigurationProblem(file: file, line: nil, key: "", message: message)
  }
}
