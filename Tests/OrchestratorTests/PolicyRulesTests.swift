import Orchestrator
import Stratum
import Testing

@Suite struct PolicyRulesTests {
  /// Sources that a test describes, looked at in a time of its own.
  private struct Bench {
    var rules = PolicyRules()
    var policy = Policy()
    var alpha = Self.source("alpha")
    var beta = Self.source("beta")
    /// 2026-11-24 14:00 UTC, a Tuesday.
    var wall = 1_795_528_800
    private var now = 0.0

    init(_ rules: PolicyRule...) { policy.rules = rules }

    static func source(_ name: String) -> SourceSnapshot {
      var source = SourceSnapshot(name: name, kind: .upstream, algorithm: .sha256d)
      source.isReady = true
      return source
    }

    var snapshot: FleetSnapshot {
      FleetSnapshot(at: MonotonicTime.zero.advanced(bySeconds: now), sources: [alpha, beta], miners: [])
    }

    mutating func look(after seconds: Double = 0) -> PolicyVerdict {
      now += seconds
      wall += Int(seconds)
      return rules.update(snapshot, policy: policy, wallSeconds: wall)
    }
  }

  private static let rejects = PolicyRule(
    when: .init(metric: .rejectRatio, bound: .above(0.05), forSeconds: 600), then: .avoid(seconds: 900))

  @Test func `a source is avoided when the condition held for so long, and not sooner`() {
    var bench = Bench(Self.rejects)
    bench.alpha.quality.rejectRatio = 0.071
    #expect(bench.look().exclusions.isEmpty)
    #expect(bench.look(after: 599).exclusions.isEmpty)
    let verdict = bench.look(after: 1)
    #expect(
      verdict.exclusions == ["alpha": "rule 1: reject_ratio 7.1 % above 5 % for 10 m, avoided until 14:25 UTC"])
    #expect(verdict.avoided == ["alpha"])
  }

  @Test func `a metric that flaps, or that nobody knows for a moment, begins anew`() {
    var bench = Bench(Self.rejects)
    for step in 0..<40 {
      bench.alpha.quality.rejectRatio = step % 2 == 0 ? 0.5 : 0.01
      #expect(bench.look(after: 599).exclusions.isEmpty)
    }
    bench.alpha.quality.rejectRatio = 0.5
    _ = bench.look(after: 1)
    bench.alpha.quality.rejectRatio = nil
    #expect(bench.look(after: 599).exclusions.isEmpty)
    bench.alpha.quality.rejectRatio = 0.5
    #expect(bench.look(after: 2).exclusions.isEmpty)
  }

  @Test func `after its time a source has another chance, and must fail anew to be avoided anew`() {
    var bench = Bench(Self.rejects)
    bench.alpha.quality.rejectRatio = 0.1
    _ = bench.look()
    #expect(bench.look(after: 600).exclusions["alpha"] != nil)
    // While it is avoided nothing is measured, and what is remembered does not count.
    bench.alpha.quality.rejectRatio = 0
    #expect(bench.look(after: 899).exclusions["alpha"]?.contains("10 % above 5 %") == true)
    bench.alpha.quality.rejectRatio = 0.1
    #expect(bench.look(after: 1).exclusions.isEmpty)
    #expect(bench.look(after: 599).exclusions.isEmpty)
    #expect(bench.look(after: 1).exclusions["alpha"] != nil)
  }

  @Test func `a rule watches the sources that it means, each by itself`() {
    var rule = Self.rejects
    rule.when.sources = PolicySelector(pool: "beta")
    rule.when.forSeconds = 0
    var bench = Bench(rule)
    bench.alpha.quality.rejectRatio = 0.5
    bench.beta.quality.rejectRatio = 0.06
    #expect(bench.look().exclusions == ["beta": "rule 1: reject_ratio 6 % above 5 %, avoided until 14:15 UTC"])
  }

  @Test func `a mode holds as long as the condition, and says why`() {
    var bench = Bench(
      PolicyRule(when: .init(metric: .priceAge, bound: .above(7200)), then: .mode(.failover)))
    bench.policy.mode = .optimizeProfit
    bench.alpha.economics = SourceEconomics(
      coin: "BTC", blockReward: 3, hashesPerBlock: 1e20, coinsPerHash: 3e-20, ageSeconds: 9000)
    let verdict = bench.look()
    #expect(verdict.policy.mode == .failover)
    #expect(verdict.modeReason == "rule 1: price_age 150 m above 2 h at alpha")
    bench.alpha.economics?.ageSeconds = 10
    #expect(bench.look(after: 1).policy.mode == .optimizeProfit)
    #expect(bench.look().modeReason == nil)
  }

  @Test func `a weight is multiplied as long as the condition holds, and factors of several rules multiply`() {
    let slow = PolicyRule(
      when: .init(metric: .replyMilliseconds, bound: .above(800)), then: .weight(of: nil, factor: 0.5))
    let late = PolicyRule(
      when: .init(metric: .lateness, bound: .above(3)),
      then: .weight(of: PolicySelector(pool: "alpha"), factor: 0.2))
    var bench = Bench(slow, late)
    bench.policy.mode = .split
    bench.policy.weights = ["alpha": 60, "beta": 40]
    bench.alpha.quality.replyMillisecondsP50 = 900
    bench.beta.quality.latenessSeconds = 4
    let verdict = bench.look()
    #expect(verdict.factors == ["alpha": 0.1])
    #expect(verdict.policy.weights == ["alpha": 6, "beta": 40])
    #expect(bench.policy.weights == ["alpha": 60, "beta": 40])
    bench.alpha.quality.replyMillisecondsP50 = 100
    bench.beta.quality.latenessSeconds = nil
    #expect(bench.look().policy.weights == ["alpha": 60, "beta": 40])
  }

  @Test func `other rules begin anew, another policy with the same rules carries on`() {
    var bench = Bench(Self.rejects)
    bench.alpha.quality.rejectRatio = 0.1
    _ = bench.look()
    bench.policy.name = "renamed"
    bench.policy.decision.riskAversion = 3
    #expect(bench.look(after: 600).exclusions["alpha"] != nil)
    bench.policy.rules[0].when.forSeconds = 300
    #expect(bench.look(after: 1).exclusions.isEmpty)
    #expect(bench.look(after: 300).exclusions["alpha"] != nil)
  }

  @Test func `a planner sees avoided sources as not ready, unless there is no other`() {
    var rule = Self.rejects
    rule.when.forSeconds = 0
    var bench = Bench(rule)
    bench.alpha.quality.rejectRatio = 0.5
    let one = bench.look().applied(to: bench.snapshot)
    #expect(one.sources.map(\.isReady) == [false, true])
    #expect(one.sources[0].trouble?.hasPrefix("rule 1: reject_ratio 50 %") == true)
    bench.beta.isReady = false
    #expect(bench.look().applied(to: bench.snapshot).sources.map(\.isReady) == [true, false])
    // What the operator denies stays denied.
    bench.policy.deny = [PolicySelector(pool: "alpha")]
    let denied = bench.look()
    #expect(denied.exclusions["alpha"] == "denied: pool alpha" && denied.avoided.isEmpty)
    #expect(denied.applied(to: bench.snapshot).sources.map(\.isReady) == [false, false])
  }

  @Test func `every metric has a value where something was measured, and none where nothing was`() {
    var source = Bench.source("alpha")
    let unknown = PolicyRule.Metric.allCases.filter { $0.value(of: source) == nil }
    #expect(Set(PolicyRule.Metric.allCases).subtracting(unknown) == [.disconnectsPerHour, .hashrate])
    source.quality = SourceQuality(
      rejectRatio: 0.1, staleRatio: 0.2, connectMilliseconds: 3, replyMillisecondsP50: 4, latenessSeconds: 5,
      disconnectsPerHour: 6, creditRatio: 0.8)
    source.jobAgeSeconds = 9
    source.hashrate = Hashrate(10)
    source.economics = SourceEconomics(
      coin: "BTC", blockReward: 3, hashesPerBlock: 1e20, coinsPerHash: 3e-20, currencyPerHash: 1e-18, ageSeconds: 12)
    #expect(
      PolicyRule.Metric.allCases.map { $0.value(of: source) } == [
        0.1, 0.2, 4, 3, 5, 6, 9, 0.8, 10, 1e-18 * 1e12 * 86_400, 12,
      ])
  }
}
