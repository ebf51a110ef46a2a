import Stratum
import TestSupport
import Testing

@testable import Pool

/// The pools of all algorithms write one journal, and each has a watcher of its own on the one chain.
@Suite struct SharedJournalTests {
  private static let algorithms = Algorithm.allCases

  private func pools() throws -> [PoolUnderTest] {
    let first = try PoolUnderTest(algorithm: Self.algorithms[0])
    let others = try Self.algorithms.dropFirst().map { try PoolUnderTest(algorithm: $0, sharing: first) }
    for pool in [first] + others { pool.pool.nodeChanged(.healthy) }
    return [first] + others
  }

  /// Whether the share is taken as one that was not seen before.
  private func takes(
    _ number: UInt32, by pool: PoolUnderTest, to outlet: ShareJournal.Outlet, after seconds: UInt64 = 0
  ) -> Bool {
    pool.journal.append(number, to: outlet, after: seconds) == .queued
  }

  @Test func `shares of every algorithm are in it, under its number`() async throws {
    let pools = try pools()
    for pool in pools { try pool.publish(1) }
    for pool in pools where pool.pool.algorithm != .kawpow {
      let shard = try await pool.shard()
      try await shard.run { side in
        let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
        side.source.deliver(try #require(side.share(1, at: seat)))
      }
    }
    await pools[0].journal.flush()
    let shares = try pools[0].journal.readAll().shares
    #expect(Set(shares.map(\.share.algorithm)) == Set(Self.algorithms).subtracting([.kawpow]))
    #expect(shares.count == Self.algorithms.count - 1)
  }

  @Test func `a block that ten watchers report is one block`() throws {
    let pools = try pools()
    let outlet = pools[0].journal.attach { _, _ in }
    for pool in pools { try pool.publish(1) }
    #expect(takes(1, by: pools[0], to: outlet))
    for pool in pools {
      try pool.publish(2)
      #expect(!takes(1, by: pool, to: outlet, after: 700), "a share of the block before")
    }
    #expect(!takes(1, by: pools[0], to: outlet, after: 9000), "one block is one block")
    for pool in pools { try pool.publish(3) }
    #expect(takes(1, by: pools[0], to: outlet, after: 9000), "two blocks on, it can only be stale")
  }

  @Test func `watchers that see blocks at different times make nothing forgotten too early`() throws {
    let pools = try pools()
    let outlet = pools[0].journal.attach { _, _ in }
    for pool in pools { try pool.publish(1) }
    try pools[0].publish(2)
    #expect(takes(1, by: pools[0], to: outlet))
    // One watcher asked for its template before the block came, and is slower to publish it; then it follows.
    for pool in pools.dropFirst() {
      try pool.publish(1)
      try pool.publish(2)
      #expect(!takes(1, by: pools[0], to: outlet))
    }
  }

  @Test func `a chain that goes back and forth between two blocks makes nothing forgotten too early`() throws {
    let pools = try pools()
    let outlet = pools[0].journal.attach { _, _ in }
    try pools[0].publish(1)
    #expect(takes(1, by: pools[0], to: outlet))
    for _ in 0..<5 {
      try pools[0].publish(2)
      try pools[0].publish(1)
      #expect(!takes(1, by: pools[0], to: outlet))
    }
  }

  @Test func `attack 22, stale-job replay: under another job id, and after the chain went back, a share counts once`()
    async throws
  {
    let pool = try PoolUnderTest()
    try pool.open()
    let outlet = pool.journal.attach { _, _ in }
    let shard = try await pool.shard()
    // The same work again, under another id: the second submit of one solution.
    try pool.publish(1, isClean: false)
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      try #require(side.offers.count >= 2 && side.offers[0].job.id != side.offers[1].job.id)
      for offer in side.offers.suffix(2) {
        side.source.deliver(try #require(side.share(1, at: seat, job: offer.job)))
      }
      #expect(side.answers[1] == .rejected(.duplicate))
    }
    // Three blocks later the chain goes back to the first, whose shares are good again.
    #expect(takes(7, by: pool, to: outlet))
    for block in [2, 3, 4, 1] as [UInt32] {
      try pool.publish(block)
      #expect(takes(100 + block, by: pool, to: outlet, after: 15))
      #expect(!takes(7, by: pool, to: outlet, after: 60))
    }
    #expect(!takes(7, by: pool, to: outlet, after: 599))
  }
}
