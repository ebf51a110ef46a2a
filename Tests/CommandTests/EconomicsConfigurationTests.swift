import Orchestrator
import Stratum
import TestSupport
import Testing

@testable import zion

@Suite struct EconomicsConfigurationTests {
  private static let pool = "pools:\n  - name: a\n    url: stratum+tcp://h:1\n    user: u\n"

  private func read(_ text: String) throws -> Configuration { try ConfigurationFile.parse(text, path: "farm.yaml") }

  private func problems(_ text: String) -> [String] {
    do throws(ConfigurationInvalid) {
      _ = try ConfigurationFile.parse(text, path: "farm.yaml")
      return []
    } catch {
      return error.problems.map(\.description)
    }
  }

  @Test func `every option of a pool's money is read`() throws {
    let configuration = try read(
      Self.pool + """
            coin: RVN
            region: eu
            tags: [big, far-away]
            fee: 1.5 %
            scheme: pps
            block_reward: 2500
            decimals: 6
            other_outputs: ["6a00", "76a988ac"]
            block_interval: 60s
            addends: [{name: NMC, percent: 2%}, {name: RSK, coins: 0.25}]
            claim: {url: "https://h/x", pointer: /a/0, unit: MH, every: 5m}
            credited: {url: "https://h/me", pointer: /total}
        local: {region: here, tags: [own], addends: [{name: X, percent: 1%}]}
        """)
    let money = configuration.pools[0].money
    #expect(
      money.terms.traits
        == SourceTraits(coin: "RVN", region: "eu", tags: ["big", "far-away"], fee: 0.015, scheme: .pps))
    #expect(
      money.reward
        == RewardTerms(
          blockReward: 2500, decimals: 6, otherScripts: [[0x6a, 0], [0x76, 0xa9, 0x88, 0xac]],
          addends: [.init(name: "NMC", amount: .fraction(0.02)), .init(name: "RSK", amount: .coins(0.25))],
          blockIntervalSeconds: 60))
    #expect(money.claim?.feed.everySeconds == 300 && money.claim?.coinsPerHash(86_400e6) == 1)
    #expect(money.credited?.pointer?.text == "/total")
    let local = try #require(configuration.poolTerms["zion"])
    #expect(local.traits == SourceTraits(coin: "ZION", region: "here", tags: ["own"], fee: 0, scheme: .pplns))
    #expect(local.reward.decimals == 6 && local.reward.addends.count == 1)
  }

  @Test func `a window is an option of PPLNS pools`() throws {
    #expect(
      try read(Self.pool + "    scheme: pplns\n    window: 4h\n").pools[0].money.terms.traits.windowSeconds == 14_400)
    #expect(try read(Self.pool).pools[0].money.terms.traits.windowSeconds == nil)
    #expect(
      problems(Self.pool + "    scheme: pps\n    window: 4h\n") == [
        "farm.yaml:6: pools[0].window: a pool with scheme: pps has no window; write it with scheme: pplns only"
      ])
    #expect(problems(Self.pool + "    window: 2s\n").count == 1)
  }

  @Test func `every option of prices is read`() throws {
    let prices = try read(
      """
      prices:
        currency: EUR
        BTC: {static: 65000}
        ZION: {file: z.price, currency: BTC, max_age: 24h, every: 10s}
        LTC:
          jump: 5
          confirm_after: 10m
          feeds:
            - {url: "https://h.example:8443/a", pointer: /x, every: 1s, max_age: 5s, timeout: 2s}
            - {url: "http://h.example/b?c=d", pointer: "/a~1b/0"}
      """
    ).prices
    #expect(prices.currency == "EUR" && prices.coins.keys.sorted() == ["BTC", "LTC", "ZION"])
    #expect(prices.coins["BTC"]?.options == PriceOptions(.fixed(65_000)))
    #expect(
      prices.coins["LTC"]?.options
        == PriceOptions(
          .feeds([.init(name: "h.example", maxAgeSeconds: 5), .init(name: "h.example#2")]), jump: 5,
          confirmAfterSeconds: 600))
    #expect(prices.coins["LTC"]?.feeds.first?.timeoutSeconds == 2)
    #expect(prices.coins["ZION"]?.feeds.first?.currency == "BTC")
  }

  @Test(arguments: [
    ("fee: 60%", "fee: 60% is out of range; write 0% to 50%"),
    ("fee: 0.01", "fee: “0.01” is not a percentage; write a number with %, such as 3%"),
    ("coin: btc", "coin: “btc” is not a coin's symbol; write 1 to 10 capital letters"),
    ("scheme: pplsn", "scheme: “pplsn” is not known (did you mean pplns?); write pps or fpps or pplns or prop or solo"),
    ("block_reward: 0", "block_reward: “0” is not a number of coins; write a number above 0, such as 3.125"),
    ("other_outputs: [xyz]", "other_outputs[0]: “xyz” is not a script; write its bytes in hex, such as 76a914…88ac"),
    ("addends: [{name: A}]", "addends[0]: needs percent or coins; write one of them, such as percent: 2%"),
    ("regoin: x", "regoin: there is no such option (did you mean region?); write one of "),
    (
      "claim: {url: \"https://h/\", pointer: /a, unit: XH}",
      "claim.unit: “XH” is not a unit; write H, kH, MH, GH, TH or PH: for how many hashes a second it is"
    ),
  ])
  func `a mistake in a pool's money names file, line, key and what to write`(line: String, message: String) {
    let found = problems(Self.pool + "    \(line)\n")
    #expect(found.first?.hasPrefix("farm.yaml:5: pools[0].\(message)") == true, "\(found)")
    #expect(found.count == 1, "\(found)")
  }

  @Test(arguments: [
    ("BTC: {static: -1}", "BTC.static: “-1” is not a price; write a number above 0, such as 65000"),
    ("BTC: {static: nan}", "BTC.static: “nan” is not a price; write a number above 0, such as 65000"),
    ("BTC: {}", "BTC: has no price; write one of static, file and feeds"),
    ("BTC: {static: 1, file: x}", "BTC: static and file are both set; write one of static, file and feeds"),
    ("BTC: {feeds: []}", "BTC.feeds: has 0 feeds; write 1 to 8"),
    (
      "BTC: {feeds: [{url: \"ftp://h/\", pointer: /a}]}",
      "BTC.feeds[0].url: “ftp://h/” is not an HTTP URL; write https://HOST/PATH"
    ),
    (
      "BTC: {feeds: [{url: \"https://me:pw@h/\", pointer: /a}]}",
      "BTC.feeds[0].url: the URL holds a user name; write https://HOST/PATH"
    ),
    (
      "BTC: {feeds: [{url: \"https://h/\"}]}",
      "BTC.feeds[0].pointer: is missing; write pointer: /path/to/the/number"
    ),
    (
      "BTC: {feeds: [{url: \"https://h/\", pointer: a}]}",
      "BTC.feeds[0].pointer: “a” is not a JSON pointer; write a JSON pointer, such as /data/0/price"
    ),
    (
      "BTC: {feeds: [{url: \"https://h/\", pointer: /a, every: 60s, max_age: 5s}]}",
      "BTC.feeds[0].max_age: is shorter than every; write at least two times every"
    ),
    (
      "BTC: {file: x, currency: LTC}",
      "BTC: a feed quotes in LTC, which has no price in USD; write USD, or a coin of prices that is quoted in it"
    ),
    ("btc: {static: 1}", "btc: there is no such option"),
  ])
  func `a mistake in prices names file, line, key and what to write`(line: String, message: String) {
    let found = problems("prices:\n  \(line)\n")
    #expect(found.first?.hasPrefix("farm.yaml:2: prices.\(message)") == true, "\(found)")
    #expect(found.count == 1, "\(found)")
  }
}
