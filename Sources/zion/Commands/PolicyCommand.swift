import ArgumentParser
import Foundation
import Orchestrator

struct PolicyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "policy", abstract: "Check, compare and explain policy files.",
    subcommands: [PolicyCheckCommand.self, PolicyDiffCommand.self, PolicyExplainCommand.self])
}

struct PolicyCheckCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check", abstract: "Read policies, and report every mistake.",
    discussion: """
      With --config the names of pools, coins, regions and tags are checked too.
      Exit code 0: all can be used; warnings do not count. 1: one cannot; every mistake is printed as
      FILE:LINE: KEY: what to do.
      """)

  @Argument(help: "Policy files, such as policies/balanced.yaml.")
  var files: [String]

  @Option(name: .shortAndLong, help: "The configuration that the policies are for.")
  var config: String?

  func run() async throws {
    guard !files.isEmpty else { throw ValidationError("name at least one policy file") }
    let names = try PolicyFiles.names(config)
    var areGood = true
    for file in files {
      let (lines, isGood) = Self.lines(PolicyFiles.read(file, names: names), of: file)
      for line in lines { print(line) }
      areGood = areGood && isGood
    }
    if !areGood { throw ExitCode(1) }
  }

  static func lines(_ reading: PolicyReading, of file: String) -> (lines: [String], isGood: Bool) {
    var lines = reading.problems.map(\.description)
    lines += reading.warnings.map { "\($0.file)\($0.line.map { ":\($0)" } ?? ""): warning: \($0.key): \($0.message)" }
    if reading.problems.isEmpty {
      let policy = reading.policy
      let preset = policy.preset.map { ", preset \($0.rawValue)" } ?? ""
      lines.append("OK \(file): \(policy.name), \(policy.mode.rawValue)\(preset)")
    } else {
      lines.append("\(Table.count(reading.problems.count, "mistake")) in \(file)")
    }
    return (lines, reading.problems.isEmpty)
  }
}

struct PolicyDiffCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "diff", abstract: "Show what two policies do differently.",
    discussion: """
      Compared is what holds in the end: presets and defaults count, comments and the order of lines do not.
      Exit code 0: they do the same. 1: they do not. 2: one of them has mistakes.
      """)

  @Argument(help: "A policy file.")
  var first: String

  @Argument(help: "Another.")
  var second: String

  func run() async throws {
    let readings = [first, second].map { PolicyFiles.read($0, names: PolicyNames()) }
    let problems = readings.flatMap(\.problems)
    guard problems.isEmpty else {
      for problem in problems { print(problem) }
      throw ExitCode(2)
    }
    let rows = PolicySettings.differences(readings[0].policy, readings[1].policy)
    guard !rows.isEmpty else { return print("both do the same") }
    for line in Table(["key", first, second], rows.map { [$0.key, $0.first, $0.second] }).lines { print(line) }
    throw ExitCode(1)
  }
}

/// How commands read policy files.
enum PolicyFiles {
  static func read(_ file: String, names: PolicyNames) -> PolicyReading {
    do throws(TextFile.Unreadable) {
      return PolicyFile.read(PolicySource(file: file, text: try TextFile.read(file)), names: names)
    } catch {
      let problem = ConfigurationProblem(file: file, line: nil, key: "", message: "cannot be read: \(error.reason)")
      return PolicyReading(policy: Policy(), problems: [problem], warnings: [])
    }
  }

  /// What a configuration lets a policy name; without one, everything.
  static func names(_ configuration: String?) throws -> PolicyNames {
    guard let configuration else { return PolicyNames() }
    do throws(ConfigurationInvalid) {
      return try ConfigurationFile.policyNames(configuration)
    } catch {
      print(error)
      throw ExitCode(1)
    }
  }
}
