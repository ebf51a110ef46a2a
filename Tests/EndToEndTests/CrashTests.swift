import Foundation
import TestSupport
import Testing

extension EndToEnd {
  @Suite struct CrashTests {
    /// Kills that the pool must survive, and miners that mine all the time.
    static let kills = 20
    static let minerCount = 50

    @Test(.timeLimit(.minutes(5)))
    func `every acknowledged share is stored exactly once however often the pool is killed`() async throws {
      let folder = try TemporaryFolder("crash")
      let server = try ZionServer(
        "pool", in: folder, settings: EndToEnd.fixedDifficulty("0.0000001") + EndToEnd.embeddedPool())
      try await server.start()
      try await EndToEnd.withLoops { loops in
        let miners = EndToEnd.miners(Self.minerCount, at: server.port, on: loops, sharesPerSecond: 8) {
          options, index in
          options.resumesSession = index % 2 == 0
        }
        try await miners.startAndWait()
        for kill in 0..<Self.kills {
          // At a different point of the load each time, and with shares on their way.
          let goal = miners.acceptedCount + 40 + kill * 37 % 160
          try await eventually("shares after kill \(kill)", detail: { "\(miners.rejections) \(server.process.tail)" }) {
            miners.acceptedCount >= goal
          }
          try await server.process.crash()
          try await server.start()
        }
        try await miners.mine(1)
        try await miners.rest()

        let acknowledged = miners.flatMap { miner in miner.read { $0.accepted.map(\.hash) } }
        #expect(acknowledged.count >= Self.kills * 40)
        #expect(Set(acknowledged).count == acknowledged.count, "a share was acknowledged twice")
        #expect(miners.oddities == [])
        let refused = miners.rejections.filter { !Self.isRefusalAfterRestart($0.key) }
        #expect(refused == [:], "shares were refused for no reason that a crash gives")

        let table = try ShareTable(server.database)
        try await eventually("the journal in the database", detail: { server.process.tail }) {
          let stored = try table.hashes()
          return acknowledged.allSatisfy { stored[$0] != nil }
        }
        let stored = try table.hashes()
        #expect(acknowledged.filter { stored[$0] != 1 } == [], "acknowledged, and not stored exactly once")
        #expect(stored.values.allSatisfy { $0 == 1 })
        print("crash: \(Self.kills) kills, \(acknowledged.count) shares acknowledged, \(stored.count) stored")
        miners.stop()
      }
      #expect(try await server.process.stop() == .status(0))
    }

    /// A job of before the crash is not known any more, and a share whose answer was lost may be sent again.
    private static func isRefusalAfterRestart(_ reason: String) -> Bool {
      reason.hasPrefix("21 ") || reason.hasPrefix("22 ") || reason.hasPrefix("24 ") || reason.hasPrefix("25 ")
    }
  }
}
