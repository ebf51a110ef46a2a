import Orchestrator

/// A policy file as it was read.
struct PolicySource: Sendable, Equatable {
  /// As messages call it, and where it is looked for again.
  var file: String
  var text: String
}

/// What became of the text of a policy file.
struct PolicyReading: Sendable, Equatable {
  var policy: Policy
  /// By line; with any of them `policy` is of no use.
  var problems: [ConfigurationProblem]
  var warnings: [ConfigurationProblem]
}

extension PolicyFile {
  /// Reads a policy together with the files beside it that its `candidates` name.
  ///
  /// - Parameter place: the file beside which those are; `nil` is the policy's own.
  static func read(_ source: PolicySource, names: PolicyNames, besides place: String? = nil) -> PolicyReading {
    let report = ProblemList(file: source.file)
    let policy = read(source.text, names: names, report: report) { name throws(Wrong) in
      try candidate(name, besides: place ?? source.file, names: names)
    }
    return PolicyReading(policy: policy, problems: report.sorted, warnings: report.warnings)
  }

  private static func candidate(_ name: String, besides file: String, names: PolicyNames) throws(Wrong) -> Policy {
    let place = TextFile.path("\(name).yaml", besides: file)
    let text: String
    do throws(TextFile.Unreadable) {
      text = try TextFile.read(place)
    } catch {
      do throws(Wrong) {
        return try noOtherFile(name)
      } catch let wrong {
        throw Wrong("\(wrong.what), and \(place) cannot be read: \(error.reason)", wrong.instead)
      }
    }
    let report = ProblemList(file: place)
    // One level deep: a policy with candidates of its own is none.
    let policy = read(text, names: names, report: report)
    if let first = report.sorted.first {
      throw Wrong("\(name) has a mistake itself: \(first)", "a policy without mistakes")
    }
    return policy
  }
}
