import Stratum
import Testing

@testable import Proxy

/// `client.reconnect` of an upstream: what attackers do with it, and what pools need it for.
@Suite struct ReconnectRuleTests {
  @Test(arguments: [
    ("eu.pool.example", "us.pool.example"), ("Pool.Example", "stratum.pool.example"),
    ("stratum.pool.example.", "pool.example"), ("a.b.pool.example", "c.pool.example"), ("pool.example", "pool.example"),
    ("eu.pool.co.uk", "us.pool.co.uk"), ("localhost", "localhost"), ("10.0.0.1", "10.0.0.1"),
  ])
  func `a pool may send us elsewhere in its own domain`(host: String, own: String) {
    #expect(ReconnectRule.isSameDomain(host, own))
  }

  @Test(arguments: [
    ("evil.example", "pool.example"), ("evilpool.example", "pool.example"), ("10.0.0.1", "9.0.0.1"),
    ("1.0.0.1", "2.0.0.1"), ("evil.co.uk", "pool.co.uk"), ("evil.com.au", "pool.com.au"), ("com", "pool.com"),
    ("evil.duckdns.org", "mine.duckdns.org"), ("pool.example.evil.test", "stratum.pool.example"),
    ("evil.test/.pool.example", "stratum.pool.example"), ("a..pool.example", "b.pool.example"), ("", "pool.example"),
    ("::1", "::2"), ("evil.test", "10.0.0.1"),
  ])
  func `nobody may send us to another domain`(host: String, own: String) {
    #expect(!ReconnectRule.isSameDomain(host, own))
  }

  @Test func `no host and a configured host mean to come again`() {
    var rule = ReconnectRule(own: ["eu.pool.example", "us.pool.example"])
    let now = MonotonicTime(nanoseconds: 0)
    for host in [nil, "", "EU.pool.example", "us.pool.example."] { #expect(rule.answer(host, at: now) == .comeAgain) }
  }

  @Test func `three redirects an hour are followed, and the next one an hour after the first`() {
    var rule = ReconnectRule(own: ["eu.pool.example"])
    func at(_ seconds: UInt64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }
    for second in 0..<3 {
      #expect(rule.answer("s\(second).pool.example", at: at(UInt64(second))) == .follow("s\(second).pool.example"))
    }
    guard case .ignore(let reason) = rule.answer("s4.pool.example", at: at(3599)) else {
      Issue.record("a fourth redirect was followed")
      return
    }
    #expect(reason == "it is the 4th redirect within an hour")
    #expect(rule.answer("s4.pool.example", at: at(3600)) == .follow("s4.pool.example"))
  }

  @Test func `a redirect to a stranger is ignored with the reason`() {
    var rule = ReconnectRule(own: ["eu.pool.example"])
    #expect(
      rule.answer("evil.example", at: MonotonicTime(nanoseconds: 0))
        == .ignore("it is of another domain than eu.pool.example"))
  }
}
