import Orchestrator
import Testing

@testable import zion

@Suite struct MinersConfigurationTests {
  private func problems(_ text: String) -> [String] {
    do throws(ConfigurationInvalid) {
      _ = try ConfigurationFile.parse(text, path: "farm.yaml")
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func `every option of miners is read, in the order of the file`() throws {
    let configuration = try ConfigurationFile.parse(
      """
      miners:
        - { worker: "roof-*", tags: [solar, own] }
        - { account: ZION_*, network: 10.2.0.0/16, region: eu-west }
        - { region: here }
      local: { region: home, tags: [pool-tag] }
      """, path: "farm.yaml")
    #expect(
      configuration.miners == [
        MinerRule(worker: "roof-*", label: MinerLabel(tags: ["solar", "own"])),
        MinerRule(
          account: "ZION_*", network: NetworkRange("10.2.0.0/16"), label: MinerLabel(region: "eu-west")),
        MinerRule(label: MinerLabel(region: "here")),
      ])
    #expect(configuration.minerRules.regions == ["eu-west", "here", "home"])
    #expect(configuration.minerRules.tags == ["solar", "own", "pool-tag"])
  }

  @Test(arguments: [
    ("miners: eu\n", "farm.yaml:1: miners: this is one value, not a list; write a list of"),
    ("miners:\n  - { worker: a* }\n", "farm.yaml:2: miners[0]: this says nothing of its miners; write region: eu"),
    ("miners:\n  - { network: 10.2.0.1/16, region: eu }\n", "farm.yaml:2: miners[0].network: “10.2.0.1/16” is not a"),
    ("miners:\n  - { workr: a*, region: eu }\n", "farm.yaml:2: miners[0].workr: there is no such option (did you mean"),
    ("miners:\n  - { region: \"e u\" }\n", "farm.yaml:2: miners[0].region: “e u” is not a word"),
  ])
  func `a mistake in miners names line and key and what to write`(text: String, message: String) {
    let found = problems(text)
    #expect(found.count == 1 && found.first?.hasPrefix(message) == true, "\(found)")
  }

  @Test func `more than a thousand rules are one mistake`() {
    let text = "miners:\n" + String(repeating: "  - { region: eu }\n", count: 1001)
    let found = problems(text)
    #expect(found.count == 1 && found.first?.contains("these are 1001 rules; write at most 1000") == true, "\(found)")
  }
}
