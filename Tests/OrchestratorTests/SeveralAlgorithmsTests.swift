import Orchestrator
import Stratum
import Testing

/// Pools that have a source for each of their algorithms: what an operator says of one means each miner's own.
@Suite struct SeveralAlgorithmsTests {
  private static let algorithms: [Algorithm] = [.sha256d, .kawpow]

  /// `alpha` and `beta` of SHA-256d, `raven` of KawPow, and `zion` of both; three miners of each algorithm.
  private func fleet(_ policy: Policy = Policy(), sha: String? = "alpha", kawpow: String? = "raven") -> SimulatedFleet {
    var miners = SimulatedFleet.rates(Array(repeating: 1, count: 6), on: sha)
    for index in 3..<6 {
      miners[index].algorithm = .kawpow
      miners[index].source = kawpow
    }
    return SimulatedFleet(
      [
        .init(name: "alpha"), .init(name: "beta"), .init(name: "raven", algorithm: .kawpow),
        .init(name: "zion:sha256d", pool: "zion", kind: .local),
        .init(name: "zion:kawpow", pool: "zion", kind: .local, algorithm: .kawpow),
      ], miners: miners, policy: policy)
  }

  private func places(_ fleet: SimulatedFleet) -> [String] {
    Self.algorithms.map { algorithm in
      Set(fleet.miners.filter { $0.algorithm == algorithm }.map { $0.source ?? "nowhere" }).sorted().joined(
        separator: " ")
    }
  }

  @Test func `a source answers to its own name and to its pool's`() {
    let source = SourceSnapshot(name: "zion:kawpow", pool: "zion", kind: .local, algorithm: .kawpow)
    #expect(source.isCalled("zion") && source.isCalled("zion:kawpow"))
    #expect(!source.isCalled("zion:sha256d") && !source.isCalled("kawpow") && !source.isCalled(""))
    let plain = SourceSnapshot(name: "alpha", kind: .upstream, algorithm: .sha256d)
    #expect(plain.pool == "alpha" && plain.isCalled("alpha"))
  }

  @Test func `a pool's name in an order stands for each miner's own source`() {
    var fleet = fleet(Policy(order: ["zion", "alpha", "raven"]))
    fleet.run(200)
    #expect(places(fleet) == ["zion:sha256d", "zion:kawpow"])
    #expect(fleet.plan.order.filter { $0.hasPrefix("zion") } == ["zion:sha256d", "zion:kawpow"])
    fleet.lose("zion:kawpow")
    fleet.tick()
    #expect(places(fleet) == ["zion:sha256d", "raven"], "each algorithm fails over by itself")
  }

  @Test func `a source's own name in an order means no other of its pool`() {
    var fleet = fleet(Policy(order: ["zion:kawpow", "beta"]))
    fleet.run(200)
    #expect(places(fleet) == ["beta", "zion:kawpow"])
  }

  @Test func `a pool's name is the fallback of every algorithm`() {
    var fleet = fleet(Policy(order: ["alpha", "raven"], fallback: "zion"))
    fleet.tick()
    fleet.lose("alpha")
    fleet.lose("raven")
    fleet.tick()
    #expect(places(fleet) == ["zion:sha256d", "zion:kawpow"])
    #expect(fleet.plan.order == ["zion:sha256d", "alpha", "beta", "zion:kawpow", "raven"])
  }

  @Test func `a fallback of one algorithm leaves the others with what else there is`() {
    var fleet = fleet(Policy(order: ["alpha", "raven"], fallback: "zion:kawpow"))
    fleet.tick()
    fleet.lose("alpha")
    fleet.lose("raven")
    fleet.tick()
    #expect(places(fleet) == ["beta", "zion:kawpow"])
  }

  @Test func `a pool's weight is that of each of its sources, and its sources' own come first`() {
    let policy = Policy(mode: .split, weights: ["zion": 25, "alpha": 75, "raven": 75, "zion:kawpow": 225])
    var fleet = fleet(policy)
    fleet.tick()
    #expect(fleet.plan.weights == ["alpha": 0.75, "zion:sha256d": 0.25, "raven": 0.25, "zion:kawpow": 0.75])
    let zion = fleet.plan.order.filter { $0.hasPrefix("zion") }
    #expect(zion.count == 2)
  }

  @Test func `a split by pools divides the work of every algorithm`() {
    var miners = SimulatedFleet.rates(Array(repeating: 1, count: 80), on: "alpha")
    for index in 40..<80 {
      miners[index].algorithm = .kawpow
      miners[index].source = "raven"
    }
    var fleet = fleet(Policy(mode: .split, weights: ["zion": 50, "alpha": 50, "raven": 50]))
    fleet.miners = miners
    fleet.run(1200)
    for (index, name) in ["zion:sha256d", "zion:kawpow"].enumerated() {
      let own = fleet.miners.filter { $0.algorithm == Self.algorithms[index] }
      #expect(abs(own.count { $0.source == name } - 20) <= 2)
    }
    #expect(
      fleet.moves.allSatisfy { move in
        let algorithm = fleet.miners.first { $0.session == move.session }?.algorithm
        return fleet.sources.first { $0.name == move.to }?.algorithm == algorithm
      })
  }

  @Test func `an order to a pool moves every miner to its own source of it, at once and until it is released`() throws {
    var fleet = fleet()
    fleet.tick()
    try fleet.planner.force(to: "zion", worker: nil, in: fleet.snapshot())
    fleet.tick()
    #expect(places(fleet) == ["zion:sha256d", "zion:kawpow"])
    #expect(fleet.planner.pins.everyoneTo == "zion")
    fleet.run(300)
    #expect(places(fleet) == ["zion:sha256d", "zion:kawpow"])
    fleet.planner.release(worker: nil)
    fleet.tick()
    #expect(places(fleet) == ["alpha", "raven"])
  }

  @Test func `an order to one source leaves the other algorithms where they are`() throws {
    var fleet = fleet()
    fleet.tick()
    try fleet.planner.force(to: "zion:kawpow", worker: nil, in: fleet.snapshot())
    fleet.run(10)
    #expect(places(fleet) == ["alpha", "zion:kawpow"])
    #expect(fleet.plan.order.first == "alpha")
  }

  @Test func `an order to a pool of which one source is not ready moves the others`() throws {
    var fleet = fleet()
    fleet.lose("zion:sha256d")
    fleet.tick()
    try fleet.planner.force(to: "zion", worker: nil, in: fleet.snapshot())
    fleet.tick()
    #expect(places(fleet) == ["alpha", "zion:kawpow"])
    fleet.recover("zion:sha256d")
    fleet.tick()
    #expect(places(fleet) == ["zion:sha256d", "zion:kawpow"])
  }

  @Test func `one worker is sent to its own source of a pool`() throws {
    var fleet = fleet()
    fleet.tick()
    try fleet.planner.force(to: "zion", worker: "rig2", in: fleet.snapshot())
    try fleet.planner.force(to: "zion", worker: "farm.rig5", in: fleet.snapshot())
    fleet.tick()
    #expect(fleet.places() == ["alpha", "zion:sha256d", "alpha", "raven", "zion:kawpow", "raven"])
  }

  @Test func `what cannot be carried out is refused with its reason`() {
    var fleet = fleet()
    fleet.lose("zion:kawpow")
    let snapshot = fleet.snapshot()
    var planner = fleet.planner
    #expect(throws: ForceError.unknownSource) { try planner.force(to: "zion:scrypt", worker: nil, in: snapshot) }
    #expect(throws: ForceError.unknownSource) { try planner.force(to: "", worker: nil, in: snapshot) }
    #expect(throws: ForceError.unknownWorker) { try planner.force(to: "zion", worker: "rig9", in: snapshot) }
    #expect(throws: ForceError.notReady("connection refused")) {
      try planner.force(to: "zion:kawpow", worker: nil, in: snapshot)
    }
    #expect(throws: ForceError.notReady("connection refused"), "ready for others, not for this one") {
      try planner.force(to: "zion", worker: "rig5", in: snapshot)
    }
    #expect(throws: ForceError.otherAlgorithm(source: .sha256d, worker: .kawpow)) {
      try planner.force(to: "zion:sha256d", worker: "rig5", in: snapshot)
    }
    #expect(throws: ForceError.otherAlgorithm(source: .kawpow, worker: .sha256d)) {
      try planner.force(to: "raven", worker: "rig1", in: snapshot)
    }
    #expect(planner.pins.isEmpty)
  }
}
