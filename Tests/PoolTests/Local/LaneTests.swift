import Hashing
import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct LaneTests {
  private func upstreamSeat(feed: UInt32, _ bytes: [UInt8], rest: Int) throws -> Seat {
    Seat(feed: FeedID(feed), slot: 1, extranonce1: try #require(Extranonce(bytes)), extranonce2ByteCount: rest)
  }

  @Test func `a fresh seat has 4 bytes of instance, shard and slot, and 8 for the miner`() async throws {
    let test = try PoolUnderTest(instance: 7)
    try test.open()
    let shard = try await test.shard(3)
    let seats = try await shard.run { side in
      (0..<3).compactMap { _ in side.source.claim(.fresh(extranonce2ByteCount: nil)) }
    }
    #expect(seats.allSatisfy { $0.extranonce1.count == 4 && $0.extranonce2ByteCount == 8 })
    #expect(seats.allSatisfy { Array($0.extranonce1.bytes.prefix(2)) == [7, 3] })
    #expect(Set(seats.map(\.extranonce1)).count == 3)
  }

  @Test(arguments: [1, 2, 4, 7, 8, 20])
  func `a miner may keep its extranonce2 length`(wanted: Int) async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let seat = try #require(
      try await shard.run { $0.source.claim(.fresh(extranonce2ByteCount: wanted)) })
    #expect(seat.extranonce2ByteCount == min(max(wanted, 2), 8))
    #expect(seat.extranonce1.count + seat.extranonce2ByteCount == JobTemplate.nativeExtranonceByteCount)
  }

  @Test func `an adopted seat keeps every byte, and has work before it is handed out`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let held = try upstreamSeat(feed: 900, [0xaa, 0xbb, 0xcc, 0xdd, 7], rest: 3)
    try await shard.run { side in
      let seat = try #require(side.source.claim(.adopting(held)))
      #expect(seat.extranonce1 == held.extranonce1)
      #expect(seat.extranonce2ByteCount == held.extranonce2ByteCount)
      #expect(seat.feed != held.feed)
      #expect(side.job(of: seat.feed) != nil)
      #expect(side.source.claim(.adopting(held)) == nil, "somebody has it")
    }
  }

  @Test func `seats of one feed share a lane, and lanes get every template while they have miners`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let held = try [upstreamSeat(feed: 900, [1, 1], rest: 4), upstreamSeat(feed: 900, [1, 2], rest: 4)]
    let other = try upstreamSeat(feed: 901, [1, 1], rest: 4)
    let feeds = try await shard.run { side in
      try (held + [other]).map { try #require(side.source.claim(.adopting($0))).feed }
    }
    #expect(feeds[0] == feeds[1] && feeds[0] != feeds[2])
    try test.publish(2)
    try await shard.run { side in
      #expect(side.offers.suffix(3).map(\.feed.value).sorted() == [1, feeds[0].value, feeds[2].value].sorted())
      for seat in held {
        side.source.release(Seat(feed: feeds[0], slot: 0, extranonce1: seat.extranonce1, extranonce2ByteCount: 4))
      }
    }
    try test.publish(3)
    #expect(try await shard.run { $0.offers.suffix(2).contains { $0.feed == feeds[0] } } == false)
    try await shard.run { side in
      test.time.advance(119)
      side.source.tick(at: test.time.now)
      #expect(side.lost.isEmpty)
      test.time.advance(2)
      side.source.tick(at: test.time.now)
      #expect(side.lost == [feeds[0]])
    }
  }

  @Test func `what the coinbase has no room for is not adopted`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let long = try upstreamSeat(feed: 900, [UInt8](repeating: 1, count: 9), rest: 8)
    let fits = try upstreamSeat(feed: 900, [UInt8](repeating: 1, count: 8), rest: 8)
    let nothing = try upstreamSeat(feed: 900, [1, 2, 3, 4], rest: 0)
    try await shard.run { side in
      #expect(side.source.claim(.adopting(long)) == nil)
      #expect(side.source.claim(.adopting(nothing)) == nil)
      #expect(side.source.claim(.adopting(fits)) != nil)
    }
  }

  @Test func `a seat that was left can be resumed by its owner only, and once`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: 4)))
      #expect(side.source.claim(.resuming(seat)) == nil, "it is in use")
      side.source.release(seat)
      let forged = Seat(
        feed: seat.feed, slot: seat.slot, extranonce1: .empty, extranonce2ByteCount: seat.extranonce2ByteCount)
      #expect(side.source.claim(.resuming(forged)) == nil)
      #expect(side.source.claim(.resuming(seat)) == seat)
      #expect(side.source.claim(.resuming(seat)) == nil)
    }
  }

  /// Where the miner's own bytes begin, two live seats must differ already: then nothing it rolls brings them together.
  @Test(arguments: 0..<20)
  func `no two live seats search the same coinbases`(seed: UInt64) async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shards = [try await test.shard(0), try await test.shard(1)]
    var prefixes: [[UInt8]] = []
    for (number, shard) in shards.enumerated() {
      prefixes += try await shard.run { side in
        var random = SeededRandom(seed: seed << 8 | UInt64(number))
        var live: [Seat] = []
        for _ in 0..<150 {
          switch Int.random(in: 0..<6, using: &random) {
          case 0...1:
            let wanted = [nil, 2, 4, 8].randomElement(using: &random) ?? nil
            live += [side.source.claim(.fresh(extranonce2ByteCount: wanted))].compactMap { $0 }
          case 2...3:
            // Few feeds and few bytes, so that equal and overlapping requests happen.
            let bytes = (0..<Int.random(in: 1...3, using: &random)).map { _ in UInt8.random(in: 0...3, using: &random) }
            guard let extranonce1 = Extranonce(bytes) else { continue }
            let request = Seat(
              feed: FeedID(900 + UInt32.random(in: 0...2, using: &random)), slot: 0, extranonce1: extranonce1,
              extranonce2ByteCount: 6 - bytes.count)
            live += [side.source.claim(.adopting(request))].compactMap { $0 }
          case 4:
            guard !live.isEmpty else { continue }
            side.source.release(live.remove(at: Int.random(in: 0..<live.count, using: &random)))
          default:
            guard let seat = live.last else { continue }
            side.source.release(seat)
            live.removeLast()
            live += [side.source.claim(.resuming(seat))].compactMap { $0 }
          }
        }
        return try live.map { try #require(side.job(of: $0.feed)?.work.bitcoin).coinbase1 + $0.extranonce1.bytes }
      }
    }
    #expect(prefixes.count > 20)
    let ordered = prefixes.sorted { $0.lexicographicallyPrecedes($1) }
    // In this order a prefix stands directly before what begins with it, or before another that does.
    for (one, next) in zip(ordered, ordered.dropFirst()) { #expect(!next.starts(with: one)) }
  }
}
