import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct ConsciousnessKeeperTests {
  @Test(arguments: Backend.allCases)
  func `levels go up with work, and the history tells when`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    try await game.work("ZION_A", references: 1)
    _ = try await game.keeper(at: testTime).update()
    try await game.work("ZION_A", references: 9)
    #expect(try await game.keeper(at: testTime.advanced(by: 10)).update().isEmpty)
    try await game.work("ZION_A", references: 90)
    _ = try await game.keeper(at: testTime.advanced(by: 20)).update()
    let history = try await game.history("ZION_A")
    #expect(history.map(\.number) == [1, 2])
    #expect(history.map(\.level) == [.physical, .emotional])
    #expect(history.map(\.experience) == [Experience(60), Experience(1_550)])
    #expect(history.map(\.at) == [testTime, testTime.advanced(by: 20)])
  }

  @Test(arguments: Backend.allCases)
  func `a block that leaves the chain takes its experience and its level along, and brings them back`(
    backend: Backend
  ) async throws {
    let game = try await GameUnderTest(backend)
    let keeper = game.keeper()
    let block = try await game.find("ZION_A")
    _ = try await keeper.update()
    #expect(try await game.profile("ZION_A")?.experience == .zero)
    #expect(try await game.history("ZION_A").isEmpty, "a block that is not mature is no fact yet")
    var levels: [ConsciousnessLevel] = []
    for state: BlockState in [.mature, .orphaned, .mature, .immature(confirmations: 3), .orphaned] {
      try await game.change(block, to: state)
      levels += try await keeper.update().map(\.level)
      let expected = state == .mature ? Experience(2_000) : .zero
      #expect(try await game.profile("ZION_A")?.experience == expected)
      #expect(try await game.leaderboard(1).first?.experience == expected)
      #expect(try await game.multipliers(["ZION_A"]) == ["ZION_A": state == .mature ? 10_500 : 10_000])
    }
    #expect(levels == [.emotional, .physical, .emotional, .physical])
    #expect(try await game.history("ZION_A").map(\.level) == levels)
    #expect(try await game.history("ZION_A").map(\.number) == [1, 2, 3, 4])
  }

  @Test(arguments: Backend.allCases)
  func `looking again changes nothing, and neither do two who look at once`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    try await game.work((0..<700).map { ("ZION_\($0)", .scrypt, UInt128($0), $0 % 9) })
    _ = try await game.find("ZION_7", .mature)
    let keepers = (0..<4).map { _ in game.keeper() }
    let steps = try await withThrowingTaskGroup(of: Int.self) { group in
      for keeper in keepers { group.addTask { try await keeper.update().count } }
      return try await group.reduce(0, +)
    }
    #expect(steps == 700, "each level was noticed by one of them")
    let stored = try await game.stored()
    #expect(stored.count == 1_400)
    for keeper in keepers + [game.keeper(at: testTime.advanced(by: 99))] {
      #expect(try await keeper.update().isEmpty)
    }
    #expect(try await game.stored() == stored)
  }

  @Test(arguments: Backend.allCases)
  func `whoever begins again from nothing comes to the same profiles, with no second history`(
    backend: Backend
  ) async throws {
    let game = try await GameUnderTest(backend)
    try await game.work((0..<50).map { ("ZION_\($0 % 20)", .scrypt, UInt128($0 * 10), $0 % 9) })
    _ = try await game.keeper().update()
    let stored = try await game.stored()
    try await game.database.write { sql in _ = try sql.run("DELETE FROM profile_progress") }
    #expect(try await game.keeper(at: testTime.advanced(by: 5)).update().isEmpty)
    #expect(try await game.stored() == stored)
  }

  @Test(arguments: Backend.allCases)
  func `what is stored is what the facts say, after any number of changes`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    var random = SeededRandom(seed: 11)
    var blocks: [BlockRecord] = []
    let states: [BlockState] = [.mature, .orphaned, .immature(confirmations: 1)]
    for round in 0..<25 {
      let account = "ZION_\(Int.random(in: 0..<6, using: &random))"
      switch Int.random(in: 0..<3, using: &random) {
      case 0: try await game.work(account, references: UInt128(random.number(bits: 8)), day: round)
      case 1: blocks.append(try await game.find(account, states.randomElement(using: &random) ?? .mature))
      default:
        guard let block = blocks.randomElement(using: &random) else { continue }
        try await game.change(block, to: states.randomElement(using: &random) ?? .mature)
      }
      _ = try await game.keeper(at: testTime.advanced(by: Int64(round))).update()
      for entry in try await game.leaderboard(100) {
        let profile = try #require(try await game.profile(entry.account))
        #expect(profile.experience == entry.experience)
        #expect(try await game.history(entry.account).last?.level == profile.level)
      }
    }
  }

  @Test(arguments: Backend.allCases)
  func `it runs until it is cancelled`(backend: Backend) async throws {
    let game = try await GameUnderTest(backend)
    let keeper = ConsciousnessKeeper(database: game.database, clock: HastyClock(), now: { testTime }, log: quiet)
    let running = Task { await keeper.run() }
    try await game.work("ZION_A", references: 5)
    try await eventually("a profile") { try await game.leaderboard(1).count == 1 }
    running.cancel()
    await running.value
  }
}
