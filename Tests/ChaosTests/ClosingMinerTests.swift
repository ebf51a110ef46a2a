import NIOPosix
import TestSupport
import Testing

@Suite struct ClosingMinerTests {
  /// It mined for a second and rested until all was looked at, in turn: 41 shares in a minute, where others needed the
  /// processors too. A block is some twenty of them, and none was.
  @Test func `seed 155: who is to close a chain mines until it is longer, however long a share takes`() async throws {
    let loops = MultiThreadedEventLoopGroup.singleton
    let pool = try await FakePool("chain", difficulty: 0.0000002, on: loops)
    var options = MinerOptions(port: pool.port, user: "closer")
    options.sharesPerSecond = 2
    let miner = TestMiner(options, on: loops)
    try await miner.startAndWait()
    try await miner.rest()
    let before = miner.read { $0.accepted.count }

    try await miner.mine(within: .seconds(60)) { miner.read { $0.accepted.count } >= before + 8 }

    let found = miner.read { $0.accepted.count }
    #expect(found >= before + 8)
    #expect(miner.read { $0.shares.allSatisfy { $0.reply != .pending } })
    try await miner.mine(within: .zero) { false }
    #expect(miner.read { $0.shares.allSatisfy { $0.reply != .pending } }, "and without any time it rests as well")
    miner.stop()
    try await pool.stop()
  }
}
