import Foundation
import Testing

@testable import zion

@Suite struct ConfigurationChangeTests {
  @Test func `limits, bans, vardiff and miners change at once`() {
    let old = Configuration()
    var new = old
    new.limits.connections = 7
    new.bans.isEnabled = false
    new.vardiff.targetSeconds = 30
    let change = ConfigurationChange(from: old, to: new)
    #expect(change.running == new && change.live == ["limits", "bans", "vardiff"] && change.waiting.isEmpty)
  }

  @Test func `what waits for a restart is named, and stays as it is`() {
    let old = Configuration()
    var new = old
    new.threads = 3
    new.listen.port = 4444
    new.door.requiresTLS = true
    new.data = "elsewhere"
    let change = ConfigurationChange(from: old, to: new)
    #expect(change.running == old && change.live.isEmpty && change.waiting == ["listen", "threads", "data"])
  }

  @Test func `the policy's text is not its business`() {
    var new = Configuration()
    new.policy.name = "edited"
    let change = ConfigurationChange(from: Configuration(), to: new)
    #expect(change.running == Configuration() && change.live.isEmpty && change.waiting.isEmpty)
  }

  @Test func `every section is known to be live or to wait`() {
    #expect(
      Mirror(reflecting: Configuration()).children.compactMap(\.label) == [
        "listen", "door", "threads", "algorithm", "reply", "data", "api", "vardiff", "limits", "bans", "receipts",
        "policy",
        "policySource", "pools", "local", "miners", "alerts", "prices",
      ], "say in ConfigurationChange what becomes of a new one")
  }
}
