import Foundation

/// `promtool` of Debian's package `prometheus`, as an independent judge of metrics and rules.
public enum Promtool {
  public struct Verdict: Sendable {
    public let status: Int32
    public let output: String
  }

  /// - Parameter input: what it reads from standard input.
  /// - Throws: when there is no promtool; the test that asks then fails.
  public static func run(_ arguments: String..., input: String = "", in folder: URL? = nil) throws -> Verdict {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["promtool"] + arguments
    process.currentDirectoryURL = folder
    // Files, not pipes: neither side can wait for the other.
    let scratch = try TemporaryFolder("promtool")
    defer { withExtendedLifetime(scratch) {} }
    let (fed, said) = (scratch.url.appendingPathComponent("in"), scratch.url.appendingPathComponent("out"))
    try Data(input.utf8).write(to: fed)
    try Data().write(to: said)
    process.standardInput = try FileHandle(forReadingFrom: fed)
    let output = try FileHandle(forWritingTo: said)
    process.standardOutput = output
    process.standardError = output
    try process.start()
    process.waitUntilExit()
    let text = try String(contentsOf: said, encoding: .utf8)
    guard process.terminationStatus != 127 else {
      throw ServerProcess.NoBinary(description: "no promtool in PATH: Tests/tools/setup.sh prometheus installs it")
    }
    return Verdict(status: process.terminationStatus, output: text)
  }

  /// Names of all metrics that a text of rules, a dashboard or an exposition holds.
  public static func names(in text: String) -> Set<String> {
    Set(text.matches(of: /\bzion_[a-z0-9_]+/).map { String($0.output) })
  }
}
