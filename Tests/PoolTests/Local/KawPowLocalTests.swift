import Hashing
import Stratum
import TestSupport
import Testing

@testable import Pool

/// The local pool of KawPow: seats are prefixes of the nonce, and lanes have headers of their own.
@Suite struct KawPowLocalTests {
  private func open() throws -> PoolUnderTest {
    let test = try PoolUnderTest(algorithm: .kawpow)
    try test.open()
    return test
  }

  private func seat(feed: UInt32, _ bytes: [UInt8]) throws -> Seat {
    Seat(feed: FeedID(feed), slot: 1, extranonce1: try #require(Extranonce(bytes)), extranonce2ByteCount: 8)
  }

  @Test func `it offers work with no version bits, on the network's target`() async throws {
    let test = try open()
    let shard = try await test.shard()
    try test.publish(2)
    let offers = try await shard.run { $0.offers.map(\.job) }
    #expect(offers.count == 2)
    #expect(offers.allSatisfy { $0.versionMask == 0 && $0.sourceTarget == $0.work.networkTarget })
    #expect(offers.map { $0.work.kawpow?.height } == [101, 102])
    #expect(offers.allSatisfy { $0.work.kawpow?.seedHash == KawPowEpoch(number: 0)?.seedHash })
    #expect(Set(offers.map { $0.work.kawpow?.headerHash }).count == 2)
  }

  @Test(arguments: [nil, 2, 5, 8]) func `a fresh seat has two bytes of prefix, its own`(wanted: Int?) async throws {
    let test = try open()
    let shard = try await test.shard()
    let seats = try await shard.run { side in
      (0..<500).compactMap { _ in side.source.claim(.fresh(extranonce2ByteCount: wanted)) }
    }
    #expect(Set(seats.map(\.extranonce1)).count == 500)
    #expect(seats.allSatisfy { $0.extranonce1.count == 2 && $0.extranonce2ByteCount == 6 })
  }

  @Test func `two shards have different headers, so that equal prefixes do not meet`() async throws {
    let test = try open()
    let shards = [try await test.shard(0), try await test.shard(1)]
    try test.publish(2)
    var headers: [Hash256?] = []
    for shard in shards { headers += try await shard.run { $0.offers.map { $0.job.work.kawpow?.headerHash } } }
    #expect(headers.count == 4 && Set(headers).count == 4)
  }

  @Test func `a miner keeps the bytes of a seat of Bitcoin's kind, where they fit into a nonce`() async throws {
    let test = try open()
    let shard = try await test.shard()
    let (four, five, none) = try (
      seat(feed: 900, [1, 2, 3, 4]), seat(feed: 900, [1, 2, 3, 4, 5]), seat(feed: 900, [])
    )
    try await shard.run { side in
      let adopted = try #require(side.source.claim(.adopting(four)))
      #expect(adopted.extranonce1 == four.extranonce1 && adopted.feed != four.feed)
      #expect(side.job(of: adopted.feed)?.work.kawpow != nil)
      #expect(side.source.claim(.adopting(five)) == nil)
      #expect(side.source.claim(.adopting(none)) == nil)
    }
  }

  @Test func `prefixes of one feed that overlap are refused, and those of two feeds do not meet`() async throws {
    let test = try open()
    let shard = try await test.shard()
    let held = try seat(feed: 900, [1, 2])
    let (longer, shorter, beside) = try (seat(feed: 900, [1, 2, 3]), seat(feed: 900, [1]), seat(feed: 900, [1, 3]))
    let other = try seat(feed: 901, [1, 2])
    try await shard.run { side in
      let first = try #require(side.source.claim(.adopting(held)))
      #expect(side.source.claim(.adopting(held)) == nil)
      #expect(side.source.claim(.adopting(longer)) == nil)
      #expect(side.source.claim(.adopting(shorter)) == nil)
      let second = try #require(side.source.claim(.adopting(beside)))
      let third = try #require(side.source.claim(.adopting(other)))
      #expect(first.feed == second.feed && first.feed != third.feed)
      let headers = [first, third].map { side.job(of: $0.feed)?.work.kawpow?.headerHash }
      #expect(headers[0] != headers[1])
      side.source.release(first)
      #expect(side.source.claim(.adopting(longer)) != nil)
    }
  }

  /// Of two live seats either the header or a byte of the prefix differs.
  @Test(arguments: 0..<20)
  func `no two live seats can try the same nonce of the same header`(seed: UInt64) async throws {
    let test = try open()
    let shards = [try await test.shard(0), try await test.shard(1)]
    var spaces: [[UInt8]] = []
    for (number, shard) in shards.enumerated() {
      spaces += try await shard.run { side in
        var random = SeededRandom(seed: seed << 8 | UInt64(number))
        var live: [Seat] = []
        for _ in 0..<150 {
          switch Int.random(in: 0..<5, using: &random) {
          case 0...1: live += [side.source.claim(.fresh(extranonce2ByteCount: nil))].compactMap { $0 }
          case 2...3:
            let bytes = (0..<Int.random(in: 1...4, using: &random)).map { _ in UInt8.random(in: 0...3, using: &random) }
            guard let extranonce1 = Extranonce(bytes) else { continue }
            let feed = FeedID(900 + UInt32.random(in: 0...2, using: &random))
            let request = Seat(feed: feed, slot: 0, extranonce1: extranonce1, extranonce2ByteCount: 8 - bytes.count)
            live += [side.source.claim(.adopting(request))].compactMap { $0 }
          default:
            guard !live.isEmpty else { continue }
            side.source.release(live.remove(at: Int.random(in: 0..<live.count, using: &random)))
          }
        }
        return try live.map { try #require(side.job(of: $0.feed)?.work.kawpow).headerHash.bytes + $0.extranonce1.bytes }
      }
    }
    #expect(spaces.count > 20)
    let ordered = spaces.sorted { $0.lexicographicallyPrecedes($1) }
    for (one, next) in zip(ordered, ordered.dropFirst()) { #expect(!next.starts(with: one)) }
  }

  @Test func `shares are counted once, under the hash that their mix gives`() async throws {
    let test = try open()
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      for number in 1...10 { side.source.deliver(try #require(side.kawpowShare(UInt32(number), at: seat))) }
      side.source.deliver(try #require(side.kawpowShare(3, at: seat)))
      #expect(side.answers == [3: .rejected(.duplicate)])
    }
    await test.journal.flush()
    let shares = try test.journal.readAll().shares.map(\.share)
    #expect(shares.count == 10)
    #expect(shares.allSatisfy { $0.algorithm == .kawpow && $0.height == 101 && $0.nBits == 0x207f_ffff })
  }

  @Test(arguments: [nil, RejectReason.stale], [false, true])
  func `a block is submitted whole, and named by its final hash`(rejection: RejectReason?, adopted: Bool) async throws {
    let test = try open()
    let shard = try await test.shard()
    let held = try seat(feed: 900, [1, 2, 3])
    let share = try await shard.run { side in
      let request: SeatRequest = adopted ? .adopting(held) : .fresh(extranonce2ByteCount: nil)
      let seat = try #require(side.source.claim(request))
      return try #require(side.kawpowShare(3, at: seat, isBlock: true, rejection: rejection))
    }
    try test.publish(2)
    try await shard.run { $0.source.deliver(share) }
    let blocks = test.found.withLock { $0 }
    let block = try #require(blocks.first)
    #expect(blocks.count == 1)
    #expect(block.hash == share.verdict.hash && block.height == 101 && block.algorithm == .kawpow)
    let proof = try #require(share.verdict.proof.kawpow)
    let header = Array(block.bytes.prefix(80))
    #expect(header.withUnsafeBytes { Kernels().sha256d($0) }.bytes.reversed() == proof.headerHash.bytes)
    #expect(Array(header.suffix(4)) == [101, 0, 0, 0])
    #expect(Array(block.bytes[80..<88]) == (0..<8).map { UInt8(truncatingIfNeeded: proof.nonce >> (8 * $0)) })
    #expect(Array(block.bytes[88..<120]) == proof.mixHash.bytes.reversed())
    #expect(block.bytes[120] == 1)
    let coinbase = Array(block.bytes.dropFirst(121))
    #expect(coinbase.withUnsafeBytes { Kernels().sha256d($0) }.bytes == Array(header[36..<68]))
  }
}

extension ShardSide {
  /// A KawPow share with an invented mix, whose claimed hash meets the network's target or does not.
  func kawpowShare(
    _ number: UInt32, at seat: Seat, isBlock: Bool = false, rejection: RejectReason? = nil
  ) -> JudgedShare? {
    guard let job = job(of: seat.feed), let work = job.work.kawpow else { return nil }
    let free = UInt64(64 - 8 * seat.extranonce1.count)
    let nonce = seat.extranonce1.bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) } << free | UInt64(number)
    return invent(number, at: seat, isBlock: isBlock, rejection: rejection, job: job) { mix in
      .kawpow(
        KawPowSolution(
          nonce: nonce, headerHash: work.headerHash, mixHash: Hash256(number: UInt256(UInt64(mix)))))
    }
  }
}
