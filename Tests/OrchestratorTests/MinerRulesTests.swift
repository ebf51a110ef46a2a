import Stratum
import Testing

@testable import Orchestrator

@Suite struct MinerRulesTests {
  private func label(
    _ rules: MinerRules, _ user: String, at address: String? = "10.2.3.4", own: MinerLabel = MinerLabel()
  ) -> MinerLabel {
    let parts = user.split(separator: ".", maxSplits: 1).map(String.init)
    return rules.label(MinerIdentity(account: parts[0], worker: parts.count > 1 ? parts[1] : ""), at: address, own: own)
  }

  @Test func `the first rule that means a miner gives its region, and all give tags`() {
    let rules = MinerRules([
      MinerRule(worker: "roof-*", label: MinerLabel(tags: ["solar"])),
      MinerRule(
        account: "alice*", network: NetworkRange("10.2.0.0/16"),
        label: MinerLabel(region: "eu", tags: ["own"])),
      MinerRule(label: MinerLabel(region: "elsewhere")),
    ])
    #expect(label(rules, "alice1.roof-7") == MinerLabel(region: "eu", tags: ["solar", "own"]))
    #expect(label(rules, "alice1.roof-7", at: "10.3.0.1") == MinerLabel(region: "elsewhere", tags: ["solar"]))
    #expect(label(rules, "bob.cellar") == MinerLabel(region: "elsewhere"))
    #expect(label(rules, "alice", at: nil) == MinerLabel(region: "elsewhere"))
    #expect(label(MinerRules(), "alice.roof-7") == MinerLabel())
  }

  @Test func `what a miner says of itself counts where the operator has the word, and never before a rule`() {
    let rules = MinerRules(
      [MinerRule(worker: "a*", label: MinerLabel(region: "eu", tags: ["own"]))], regions: ["us"], tags: ["solar"])
    let own = MinerLabel(region: "us", tags: ["solar", "mine-alone"])
    #expect(label(rules, "x.b", own: own) == MinerLabel(region: "us", tags: ["solar"]))
    #expect(label(rules, "x.a1", own: own) == MinerLabel(region: "eu", tags: ["own", "solar"]))
    #expect(label(rules, "x.b", own: MinerLabel(region: "mars", tags: ["own"])) == MinerLabel(tags: ["own"]))
  }

  @Test(arguments: [
    ("10.2.0.0/16", "10.2.255.255", true), ("10.2.0.0/16", "10.3.0.0", false),
    ("10.2.0.0/15", "10.3.0.0", true), ("10.2.0.0/15", "10.4.0.0", false),
    ("10.2.0.0/16", "::ffff:10.2.1.1", true), ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false),
    ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "203.0.113.9", false),
    ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
    ("fe80::/10", "fe80::1%eth0", true), ("10.2.0.0/16", "not an address", false),
  ])
  func `a network holds its own addresses and no others`(network: String, address: String, isInside: Bool) throws {
    #expect(try #require(NetworkRange(network)).contains(address) == isInside)
  }

  @Test(arguments: ["", "10.2.0.0/33", "10.2.0.0/-1", "10.2.0.0/016", "10.2.0.1/16", "10.2.0/16", "eu", "::/129", "/8"])
  func `what is no network is refused`(text: String) {
    #expect(NetworkRange(text) == nil)
  }
}
