import Foundation
import Orchestrator
import Stratum
import TestSupport
import Testing

@testable import zion

/// What editors are told of policies is what the parser reads.
@Suite struct PolicySchemaTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("policies")

  private static func schema() throws -> JSON {
    try #require(JSON(try Data(contentsOf: folder.appendingPathComponent("policy.schema.json"))))
  }

  private static func policies() throws -> [URL] {
    try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
  }

  /// The options of every object below, by the paths that the parser's have.
  private static func options(_ node: JSON, in schema: JSON, at path: String = "") -> [String: Set<String>] {
    if let reference = node["$ref"].string {
      let definition = schema["$defs"][String(reference.split(separator: "/").last ?? "")]
      return options(definition, in: schema, at: path)
    }
    if !node["items"].isNull { return options(node["items"], in: schema, at: path + "[]") }
    let properties = node["properties"].object
    guard !properties.isEmpty else { return [:] }
    var result = [path: Set(properties.keys)]
    for (name, child) in properties {
      result.merge(options(child, in: schema, at: path.isEmpty ? name : "\(path).\(name)")) { $0.union($1) }
    }
    return result
  }

  @Test func `the schema has the parser's keys, and no others`() throws {
    let report = ProblemList(file: "p.yaml")
    _ = PolicyFile.read(PolicyFileTests.everything, names: PolicyFileTests.names, report: report)
    #expect(report.problems == [])
    let schema = try Self.schema()
    #expect(schema["$schema"].string == "https://json-schema.org/draft/2020-12/schema")
    let written = Self.options(schema, in: schema)
    #expect(Set(written.keys) == Set(report.options.keys))
    for (path, keys) in report.options { #expect(written[path] == keys, "in \(path)") }
  }

  @Test func `the schema has the parser's words`() throws {
    let schema = try Self.schema()
    func words(_ node: JSON) -> [String] { node["enum"].array.compactMap(\.string) }
    let rule = schema["properties"]["rules"]["items"]["properties"]["when"]["properties"]
    #expect(words(schema["$defs"]["mode"]) == Policy.Mode.allCases.map(\.rawValue))
    #expect(words(schema["$defs"]["preset"]) == PolicyPreset.allCases.map(\.rawValue))
    #expect(words(rule["metric"]) == PolicyRule.Metric.allCases.map(\.rawValue))
    let who = schema["properties"]["pins"]["items"]["properties"]["who"]["properties"]
    #expect(words(who["algorithm"]) == Algorithm.allCases.map(\.rawValue))
    let days = schema["properties"]["schedules"]["items"]["properties"]["days"]["items"]
    #expect(words(days) == PolicySchedule.Day.allCases.map(\.rawValue))
  }

  @Test func `every file of policies names the schema and has no mistake`() throws {
    let files = try Self.policies()
    #expect(files.count >= 12)
    for file in files {
      let text = try TextFile.read(file.path)
      #expect(text.hasPrefix("# yaml-language-server: $schema=policy.schema.json\n"), "\(file.lastPathComponent)")
      let names = PolicyNames(pools: ["alpha", "beta", "zion"])
      let reading = PolicyFile.read(PolicySource(file: file.path, text: text), names: names)
      #expect(reading.problems.map(\.description) == [])
    }
    let modes = files.map { PolicyFiles.read($0.path, names: PolicyNames()).policy.mode }
    #expect(Set(modes) == Set(Policy.Mode.allCases), "a file for each mode")
  }

  @Test(arguments: PolicyPreset.allCases) func `a preset's file says in comments what the preset says`(
    preset: PolicyPreset
  ) throws {
    let file = Self.folder.appendingPathComponent("\(preset.rawValue).yaml").path
    let text = try TextFile.read(file)
    // What is in the comments, as a policy of its own.
    let told = text.split(separator: "\n").filter { $0.hasPrefix("# min_dwell") || $0.contains(/^#   \w+:/) }
      .map { $0.dropFirst(2) }
    #expect(told.count >= 8)
    let comments = [told[0], "decision:"] + told.dropFirst()
    var expected = Policy()
    expected.use(preset)
    expected.preset = nil
    if preset == .balanced { expected.decision.minimumGain = nil }
    let reading = PolicyFile.read(
      PolicySource(file: file, text: comments.joined(separator: "\n")), names: PolicyNames())
    #expect(reading.problems.map(\.description) == [])
    #expect(reading.policy == expected)
    let whole = PolicyFiles.read(file, names: PolicyNames()).policy
    #expect(
      whole.preset == preset && whole.decision == expected.decision && whole.minDwellSeconds == expected.minDwellSeconds
    )
  }

  @Test func `the default policy is what zion run does without a file`() throws {
    let file = Self.folder.appendingPathComponent("default.yaml").path
    #expect(PolicyFiles.read(file, names: PolicyNames()).policy == Policy())
  }
}
