import Stratum
import Testing

@testable import Orchestrator

@Suite struct PolicySelectorTests {
  private let alpha: SourceSnapshot = {
    var source = SourceSnapshot(name: "alpha:scrypt", pool: "alpha", kind: .upstream, algorithm: .scrypt)
    source.traits = SourceTraits(coin: "LTC", region: "eu", tags: ["green", "big"])
    return source
  }()

  private func miner(
    _ user: (String, String) = ("farm", "rig12"), level: Int = 1, region: String? = nil, tags: Set<String> = []
  ) -> MinerSnapshot {
    var miner = MinerSnapshot(
      session: 1, identity: MinerIdentity(account: user.0, worker: user.1), algorithm: .scrypt, userAgent: "",
      source: nil, difficulty: Difficulty(clamping: 1), hashrate: .zero, accepted: 0, rejected: 0,
      connectedSeconds: 0, dwellSeconds: 0, lastShareSeconds: nil, followsExtranonce: true)
    miner.traits.level = level
    miner.traits.region = region
    miner.traits.tags = tags
    return miner
  }

  @Test func `everything that a selector says must hold`() {
    #expect(PolicySelector().matches(alpha))
    #expect(PolicySelector(pool: "alpha").matches(alpha) && PolicySelector(pool: "alpha:scrypt").matches(alpha))
    #expect(!PolicySelector(pool: "alph").matches(alpha))
    #expect(PolicySelector(coin: "ltc", region: "eu", tag: "green").matches(alpha))
    #expect(!PolicySelector(coin: "LTC", region: "us").matches(alpha))
    #expect(!PolicySelector(tag: "red").matches(alpha) && !PolicySelector(region: "EU").matches(alpha))
  }

  @Test func `deny goes before allow, and the reason says which`() {
    var policy = Policy()
    #expect(policy.exclusion(of: alpha) == nil)
    policy.allow = [PolicySelector(coin: "BTC"), PolicySelector(pool: "beta", tag: "big")]
    #expect(policy.exclusion(of: alpha) == "not allowed: only coin BTC, or pool beta and tag big")
    policy.allow.append(PolicySelector(region: "eu"))
    #expect(policy.exclusion(of: alpha) == nil)
    policy.deny = [PolicySelector(pool: "beta"), PolicySelector(tag: "green")]
    #expect(policy.exclusion(of: alpha) == "denied: tag green")
  }

  @Test func `miners are meant by pattern, level, region and tag; the first pin holds`() {
    let rigs = MinerSelector(algorithm: .scrypt, worker: "rig*", account: "f*m")
    #expect(rigs.matches(miner()) && !rigs.matches(miner(("farm", "asic1"))))
    #expect(!MinerSelector(algorithm: .sha256d).matches(miner()))
    #expect(MinerSelector(level: 6...9).matches(miner(level: 6)) && !MinerSelector(level: 6...9).matches(miner()))
    #expect(!MinerSelector(region: "eu", tag: "a").matches(miner(region: "eu")))
    #expect(MinerSelector(region: "eu", tag: "a").matches(miner(region: "eu", tags: ["a"])))
    var policy = Policy()
    policy.pins = [
      PolicyPin(who: MinerSelector(level: 6...9), to: PolicySelector(pool: "zion")),
      PolicyPin(who: MinerSelector(), to: PolicySelector(coin: "LTC")),
    ]
    #expect(policy.pin(of: miner(level: 9)) == PolicySelector(pool: "zion"))
    #expect(policy.pin(of: miner()) == PolicySelector(coin: "LTC"))
  }

  @Test(arguments: [
    ("", "", true), ("", "a", false), ("*", "", true), ("*", "abc", true), ("a*", "abc", true), ("*c", "abc", true),
    ("a*c", "abc", true), ("a*c", "abcd", false), ("a**d", "abcd", true), ("*ab*ab", "abxab", true),
    ("*ab*ab", "aab", false), ("rig?", "rig1", false), ("ž*", "žluť", true), ("abc", "ab", false),
  ])
  func `a star stands for any letters, also none`(pattern: String, word: String, isMeant: Bool) {
    #expect(WordPattern(pattern).matches(word) == isMeant)
  }

  @Test func `a pattern of stars costs no more than its length times the word's`() {
    let pattern = WordPattern(String(repeating: "*a", count: 100) + "b")
    #expect(!pattern.matches(String(repeating: "a", count: 5000)))
  }

  @Test func `a selector reads as it is written`() {
    #expect("\(PolicySelector())" == "every pool" && "\(MinerSelector())" == "every miner")
    #expect(
      "\(MinerSelector(algorithm: .scrypt, worker: "a*", account: "b", level: 2...2, region: "eu", tag: "t"))"
        == "algorithm scrypt and worker a* and account b and level 2 and region eu and tag t")
    #expect("\(MinerSelector(level: 6...9))" == "level 6 to 9")
  }

  @Test func `presets have the gains and risks of the original, but for the gain that balanced learns`() {
    let table = PolicyPreset.allCases.map { [$0.decision.minimumGain, $0.decision.maximumRisk] }
    #expect(table == [[0.08, 0.2], [nil, 0.3], [0.03, 0.4], [0.02, 0.5], [0.1, 0.1]])
    #expect(Policy().competitors.map(\.name) == PolicyPreset.allCases.map(\.rawValue))
  }
}
