import Orchestrator
import Stratum
import TestSupport
import Testing

@Suite struct RevenueRoutingTests {
  static let profit = Policy(
    name: "profit", mode: .optimizeProfit, minDwellSeconds: 5, decision: DecisionOptions(minimumGain: 0.02))

  private func source(
    _ name: String, pays coins: Double?, kind: SourceSnapshot.Kind = .upstream, region: String? = nil
  ) -> SimulatedFleet.Source {
    SimulatedFleet.Source(name: name, kind: kind, traits: SourceTraits(region: region), coinsPerHash: coins)
  }

  private func fleet(
    _ sources: [SimulatedFleet.Source], count: Int = 10, on place: String? = "alpha", policy: Policy = profit
  ) -> SimulatedFleet {
    SimulatedFleet(
      sources, miners: SimulatedFleet.rates(Array(repeating: 1000, count: count), on: place), policy: policy)
  }

  @Test func `everyone mines where a hash earns most`() {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1.5), source("zion", pays: 0.5, kind: .local)])
    fleet.run(30)
    #expect(fleet.share("beta") == 1)
    #expect(fleet.plan.order.first == "beta")
  }

  @Test func `a new miner goes where its group is without waiting for its dwell`() {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1.5)])
    fleet.run(30)
    fleet.miners.append(.init(session: 99, worker: "late", rate: 1000, source: "alpha", movedAt: -fleet.now - 2000))
    fleet.tick()
    #expect(fleet.places().allSatisfy { $0 == "beta" })
  }

  @Test func `a miner of a high level is sent to the local pool for its bonus, one of a low level is not`() throws {
    let sources = [source("alpha", pays: 1), source("zion", pays: 0.9, kind: .local)]
    var fleet = fleet(sources, count: 2)
    fleet.miners[0].traits = MinerTraits(level: 1, expectedBonus: 0.06)
    fleet.miners[1].traits = MinerTraits(level: 6, expectedBonus: 0.24)
    fleet.run(30)
    #expect(fleet.places() == ["alpha", "zion"])
    let high = try #require(fleet.planner.decisions.first { $0.group == "sha256d level 6" })
    let score = try #require(high.scores.first { $0.source == "zion" })
    #expect(score.terms.contains(RevenueTerm("consciousness level 6", 1.24)))
    let worth = try #require(high.worth(of: "zion"))
    #expect(abs(worth - 0.9 * 1.24) < 1e-9)
  }

  @Test func `with the weighting off both go upstream`() {
    var policy = Self.profit
    policy.decision.consciousnessWeight = 0
    var fleet = fleet([source("alpha", pays: 1), source("zion", pays: 0.9, kind: .local)], count: 2, policy: policy)
    fleet.miners[0].traits = MinerTraits(level: 1, expectedBonus: 0.06)
    fleet.miners[1].traits = MinerTraits(level: 6, expectedBonus: 0.24)
    fleet.run(30)
    #expect(fleet.places() == ["alpha", "alpha"])
  }

  @Test func `a move that no accepted share confirms is taken back, and not tried again for a while`() throws {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1.5)])
    fleet.sources[1].refuses = true
    fleet.run(120)
    #expect(fleet.share("alpha") == 1)
    let entry = try #require(fleet.planner.log.entries.last)
    #expect(entry.decision.reason.hasPrefix("beta is left (it refused the first "))
    let score = fleet.planner.decisions.first?.scores.first { $0.source == "beta" }
    #expect(score?.rejectedBecause?.hasPrefix("it refused the first ") == true)
    fleet.sources[1].refuses = false
    fleet.run(120)
    #expect(fleet.share("beta") == 1)
  }

  @Test func `nobody leaves a source whose figures are missing, and nobody goes to one`() {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 0.99), source("gamma", pays: 5)])
    fleet.sources[2].price = nil
    fleet.run(30)
    #expect(fleet.share("alpha") == 1)
    fleet.sources[0].price = nil
    fleet.run(30)
    #expect(fleet.share("alpha") == 1)
    let gamma = fleet.planner.decisions.first?.scores.first { $0.source == "gamma" }
    #expect(gamma?.rejectedBecause?.contains("the price feed is silent") == true)
  }

  @Test func `nobody leaves a source whose price was never known`() throws {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 2)])
    fleet.sources[0].price = nil
    fleet.run(60)
    #expect(fleet.share("alpha") == 1)
    #expect(fleet.planner.decisions.first?.overruledBecause == "what alpha pays is not known")
    fleet.sources[0].price = 1
    fleet.run(60)
    #expect(fleet.share("beta") == 1)
  }

  @Test func `without any healthy upstream the local pool takes the work, whatever it pays`() throws {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1), source("zion", pays: nil, kind: .local)])
    fleet.run(10)
    fleet.lose("alpha")
    fleet.lose("beta")
    fleet.tick()
    #expect(fleet.share("zion") == 1)
    let reason = try #require(fleet.planner.decisions.first?.reason)
    #expect(reason == "emergency: alpha is lost, zion takes the work")
  }

  @Test func `what the operator denies is not used even when nothing else is left`() {
    var policy = Self.profit
    policy.deny = [PolicySelector(pool: "zion")]
    var fleet = fleet([source("alpha", pays: 1), source("zion", pays: 1, kind: .local)], policy: policy)
    fleet.run(10)
    fleet.lose("alpha")
    fleet.run(10)
    #expect(fleet.share("zion") == 0)
    #expect(fleet.planner.decisions.first?.to == nil)
    fleet.recover("alpha")
    fleet.run(200)
    #expect(fleet.share("alpha") == 1)
  }

  @Test func `a paused orchestrator moves only those who lost their source`() {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1), source("gamma", pays: 1)])
    fleet.run(10)
    fleet.planner.orders.isPaused = true
    fleet.pay("beta", 2)
    fleet.run(60)
    #expect(fleet.share("alpha") == 1)
    fleet.lose("alpha")
    fleet.tick()
    #expect(fleet.share("alpha") == 0)
  }

  @Test func `an operator's mode outranks the policy's until it is taken back`() {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 2)], policy: Policy(minDwellSeconds: 1))
    fleet.run(10)
    #expect(fleet.share("alpha") == 1)
    fleet.planner.orders.mode = .optimizeProfit
    fleet.run(30)
    #expect(fleet.share("beta") == 1)
    fleet.planner.orders.mode = nil
    fleet.run(30)
    #expect(fleet.share("alpha") == 1)
  }

  @Test func `what a rule or a list forbids is left, and said why`() {
    var fleet = fleet([source("alpha", pays: 2), source("beta", pays: 1)])
    fleet.run(10)
    fleet.policy.deny = [PolicySelector(pool: "alpha")]
    fleet.run(10)
    #expect(fleet.share("beta") == 1)
    let score = fleet.planner.decisions.first?.scores.first { $0.source == "alpha" }
    #expect(score?.rejectedBecause == "denied: pool alpha")
  }

  @Test func `load is balanced over sources that earn about the same`() {
    var policy = Policy(name: "balance", mode: .balanceLoad, minDwellSeconds: 1)
    policy.decision.balanceTolerance = 0.03
    var fleet = fleet(
      [source("alpha", pays: 1), source("beta", pays: 0.99), source("gamma", pays: 0.8)], count: 40, policy: policy)
    fleet.run(120)
    #expect(abs(fleet.share("alpha") - 0.5) < 0.06)
    #expect(abs(fleet.share("beta") - 0.5) < 0.06)
    #expect(fleet.share("gamma") == 0)
  }

  @Test func `work is divided over regions, and within one the better source has it`() {
    var policy = Policy(name: "geo", mode: .geographicDistribution, minDwellSeconds: 1)
    policy.regions = ["eu": 3, "us": 1]
    var fleet = fleet(
      [
        source("alpha", pays: 1, region: "eu"), source("beta", pays: 1.2, region: "eu"),
        source("gamma", pays: 0.7, region: "us"),
      ],
      count: 40, policy: policy)
    fleet.run(200)
    #expect(abs(fleet.share("beta") - 0.75) < 0.06)
    #expect(abs(fleet.share("gamma") - 0.25) < 0.06)
    #expect(fleet.share("alpha") < 0.06)
  }

  @Test(arguments: [(stale: 1, of: 17, leaves: false), (stale: 10, of: 170, leaves: true)])
  func `as many stale shares are a reason to leave when they are many, and none when they are one`(
    stale: Int, of count: Int, leaves: Bool
  ) {
    func quality(stale: Int, of count: Int) -> SourceQuality {
      var source = SourceSnapshot(name: "seen", kind: .upstream, algorithm: .sha256d)
      source.counters.sourceAccepted = count - stale
      source.counters.sourceRejected = stale
      source.observed.rejectedStale = stale
      var meter = QualityMeter()
      meter.observe(FleetSnapshot(at: .zero, sources: [source], miners: []), coins: { _ in nil })
      meter.fill(&source, at: .zero)
      return source.quality
    }
    var policy = Self.profit
    policy.decision = DecisionOptions()
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1)], policy: policy)
    fleet.sources[0].quality = quality(stale: stale, of: count)
    fleet.sources[1].quality = quality(stale: 0, of: 200)
    fleet.run(30)
    #expect(fleet.share("beta") == (leaves ? 1 : 0))
  }

  @Test func `among sources that pay alike stability takes the safer one`() {
    var policy = Self.profit
    policy.mode = .maximizeStability
    var fleet = fleet([source("alpha", pays: 1.05), source("beta", pays: 1)], policy: policy)
    fleet.sources[0].quality = SourceQuality(rejectRatio: 0.1, answers: 1000, disconnectsPerHour: 4)
    fleet.run(30)
    #expect(fleet.share("beta") == 1)
  }

  @Test func `adaptive learning follows one of the policies that compete, and says which`() throws {
    var policy = Self.profit
    policy.mode = .adaptiveLearning
    policy.candidates = ["eager", "calm"]
    policy.candidatePolicies = [
      Policy(name: "eager", mode: .optimizeProfit, minDwellSeconds: 1, decision: DecisionOptions(minimumGain: 0.02)),
      Policy(name: "calm", mode: .optimizeProfit, minDwellSeconds: 1, decision: DecisionOptions(minimumGain: 0.5)),
    ]
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1.2)], policy: policy)
    fleet.run(30)
    #expect(fleet.share("beta") == 1)
    #expect(fleet.planner.decisions.first?.policy == "profit: eager")
  }

  @Test func `every decision can be computed again from what it says of itself`() {
    var fleet = fleet(
      [source("alpha", pays: 1), source("beta", pays: 1.3), source("zion", pays: 0.9, kind: .local)], count: 3)
    fleet.miners[2].traits = MinerTraits(level: 6, expectedBonus: 0.6)
    var random = SeededRandom(seed: 11)
    for look in 0..<400 {
      if look % 40 == 39 { fleet.pay("alpha", Double.random(in: 0.7...1.6, using: &random)) }
      if look % 90 == 89 { fleet.sources[1].price = fleet.sources[1].price == nil ? 1 : nil }
      if look == 250 { fleet.lose("alpha") }
      fleet.tick()
      for decision in fleet.planner.decisions where decision.overruledBecause == nil {
        #expect(decision.recomputed() == decision.to, "\(decision)")
      }
    }
    #expect(fleet.planner.log.entries.count >= 2)
  }

  @Test func `a small part of the hashrate looks at unused sources, one after the other, and comes back`() {
    var policy = Self.profit
    policy.decision.probeShare = 0.02
    var fleet = fleet(
      [source("alpha", pays: 1), source("beta", pays: 0.9), source("gamma", pays: 0.8)], count: 100, policy: policy)
    var seen: Set<String> = []
    for _ in 0..<900 {
      fleet.tick()
      let away = 1 - fleet.share("alpha")
      #expect(away <= 0.021)
      seen.formUnion(fleet.places().compactMap { $0 })
    }
    #expect(seen == ["alpha", "beta", "gamma"])
    #expect(fleet.share("alpha") == 1)
    #expect(fleet.planner.log.entries.isEmpty)
  }

  @Test func `without a probe share nobody leaves`() {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 0.9)], count: 100)
    fleet.run(300)
    #expect(fleet.moveCount == 0)
  }

  @Test func `the log says what a move brought`() throws {
    var fleet = fleet([source("alpha", pays: 1), source("beta", pays: 1.5)])
    fleet.run(60)
    let entry = try #require(fleet.planner.log.entries.last)
    #expect(entry.decision.from == "alpha")
    #expect(entry.decision.to == "beta")
    let gain = try #require(entry.realisedGain)
    #expect(abs(gain - 0.5) < 1e-9)
    #expect(entry.isOpen)
  }
}
