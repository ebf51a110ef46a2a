import Chaos
import Testing

@Suite struct ChaosPlanTests {
  @Test func `a plan follows from its seed alone`() {
    for seed in UInt64(1)...50 { #expect(ChaosPlan(seed: seed, seconds: 60) == ChaosPlan(seed: seed, seconds: 60)) }
    #expect(ChaosPlan(seed: 1, seconds: 60).strikes != ChaosPlan(seed: 2, seconds: 60).strikes)
  }

  @Test func `every kind of fault and every kind of world occurs within fifty seeds`() {
    let plans = (UInt64(1)...50).map { ChaosPlan(seed: $0, seconds: 60) }
    #expect(Set(plans.flatMap { $0.strikes.map(\.fault) }) == Set(Fault.allCases))
    #expect(Set(plans.map { "\($0.world)" }).count == 16)
  }

  @Test(arguments: [5.0, 20, 60, 600])
  func `all faults are over while there is time to heal, and no part suffers two at once`(seconds: Double) {
    for seed in UInt64(1)...100 {
      let plan = ChaosPlan(seed: seed, seconds: seconds)
      #expect(!plan.strikes.isEmpty)
      #expect(plan.strikes.allSatisfy { $0.at >= 0 && $0.seconds > 0 && $0.end <= seconds * 0.76 + 0.2 }, "\(plan)")
      #expect(plan.strikes.map(\.at) == plan.strikes.map(\.at).sorted())
      for (index, strike) in plan.strikes.enumerated() {
        for later in plan.strikes[(index + 1)...] where later.at < strike.end {
          #expect(
            !(Self.process.contains(strike.fault) && Self.process.contains(later.fault)), "\(plan)")
          #expect(strike.fault != later.fault || strike.pool != later.pool, "\(plan)")
        }
      }
    }
  }

  private static let process: Set<Fault> = [.killed, .terminated, .frozen]

  @Test func `a world has only faults that it can have, and the database that was asked for`() {
    for seed in UInt64(1)...100 {
      for database in ChaosWorld.Database.allCases {
        let plan = ChaosPlan(seed: seed, seconds: 60, database: database)
        #expect(plan.world.database == database)
        let faults = Set(plan.strikes.map(\.fault))
        if database == .sqlite { #expect(faults.isDisjoint(with: [.databaseGone, .databaseCut]), "\(plan)") }
        if plan.world.node == .embedded {
          #expect(faults.isDisjoint(with: [.nodeGone, .nodeHung, .nodeGarbage, .nodeReorganises]), "\(plan)")
        }
      }
    }
  }
}
