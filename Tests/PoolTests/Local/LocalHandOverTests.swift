import Foundation
import Stratum
import Testing

@testable import Pool

/// What a local pool leaves to another process image.
@Suite struct LocalHandOverTests {
  private struct Left: Codable {
    var pool: SavedLocalPool
    var source: SavedSource
  }

  /// Through the bytes that the other image reads.
  private static func handOver(_ test: PoolUnderTest, _ shard: ShardUnderTest) async throws -> Left {
    let source = try #require(
      try await shard.run { side in
        side.source.pause()
        return try side.source.save()
      })
    return try JSONDecoder().decode(
      Left.self, from: JSONEncoder().encode(Left(pool: test.pool.save(), source: source)))
  }

  @Test func `a block found on work that the image before handed out is the same block`() async throws {
    let before = try PoolUnderTest()
    try before.open()
    let old = try await before.shard()
    let (seat, job) = try await old.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      return (seat, try #require(side.job(of: seat.feed)))
    }
    let left = try await Self.handOver(before, old)

    let after = try PoolUnderTest(instance: 77)
    after.pool.restore(left.pool)
    let new = try await after.shard(saved: left.source)
    #expect(try await new.run { $0.source.isReady })
    for (test, shard) in [(before, old), (after, new)] {
      try await shard.run { side in
        side.source.deliver(try #require(side.share(5, at: seat, isBlock: true, job: job)))
      }
      #expect(test.found.withLock { $0.count } == 1)
    }
    #expect(after.found.withLock { $0[0].bytes } == before.found.withLock { $0[0].bytes })
    #expect(after.found.withLock { $0[0].fees } == before.found.withLock { $0[0].fees })
    // The work that miners have is not offered again; the next is newer than any of before.
    #expect(try await new.run { $0.offers.isEmpty })
    try after.publish(1, isClean: false)
    #expect(try await new.run { $0.offers.map(\.job.sourceJobID) } == ["2.0"])
  }

  @Test func `nobody gets an extranonce that somebody has, nor the number of a lane`() async throws {
    let before = try PoolUnderTest()
    try before.open()
    let old = try await before.shard()
    let foreign = Seat(
      feed: FeedID(900), slot: 3, extranonce1: Extranonce([1, 2, 3, 4, 5]) ?? .empty, extranonce2ByteCount: 4)
    let (seats, adopted) = try await old.run { side in
      let seats = (0..<50).compactMap { _ in side.source.claim(.fresh(extranonce2ByteCount: nil)) }
      return (seats, try #require(side.source.claim(.adopting(foreign))))
    }
    let left = try await Self.handOver(before, old)

    let after = try PoolUnderTest()
    after.pool.restore(left.pool)
    let new = try await after.shard(saved: left.source)
    let fresh = try await new.run { side in
      (0..<2_000).compactMap { _ in side.source.claim(.fresh(extranonce2ByteCount: nil)) }
    }
    #expect(Set(fresh.map(\.extranonce1)).isDisjoint(with: seats.map(\.extranonce1)))
    #expect(fresh.allSatisfy { $0.feed == seats[0].feed })
    // The adopted seat is taken still: its owner alone may leave it.
    #expect(try await new.run { $0.source.claim(.adopting(foreign)) } == nil)
    let again = try await new.run { side in
      side.source.release(adopted)
      return side.source.claim(.adopting(foreign))
    }
    #expect(again?.feed == adopted.feed)
    #expect(after.pool.makeLane() > 1)
  }

  @Test func `a source that was paused and wakes hears what was published meanwhile`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    try await shard.run { $0.source.pause() }
    try test.publish(2)
    #expect(try await shard.run { $0.offers.count } == 1)
    try await shard.run { $0.source.resume() }
    #expect(try await shard.run { $0.offers.map(\.job.sourceJobID) } == ["1.0", "2.0"])
  }
}
