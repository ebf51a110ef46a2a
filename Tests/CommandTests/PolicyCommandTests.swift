import API
import ArgumentParser
import Foundation
import Orchestrator
import TestSupport
import Testing

@testable import zion

@Suite struct PolicyCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("policy-commands") }

  /// The exit code of a command.
  private func code(_ command: some AsyncParsableCommand) async -> Int32 {
    var command = command
    do {
      try await command.run()
      return 0
    } catch let code as ExitCode {
      return code.rawValue
    } catch {
      return -1
    }
  }

  @Test func `check is content with what can be used, and with warnings`() async throws {
    let good = try folder.write("name: good\npreset: balanced\ndecision: {probe: 1%}", to: "good.yaml")
    let reading = PolicyFiles.read(good, names: PolicyNames())
    #expect(
      PolicyCheckCommand.lines(reading, of: "good.yaml").lines == [
        "\(good):3: warning: decision: a failover does not look at revenue: this means nothing here",
        "OK good.yaml: good, failover, preset balanced",
      ])
    #expect(await code(try PolicyCheckCommand.parse([good])) == 0)
  }

  @Test func `check names every mistake of every file`() async throws {
    let good = try folder.write("name: good", to: "good.yaml")
    let bad = try folder.write("mode: splitt\norder: [alpha, alfa]", to: "bad.yaml")
    try folder.write("{policy: bad.yaml, pools: [{name: alpha, url: tcp://h:1, user: u}]}", to: "zion.yaml")
    let names = try PolicyFiles.names(folder.url.appendingPathComponent("zion.yaml").path)
    #expect(names.pools == ["alpha", "zion"])
    #expect(
      PolicyCheckCommand.lines(PolicyFiles.read(bad, names: names), of: bad).lines == [
        "\(bad):1: mode: “splitt” is not known (did you mean split?); write failover or split or optimize_profit or "
          + "balance_load or maximize_stability or geographic_distribution or adaptive_learning",
        "\(bad):2: order[1]: there is no pool “alfa” in the configuration (did you mean alpha?); write one of alpha, zion",
        "2 mistakes in \(bad)",
      ])
    let config = folder.url.appendingPathComponent("zion.yaml").path
    #expect(await code(try PolicyCheckCommand.parse([good, bad, "--config", config])) == 1)
    #expect(await code(try PolicyCheckCommand.parse([good, "--config", config])) == 0)
    #expect(await code(try PolicyCheckCommand.parse([folder.url.path + "/none.yaml"])) == 1)
    let wrong = try folder.write("listen: here", to: "wrong.yaml")
    #expect(await code(try PolicyCheckCommand.parse([good, "--config", wrong])) == 1)
  }

  @Test func `diff shows what differs in effect, and nothing else`() async throws {
    let one = try folder.write("name: x\nmode: optimize_profit\npreset: balanced\n", to: "one.yaml")
    let same = try folder.write(
      "# as one\npreset: balanced\ndecision: {minimum_gain: learned}\nmin_dwell: 1800s\nmode: optimize_profit\nname: x",
      to: "same.yaml")
    let other = try folder.write(
      """
      {name: x, mode: optimize_profit, preset: balanced, decision: {minimum_gain: 5%}, deny: [{tag: t}],
       rules: [{when: {metric: lateness, pool: a, above: 3s, for: 30m}, then: {avoid: 1h}}]}
      """, to: "other.yaml")
    #expect(await code(try PolicyDiffCommand.parse([one, same])) == 0)
    #expect(await code(try PolicyDiffCommand.parse([one, other])) == 1)
    let bad = try folder.write("mode: x", to: "bad.yaml")
    #expect(await code(try PolicyDiffCommand.parse([one, bad])) == 2)
    let policies = [one, other].map { PolicyFiles.read($0, names: PolicyNames()).policy }
    let rows = PolicySettings.differences(policies[0], policies[1]).map { "\($0.key): \($0.first) / \($0.second)" }
    #expect(
      rows == [
        "decision.minimum_gain: learned / 5%", "deny: - / tag t",
        "rules[0].when: - / lateness of pool a above 3 s for 30 m", "rules[0].then: - / avoid 1h",
      ])
  }

  @Test func `diff takes weights for what they are: proportions`() {
    let seventy = Policy(mode: .split, weights: ["a": 70, "b": 30])
    let seven = Policy(mode: .split, weights: ["a": 7, "b": 3, "c": 0])
    #expect(PolicySettings.differences(seventy, seven).isEmpty)
    let rows = PolicySettings.differences(seventy, Policy(mode: .split, weights: ["a": 1])).map(\.key)
    #expect(rows == ["weights.a", "weights.b"])
  }

  @Test func `every key of a policy makes a difference`() {
    let names = PolicyFileTests.names
    let full = PolicyFile.read(PolicySource(file: "p", text: PolicyFileTests.everything), names: names).policy
    let keys = Set(PolicySettings.differences(Policy(), full).map { $0.key.prefix { $0 != "." && $0 != "[" } })
    let report = ProblemList(file: "p")
    _ = PolicyFile.read("", names: names, report: report)
    #expect(keys == Set((report.options[""] ?? []).map { $0[...] }))
  }

  @Test func `explain sends the policy, and shows each decision with its scores`() async throws {
    let file = try folder.write("name: asked", to: "asked.yaml")
    let fleet = FakeFleet()
    let text = """
      {"policy":"asked","mode":"optimize_profit","decisions":[{"at":12.5,"group":"sha256d","policy":"asked",
       "from":"alpha","to":"beta","reason":"beta earns 7 % more","expectedGain":0.07,"threshold":0.05,
       "expectedDwellSeconds":3600,"switchCostSeconds":10,"minimumGain":0.05,"riskAversion":0.5,"maximumRisk":0.3,
       "isForced":false,"scores":[
        {"source":"beta","revenue":6.2e-19,"terms":[{"name":"fee","factor":0.99}],"level":-41.94,"forecast":-41.95,
         "deviation":0.012,"doubt":0.01,"risk":0.05,"value":-41.955,"gain":0.07,"threshold":0.05,"switchCostSeconds":10,
         "expectedDwellSeconds":3600},
        {"source":"alpha","terms":[],"deviation":0,"doubt":0,"risk":0.4,"threshold":0,"switchCostSeconds":0,
         "expectedDwellSeconds":0,"rejectedBecause":"nobody knows what it pays"}]}]}
      """
    let page = try JSONDecoder().decode(ExplanationPage.self, from: Data(text.utf8))
    fleet.change { $0.explanation = page }
    try await fleet.serve(token: "sesame") { api in
      let url = "http://127.0.0.1:\(api.port)"
      func explain(_ file: String, _ more: String...) async throws -> Int32 {
        await code(try PolicyExplainCommand.parse(["--policy", file, "--api", url] + more))
      }
      var codes: [Int32] = []
      codes.append(try await explain(file, "--token", "sesame"))
      codes.append(try await explain(file, "--token", "sesame", "--json"))
      #expect(fleet.state.withLockedValue { $0.explained } == ["name: asked", "name: asked"])
      codes.append(try await explain(file, "--token", "wrong"))
      codes.append(try await explain("none", "--token", "sesame"))
      #expect(codes == [0, 0, 1, 1])
      let refused = await #expect(throws: APIClient.Failure.self) {
        let _: ExplanationPage = try await APIClient(url, token: "sesame").explain("mode: x")
      }
      #expect(refused?.description == "policy:1: mode: no")
    }
    let lines = page.lines
    #expect(
      lines[0] == "policy asked, optimize_profit" && lines[2] == "sha256d: from alpha to beta: beta earns 7 % more")
    let table = lines[3...5].map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") }
    #expect(table[0] == "pool seen expected ± σ risk value gain needed terms not chosen because")
    #expect(table[1] == "beta 0.05357 0.05275 1.2 % 5.0 % 0.05196 7.3 % 5.1 % fee ×0.9900")
    #expect(table[2] == "alpha - - - 40.0 % - - - - nobody knows what it pays")
    #expect(lines.last?.hasSuffix("the cost of the move, the doubt") == true)
  }
}
