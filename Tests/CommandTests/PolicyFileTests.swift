import Foundation
import Orchestrator
import TestSupport
import Testing

@testable import zion

@Suite struct PolicyFileTests {
  /// Aliases of aliases as a key: without a check they are compared for years.
  @Test(arguments: ["? *a40\n: 1", "*a40 : 1", "{[*a40]: 1}", "x: {? {y: *a40} : 1}", "- {*a0 : 1}"])
  func `a key that is more than one word is refused at once, by its line`(key: String) {
    var text = "b0: &a0 [x, x]\n"
    for number in 1...40 { text += "b\(number): &a\(number) [*a\(number - 1), *a\(number - 1)]\n" }
    let isBeside = key.hasPrefix("{") || key.hasPrefix("-")
    let list = ProblemList(file: "p")
    _ = PolicyFile.read(isBeside ? "c:\n  \(key)\n" : text + key + "\n", sources: [], report: list)
    #expect(list.problems.map(\.line) == [isBeside ? 2 : 42])
    #expect(list.problems.first?.message.hasPrefix("this key is") == true)
  }

  @Test func `values may still be aliases, and keys of one word are no lists`() {
    #expect(YAMLKeys.lineOfFirstList(in: "a: &x [1, {b: [2]}]\nc: *x\nd: {e: {f: g}, h: [i: j]}\n") == nil)
    #expect(YAMLKeys.lineOfFirstList(in: "a: [\n") == nil)
  }

  /// A policy with every key that there is.
  static let everything = """
    name: all
    mode: geographic_distribution
    preset: aggressive
    order: [a, b]
    weights: {a: 7, b: 3}
    fallback: z
    min_dwell: 10m
    failback_after: 5m
    deadband: 2 %
    decision:
      minimum_gain: learned
      maximum_risk: 25%
      risk_aversion: 1.5
      switch_cost: 30m
      moves_per_hour: 4
      probe: 1%
      consciousness_weight: 50%
      minimum_confidence: 60%
      balance_tolerance: 4%
    allow: [{pool: a}, {coin: BTC, region: eu}]
    deny:
      - {tag: testing}
    pins:
      - who: {algorithm: scrypt, worker: "rig*", account: farm, level: ">=6", region: eu, tag: big}
        to: {pool: z}
      - {who: {level: 2..5}, to: {tag: green}}
    regions: {eu: 60, us: 0.5}
    candidates: [balanced]
    rules:
      - when: {metric: reject_ratio, pool: a, above: 5%, for: 10m}
        then: {avoid: 15m}
      - when: {metric: hashrate, coin: BTC, below: 5 TH/s}
        then: {weight: {pool: b, factor: 0.5}}
      - {when: {metric: reply_ms, region: eu, above: 1.5s}, then: {weight: {factor: 2}}}
      - {when: {metric: revenue, tag: green, below: 0.05}, then: {mode: split}}
      - {when: {metric: price_age, above: 2h}, then: {mode: failover}}
      - {when: {metric: disconnects_per_hour, above: 6}, then: {mode: adaptive_learning}}
    schedules:
      - days: [sat, Sunday]
        from: 22:00
        to: 6:00
        zone: +05:30
        then: {mode: split, preset: conservative, allow: [{pool: b}], deny: [{coin: LTC}]}
      - {from: 00:00, to: 24:00, then: {deny: []}}
    """

  static let names = PolicyNames(pools: ["a", "b", "z"])

  private static func read(_ text: String, names: PolicyNames = names) -> PolicyReading {
    PolicyFile.read(PolicySource(file: "p.yaml", text: text), names: names)
  }

  @Test func `every key is read`() {
    let reading = Self.read(Self.everything)
    #expect(reading.problems.map(\.description) == [])
    let policy = reading.policy
    #expect(policy.mode == .geographicDistribution && policy.preset == .aggressive)
    #expect(policy.minDwellSeconds == 600 && policy.deadband == 0.02 && policy.regions == ["eu": 60, "us": 0.5])
    #expect(
      policy.decision
        == DecisionOptions(
          minimumGain: nil, maximumRisk: 0.25, riskAversion: 1.5, switchCostSeconds: 1800, maximumMovesPerHour: 4,
          probeShare: 0.01, consciousnessWeight: 0.5, minimumConfidence: 0.6, balanceTolerance: 0.04))
    #expect(policy.allow == [PolicySelector(pool: "a"), PolicySelector(coin: "BTC", region: "eu")])
    #expect(policy.deny == [PolicySelector(tag: "testing")])
    #expect(
      policy.pins == [
        PolicyPin(
          who: MinerSelector(
            algorithm: .scrypt, worker: "rig*", account: "farm", level: 6...9, region: "eu", tag: "big"),
          to: PolicySelector(pool: "z")),
        PolicyPin(who: MinerSelector(level: 2...5), to: PolicySelector(tag: "green")),
      ])
    #expect(policy.candidates == ["balanced"] && policy.competitors == [PolicyPreset.balanced.policy])
  }

  @Test func `rules and schedules are read`() {
    let policy = Self.read(Self.everything).policy
    #expect(
      policy.rules == [
        PolicyRule(
          when: .init(
            metric: .rejectRatio, sources: PolicySelector(pool: "a"), bound: .above(0.05), forSeconds: 600),
          then: .avoid(seconds: 900)),
        PolicyRule(
          when: .init(metric: .hashrate, sources: PolicySelector(coin: "BTC"), bound: .below(5e12)),
          then: .weight(of: PolicySelector(pool: "b"), factor: 0.5)),
        PolicyRule(
          when: .init(metric: .replyMilliseconds, sources: PolicySelector(region: "eu"), bound: .above(1500)),
          then: .weight(of: nil, factor: 2)),
        PolicyRule(
          when: .init(metric: .revenue, sources: PolicySelector(tag: "green"), bound: .below(0.05)),
          then: .mode(.split)),
        PolicyRule(when: .init(metric: .priceAge, bound: .above(7200)), then: .mode(.failover)),
        PolicyRule(when: .init(metric: .disconnectsPerHour, bound: .above(6)), then: .mode(.adaptiveLearning)),
      ])
    // What the policy says itself goes before the schedule's preset too.
    var decision = policy.decision
    decision.minimumGain = nil
    #expect(
      policy.schedules == [
        PolicySchedule(
          days: [.saturday, .sunday], fromMinute: 1320, toMinute: 360, zoneMinutes: 330,
          change: .init(
            mode: .split, preset: .conservative, decision: decision, minDwellSeconds: 600,
            allow: [PolicySelector(pool: "b")], deny: [PolicySelector(coin: "LTC")])),
        PolicySchedule(fromMinute: 0, toMinute: 1440, change: .init(deny: [])),
      ])
  }

  @Test func `single keys go before their preset, wherever they stand`() {
    let policy = Self.read("decision: {maximum_risk: 50%}\nmin_dwell: 1m\nmode: optimize_profit\npreset: balanced")
      .policy
    #expect(policy.minDwellSeconds == 60 && policy.decision.maximumRisk == 0.5)
    #expect(policy.decision.minimumGain == PolicyPreset.balanced.decision.minimumGain)
  }

  @Test(arguments: [
    ("mode: optimise_profit", 1, "mode", "did you mean optimize_profit?"),
    ("name: x\npreset: balancd", 2, "preset", "did you mean balanced?"),
    ("presett: balanced", 1, "presett", "did you mean preset?"),
    ("order: [a, c]", 1, "order[1]", "there is no pool “c”"),
    ("order: [a, a]", 1, "order", "“a” is there twice"),
    ("fallback: zz", 1, "fallback", "did you mean z?"),
    ("mode: split\nweights:\n  a: 1\n  bb: 2", 4, "weights", "did you mean b?"),
    ("mode: split", 1, "weights", "is missing"),
    ("mode: split\nweights: {a: 0}", 2, "weights", "all are 0"),
    ("weights: {a: 1}", 1, "weights", "a failover has no weights"),
    ("mode: split\nweights: {a: 1}\norder: [a]", 3, "order", "a split has no order"),
    ("decision: {maximum_risk: 0.3}", 1, "decision.maximum_risk", "is not a percentage"),
    ("decision: {minimum_gain: much}", 1, "decision.minimum_gain", "such as 3%, or learned"),
    ("decision:\n  probe: 20%", 2, "decision.probe", "out of range"),
    ("decision: {risk_aversion: 6}", 1, "decision.risk_aversion", "not a number of 0 to 5"),
    ("decision: {switch_cost: 5}", 1, "decision.switch_cost", "is not a duration"),
    ("decision: {moves_per_hour: 0}", 1, "decision.moves_per_hour", "out of range"),
    ("decision: {risk: 5%}", 1, "decision.risk", "no such option"),
    ("allow: [{pool: x}]", 1, "allow[0].pool", "there is no pool “x”"),
    ("deny:\n  - {coin: btc}", 2, "deny[0].coin", "not a coin's symbol"),
    ("deny: [{tags: green}]", 1, "deny[0].tags", "did you mean tag?"),
    ("deny: [{}]", 1, "deny[0]", "this means every pool"),
    ("allow: {pool: a}", 1, "allow", "not a list"),
    ("pins: [{who: {level: 10}, to: {pool: a}}]", 1, "pins[0].who.level", "does not say which levels"),
    ("pins: [{who: {level: 5..2}, to: {pool: a}}]", 1, "pins[0].who.level", "does not say which levels"),
    ("pins:\n - who: {level: 1}", 2, "pins[0].to", "is missing"),
    ("pins: [{who: {algorithm: sha256}, to: {pool: a}}]", 1, "pins[0].who.algorithm", "did you mean sha256d?"),
    ("mode: geographic_distribution", 1, "regions", "is missing"),
    ("regions: {eu: 1}", 1, "regions", "a failover has no regions"),
    ("mode: geographic_distribution\nregions:\n  eu: -1", 3, "regions.eu", "not a number"),
    ("mode: adaptive_learning\ncandidates: [balancd]", 2, "candidates[0]", "did you mean balanced?"),
    ("mode: adaptive_learning\ncandidates: [balanced, balanced]", 2, "candidates", "there twice"),
    ("candidates: [balanced]", 1, "candidates", "a failover has no candidates"),
    ("rules:\n  - then: {avoid: 1m}", 2, "rules[0].when", "is missing"),
    ("rules: [{when: {metric: job_age, above: 1m}}]", 1, "rules[0].then", "is missing"),
    ("rules: [{when: {metric: rejects, above: 1%}, then: {avoid: 1m}}]", 1, "rules[0].when.metric", "is not known"),
    ("rules: [{when: {above: 1%}, then: {avoid: 1m}}]", 1, "rules[0].when.metric", "is missing"),
    ("rules: [{when: {metric: job_age}, then: {avoid: 1m}}]", 1, "rules[0].when.above", "is missing"),
    (
      "rules:\n- when:\n    metric: job_age\n    above: 1m\n    below: 2m\n  then: {avoid: 1m}", 5,
      "rules[0].when.below", "above is set too"
    ),
    (
      "rules: [{when: {metric: reject_ratio, above: 5}, then: {avoid: 1m}}]", 1, "rules[0].when.above",
      "is not a percentage"
    ),
    ("rules: [{when: {metric: hashrate, below: 5}, then: {avoid: 1m}}]", 1, "rules[0].when.below", "is not a speed"),
    ("rules: [{when: {metric: reply_ms, above: 5}, then: {avoid: 1m}}]", 1, "rules[0].when.above", "not a duration"),
    (
      "rules: [{when: {metric: job_age, above: 1m, for: soon}, then: {avoid: 1m}}]", 1, "rules[0].when.for",
      "is not a duration"
    ),
    ("rules: [{when: {metric: job_age, above: 1m}, then: {}}]", 1, "rules[0].then", "nothing is to be done"),
    (
      "rules: [{when: {metric: job_age, above: 1m}, then: {avoid: 1m, mode: failover}}]", 1, "rules[0].then",
      "avoid and mode are set"
    ),
    (
      "rules: [{when: {metric: job_age, above: 1m}, then: {weight: {pool: a}}}]", 1, "rules[0].then.weight.factor",
      "is missing"
    ),
    ("schedules: [{from: 25:00, to: 6:00, then: {mode: failover}}]", 1, "schedules[0].from", "not a time of day"),
    ("schedules: [{from: 6:00, to: 6:00, then: {mode: failover}}]", 1, "schedules[0].to", "it ends when it begins"),
    ("schedules: [{from: 6:+5, to: 7:00, then: {mode: failover}}]", 1, "schedules[0].from", "not a time of day"),
    ("schedules: [{to: 6:00, then: {mode: failover}}]", 1, "schedules[0].from", "is missing"),
    (
      "schedules: [{days: [some], from: 6:00, to: 7:00, then: {mode: failover}}]", 1, "schedules[0].days[0]",
      "is not a day"
    ),
    (
      "schedules: [{zone: Europe/Prague, from: 6:00, to: 7:00, then: {mode: failover}}]", 1, "schedules[0].zone",
      "know no summer time"
    ),
    ("schedules:\n  - {from: 6:00, to: 7:00, then: {}}", 2, "schedules[0].then", "nothing changes"),
    ("schedules: [{from: 6:00, to: 7:00}]", 1, "schedules[0].then", "is missing"),
  ])
  func `a mistake is told with its line, its key and what to write`(
    text: String, line: Int, key: String, words: String
  ) throws {
    let reading = Self.read(text)
    let problem = try #require(reading.problems.first)
    #expect(problem.line == line && problem.key == key, "\(reading.problems)")
    #expect(problem.message.contains(words) && reading.problems.count == 1, "\(reading.problems)")
  }

  @Test(arguments: 0..<40) func `whatever is in the file, it is read or told what is wrong`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for _ in 0..<10 {
      var bytes = Array(Self.everything.utf8)
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let place = Int.random(in: 0..<bytes.count - 40, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes.removeSubrange(place..<place + Int.random(in: 1...30, using: &random))
        case 1: bytes[place] = UInt8.random(in: 9...126, using: &random)
        default: bytes.insert(contentsOf: Array("&*!{}[]:-#>|\"'%0".utf8).shuffled(using: &random).prefix(3), at: place)
        }
      }
      for problem in Self.read(String(decoding: bytes, as: UTF8.self)).problems {
        #expect(!problem.message.isEmpty && (problem.line != nil || !problem.message.contains("write")), "\(problem)")
      }
    }
  }

  @Test func `one source of a pool can be named`() {
    #expect(Self.read("order: [a, 'z:scrypt']").policy.order == ["a", "z:scrypt"])
    #expect(Self.read("order: ['z:scrypt']", names: PolicyNames()).problems.isEmpty)
    #expect(Self.read("order: ['y:scrypt']").problems.count == 1)
    #expect(Self.read("order: ['z:script']").problems.count == 1)
    #expect(Self.read("order: ['z:script']", names: PolicyNames()).problems.count == 1)
  }

  @Test func `a coin, region or tag that no pool has is only worth a warning`() {
    var names = Self.names
    (names.coins, names.regions, names.tags) = (["BTC"], ["eu-west"], [])
    let reading = Self.read(
      """
      mode: geographic_distribution
      allow:
        - {coin: BCT}
      deny: [{tag: green}]
      regions:
        eu-wset: 1
      """, names: names)
    #expect(reading.problems.isEmpty)
    #expect(
      reading.warnings.map(\.description) == [
        "p.yaml:3: allow[0].coin: no pool of the configuration has the coin “BCT” (did you mean BTC?); there is BTC",
        "p.yaml:4: deny[0].tag: no pool of the configuration has a tag, so this means nothing",
        "p.yaml:6: regions.eu-wset: no pool of the configuration has the region “eu-wset” (did you mean eu-west?); "
          + "there is eu-west",
      ])
  }

  @Test func `candidates are looked for beside the file, and their mistakes are told`() throws {
    let folder = try TemporaryFolder("candidates")
    try folder.write("{name: mine, mode: maximize_stability}", to: "mine.yaml")
    try folder.write("{name: plain}", to: "plain.yaml")
    try folder.write("mode: nonsense", to: "bad.yaml")
    let file = try folder.write("mode: adaptive_learning\ncandidates: [mine, balanced]", to: "p.yaml")
    let good = PolicyFiles.read(file, names: PolicyNames())
    #expect(good.problems.isEmpty && good.policy.competitors.map(\.name) == ["mine", "balanced"])
    try folder.write("mode: adaptive_learning\ncandidates:\n  - plain\n  - bad\n  - none", to: "p.yaml")
    let bad = PolicyFiles.read(file, names: PolicyNames()).problems
    #expect(bad.map(\.line) == [3, 4, 5])
    #expect(bad[0].message.contains("the mode of “plain” is failover"))
    #expect(bad[1].message.contains("bad.yaml:1: mode: “nonsense” is not known"))
    #expect(bad[2].message.contains("there is no preset “none”") && bad[2].message.contains("No such file"))
  }
}
