import Orchestrator
import Stratum
import Testing

@Suite struct FailoverTests {
  static let three: [SimulatedFleet.Source] = [
    .init(name: "alpha"), .init(name: "beta"), .init(name: "zion", kind: .local),
  ]

  private func fleet(_ policy: Policy = Policy(), on source: String? = "alpha", count: Int = 5) -> SimulatedFleet {
    SimulatedFleet(
      Self.three, miners: SimulatedFleet.rates(Array(repeating: 1, count: count), on: source), policy: policy)
  }

  @Test func `miners of a lost pool mine the next one within one tick`() {
    var fleet = fleet()
    fleet.tick()
    #expect(fleet.moveCount == 0)
    fleet.lose("alpha")
    fleet.tick()
    #expect(fleet.places() == Array(repeating: "beta", count: 5))
    #expect(fleet.plan.order == ["beta", "alpha", "zion"])
  }

  @Test func `the local pool takes everyone when no upstream is left`() {
    var fleet = fleet()
    fleet.tick()
    fleet.lose("alpha")
    fleet.lose("beta")
    fleet.tick()
    #expect(fleet.places() == Array(repeating: "zion", count: 5))
  }

  @Test func `an upstream takes everyone when the local pool is lost, even one that was lost a moment ago`() {
    var fleet = fleet(Policy(order: ["zion"]), on: "zion")
    fleet.tick()
    fleet.lose("alpha")
    fleet.lose("beta")
    fleet.tick()
    fleet.recover("beta")
    fleet.lose("zion")
    fleet.tick()
    #expect(fleet.places() == Array(repeating: "beta", count: 5))
  }

  @Test func `a better pool gets its miners back only after it was ready for failback_after`() {
    var fleet = fleet(Policy(minDwellSeconds: 60, failbackAfterSeconds: 120))
    fleet.tick()
    fleet.lose("alpha")
    fleet.run(200)
    fleet.recover("alpha")
    fleet.run(120)
    #expect(fleet.share("beta") == 1)
    fleet.tick()
    #expect(fleet.share("alpha") == 1)
  }

  @Test func `a pool that comes and goes pulls nobody`() {
    var fleet = fleet(Policy(minDwellSeconds: 60, failbackAfterSeconds: 120))
    fleet.tick()
    for _ in 0..<20 {
      fleet.lose("alpha")
      fleet.run(10)
      fleet.recover("alpha")
      fleet.run(100)
    }
    #expect(fleet.share("beta") == 1)
    #expect(fleet.moveCount == 5)
  }

  @Test func `two pools that both come and go do not exchange miners while the one in use is ready`() {
    var fleet = fleet(Policy(order: ["alpha", "beta"], minDwellSeconds: 0, failbackAfterSeconds: 120))
    fleet.lose("zion")
    fleet.tick()
    fleet.lose("alpha")
    fleet.tick()
    fleet.lose("beta")
    fleet.tick()
    fleet.recover("beta")
    fleet.tick()
    fleet.recover("alpha")
    let before = fleet.moveCount
    fleet.run(60)
    #expect(fleet.share("beta") == 1)
    #expect(fleet.moveCount == before)
  }

  @Test func `at start a better pool that connects late is trusted at once`() {
    var fleet = fleet(Policy(minDwellSeconds: 60), on: nil)
    fleet.lose("alpha")
    fleet.lose("beta")
    fleet.tick()
    #expect(fleet.share("zion") == 1)
    fleet.recover("alpha")
    fleet.tick()
    #expect(fleet.plan.order.first == "alpha")
    #expect(fleet.share("zion") == 1)
    fleet.run(60)
    #expect(fleet.share("alpha") == 1)
  }

  @Test func `nobody moves when no pool is ready`() {
    var fleet = fleet()
    fleet.tick()
    for name in ["alpha", "beta", "zion"] { fleet.lose(name) }
    fleet.tick()
    #expect(fleet.moveCount == 0)
    #expect(fleet.plan.order.count == 3)
  }

  @Test func `a miner is only sent to pools of its algorithm`() {
    var fleet = fleet()
    fleet.sources.append(.init(name: "lite", algorithm: .scrypt))
    fleet.miners.append(.init(session: 99, worker: "l1", rate: 1, source: nil, algorithm: .scrypt))
    fleet.tick()
    fleet.lose("lite")
    for name in ["alpha", "beta"] { fleet.lose(name) }
    fleet.tick()
    #expect(fleet.miners.last?.source == "lite")
    #expect(fleet.miners.dropLast().allSatisfy { $0.source == "zion" })
  }

  @Test func `sources outside the order come after the fallback`() {
    var fleet = fleet(Policy(order: ["beta"], fallback: "zion"))
    fleet.tick()
    #expect(fleet.plan.order == ["beta", "zion", "alpha"])
  }
}

@Suite struct ForceTests {
  private func fleet(count: Int = 4) -> SimulatedFleet {
    var fleet = SimulatedFleet(
      FailoverTests.three, miners: SimulatedFleet.rates(Array(repeating: 1, count: count), on: "alpha"),
      policy: Policy())
    fleet.tick()
    return fleet
  }

  @Test func `an order moves everyone at once and holds until it is released`() throws {
    var fleet = fleet()
    for index in fleet.miners.indices { fleet.miners[index].movedAt = fleet.now }
    try fleet.planner.force(to: "zion", worker: nil, in: fleet.snapshot())
    fleet.tick()
    #expect(fleet.share("zion") == 1)
    #expect(fleet.plan.order.first == "zion")
    fleet.run(500)
    #expect(fleet.share("zion") == 1)
    fleet.planner.release(worker: nil)
    fleet.tick()
    #expect(fleet.share("alpha") == 1)
  }

  @Test func `one worker is moved, by its name or with its account`() throws {
    var fleet = fleet()
    try fleet.planner.force(to: "beta", worker: "rig2", in: fleet.snapshot())
    try fleet.planner.force(to: "zion", worker: "farm.rig3", in: fleet.snapshot())
    fleet.tick()
    #expect(fleet.places() == ["alpha", "beta", "zion", "alpha"])
    fleet.planner.release(worker: "rig2")
    fleet.run(100)
    #expect(fleet.places() == ["alpha", "alpha", "zion", "alpha"])
  }

  @Test func `a later order for everyone replaces the orders for single workers`() throws {
    var fleet = fleet()
    try fleet.planner.force(to: "beta", worker: "rig2", in: fleet.snapshot())
    fleet.tick()
    try fleet.planner.force(to: "zion", worker: nil, in: fleet.snapshot())
    fleet.tick()
    #expect(fleet.share("zion") == 1)
    #expect(fleet.planner.pins.workersTo.isEmpty)
  }

  @Test func `while the ordered pool is lost the policy looks after its miners, and they go back after their dwell`()
    throws
  {
    var fleet = fleet()
    try fleet.planner.force(to: "beta", worker: nil, in: fleet.snapshot())
    fleet.tick()
    fleet.lose("beta")
    fleet.tick()
    #expect(fleet.share("alpha") == 1)
    fleet.recover("beta")
    fleet.run(50)
    #expect(fleet.share("alpha") == 1)
    fleet.run(12)
    #expect(fleet.share("beta") == 1)
  }

  @Test func `an order that cannot be carried out is refused with its reason`() {
    var fleet = fleet()
    fleet.lose("beta")
    fleet.sources.append(.init(name: "lite", algorithm: .scrypt))
    let snapshot = fleet.snapshot()
    var planner = fleet.planner
    #expect(throws: ForceError.unknownSource) { try planner.force(to: "gamma", worker: nil, in: snapshot) }
    #expect(throws: ForceError.notReady("connection refused")) {
      try planner.force(to: "beta", worker: nil, in: snapshot)
    }
    #expect(throws: ForceError.unknownWorker) { try planner.force(to: "zion", worker: "rig9", in: snapshot) }
    #expect(throws: ForceError.otherAlgorithm(source: .scrypt, worker: .sha256d)) {
      try planner.force(to: "lite", worker: "rig1", in: snapshot)
    }
    #expect(planner.pins.isEmpty)
  }
}
