import Hashing
import Stratum
import TestSupport
import Testing

@testable import Pool

/// A local pool whose coinbase pays the finder.
@Suite struct SoloTests {
  private func open(_ algorithm: Algorithm = .sha256d) throws -> PoolUnderTest {
    let test = try PoolUnderTest(algorithm: algorithm) { $0.hasPrefix("ZION_") ? Self.script($0) : nil }
    try test.open()
    return test
  }

  private static func script(_ account: String) -> [UInt8] { [0x6a] + Array(account.utf8) }

  private func names(_ account: String, _ worker: String = "rig") -> [MinerIdentity] {
    [MinerIdentity(account: account, worker: worker)]
  }

  private func upstreamSeat(feed: UInt32, _ bytes: [UInt8]) throws -> Seat {
    Seat(feed: FeedID(feed), slot: 1, extranonce1: try #require(Extranonce(bytes)), extranonce2ByteCount: 4)
  }

  /// The last output of a coinbase, which pays what the fees leave of 50 coins.
  private func output(paying account: String) -> [UInt8] {
    let script = Self.script(account)
    return [0x40, 0xae, 0xeb, 0x02, 0, 0, 0, 0, UInt8(script.count)] + script + [0, 0, 0, 0]
  }

  @Test func `a miner gets work when its name is known, with the extranonces that it has`() async throws {
    let test = try open()
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: 4)))
      #expect(side.offers.isEmpty, "work would pay somebody else")
      let own = try side.source.settle(seat, for: names("ZION_A"))
      #expect(own.extranonce1 == seat.extranonce1 && own.extranonce2ByteCount == seat.extranonce2ByteCount)
      #expect(own.feed != seat.feed)
      let work = try #require(side.job(of: own.feed)?.work.bitcoin)
      #expect(work.coinbase2.ends(with: output(paying: "ZION_A")))
      // The fee is an output as ever.
      #expect(work.coinbase2.contains([0x40, 0x42, 0x0f, 0, 0, 0, 0, 0, 2, 0x52, 0x52]))
      #expect(try side.source.settle(own, for: names("ZION_A", "other")) == own)
      #expect(side.offers.count == 1)
    }
  }

  @Test func `miners of one account share a lane, and each template is made for it once`() async throws {
    let test = try open()
    let shard = try await test.shard()
    let feeds = try await shard.run { side in
      try ["ZION_A", "ZION_B", "ZION_A"].map { account in
        let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
        return try side.source.settle(seat, for: names(account)).feed
      }
    }
    #expect(feeds[0] == feeds[2] && feeds[0] != feeds[1])
    try test.publish(2)
    let offers = try await shard.run { $0.offers.dropFirst(2).map { ($0.feed, $0.isClean) } }
    #expect(offers.count == 2)
    #expect(Set(offers.map(\.0)) == Set(feeds))
    #expect(offers.allSatisfy { $0.1 })
  }

  @Test func `two accounts may have equal extranonces: their work differs`() async throws {
    let test = try open()
    let shard = try await test.shard()
    let held = try [upstreamSeat(feed: 900, [1, 2]), upstreamSeat(feed: 901, [1, 2])]
    try await shard.run { side in
      let seats = try zip(held, ["ZION_A", "ZION_B"]).map { held, account in
        let seat = try #require(side.source.claim(.adopting(held)))
        return try side.source.settle(seat, for: names(account))
      }
      #expect(seats[0].extranonce1 == seats[1].extranonce1 && seats[0].feed != seats[1].feed)
      let works = seats.compactMap { side.job(of: $0.feed)?.work.bitcoin }
      #expect(works[0].coinbase1 != works[1].coinbase1)
      #expect(works[0].coinbase2.ends(with: output(paying: "ZION_A")))
      #expect(works[1].coinbase2.ends(with: output(paying: "ZION_B")))
      #expect(side.source.claim(.adopting(held[0])) == nil, "somebody has these bytes of that pool")
    }
  }

  @Test func `whoever cannot be paid gets no work, and keeps its seat`() async throws {
    let test = try open()
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      let refusal = #expect(throws: SeatRefusal.self) { try side.source.settle(seat, for: names("1Unknown")) }
      #expect(refusal?.reason.contains("1Unknown") == true)
      #expect(side.offers.isEmpty)
      #expect(try side.source.settle(seat, for: names("ZION_A")).extranonce1 == seat.extranonce1)
    }
  }

  @Test func `a connection pays one account`() async throws {
    let test = try open()
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      #expect(throws: SeatRefusal.self) { try side.source.settle(seat, for: names("ZION_A") + names("ZION_B")) }
      let own = try side.source.settle(seat, for: names("ZION_A") + names("ZION_A", "second"))
      #expect(throws: SeatRefusal.self) { try side.source.settle(own, for: names("ZION_A") + names("ZION_B")) }
      #expect(throws: SeatRefusal.self) { try side.source.settle(own, for: names("ZION_B")) }
    }
  }

  @Test(arguments: [Algorithm.sha256d, .kawpow])
  func `a block pays its finder, also when it is found late, and after the lane's end`(algorithm: Algorithm)
    async throws
  {
    let test = try open(algorithm)
    let shard = try await test.shard()
    try await shard.run { side in
      let seats = try ["ZION_A", "ZION_B"].map { account in
        let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
        return try side.source.settle(seat, for: names(account))
      }
      let shares = try seats.compactMap { seat in try block(at: seat, side) }
      try #require(shares.count == 2)
      side.source.deliver(shares[0])
      try test.publish(2)
      side.source.release(seats[0])
      side.source.release(seats[1])
      test.time.advance(121)
      side.source.tick(at: test.time.now)
      #expect(Set(side.lost) == Set(seats.map(\.feed)))
      side.source.deliver(shares[1])
      test.time.advance(301)
      side.source.tick(at: test.time.now)
      side.source.deliver(shares[1])
    }
    let blocks = test.found.withLock { $0 }
    // The last came when nobody could know any more what it was.
    #expect(blocks.map(\.finder.account) == ["ZION_A", "ZION_B"])
    for block in blocks {
      #expect(block.paysFinder && BlockRecord(block).paysFinder)
      #expect(block.reward == AtomicUnits(49_000_000))
      #expect(block.fees == [FeePayment(account: "dev", amount: AtomicUnits(1_000_000))])
      #expect(block.bytes.ends(with: output(paying: block.finder.account)))
      let head = algorithm == .kawpow ? 120 : 80
      let coinbase = Array(block.bytes.dropFirst(head + 1))
      let root = coinbase.withUnsafeBytes { Kernels().sha256d($0) }
      #expect(Array(block.bytes[36..<68]) == Array(root.bytes))
    }
  }

  private func block(at seat: Seat, _ side: ShardSide) throws -> JudgedShare? {
    guard side.source.algorithm == .kawpow else { return side.share(3, at: seat, isBlock: true) }
    let job = try #require(side.job(of: seat.feed))
    let work = try #require(job.work.kawpow)
    return side.invent(3, at: seat, isBlock: true, rejection: nil, job: job) { attempt in
      .kawpow(KawPowSolution(nonce: nonce(attempt, of: seat), headerHash: work.headerHash, mixHash: .zero))
    }
  }

  /// Begins with the seat's prefix.
  private func nonce(_ attempt: UInt32, of seat: Seat) -> UInt64 {
    seat.extranonce1.bytes.reduce(0) { $0 << 8 | UInt64($1) } << UInt64(64 - 8 * seat.extranonce1.count)
      | UInt64(attempt)
  }

  @Test func `a miner that comes back has its extranonce again, and only then is asked who it is`() async throws {
    let test = try open()
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      let own = try side.source.settle(seat, for: names("ZION_A"))
      #expect(side.source.claim(.resuming(own)) == nil, "it is in use")
      side.source.release(own)
      side.source.release(own)
      let back = try #require(side.source.claim(.resuming(own)))
      #expect(back == seat)
      #expect(side.source.claim(.resuming(own)) == nil)
      // A stranger with a stolen session id mines for itself.
      let other = try side.source.settle(back, for: names("ZION_B"))
      #expect(other.extranonce1 == own.extranonce1 && other.feed != own.feed)
    }
  }

  @Test func `a lane without miners gets no work, and ends`() async throws {
    let test = try open()
    let held = try upstreamSeat(feed: 900, [1, 2])
    let shard = try await test.shard()
    let feed = try await shard.run { side in
      let seat = try #require(side.source.claim(.adopting(held)))
      let own = try side.source.settle(seat, for: names("ZION_A"))
      side.source.release(own)
      return own.feed
    }
    try test.publish(2)
    try await shard.run { side in
      #expect(side.offers.filter { $0.feed == feed }.count == 1)
      test.time.advance(121)
      side.source.tick(at: test.time.now)
      #expect(side.lost.contains(feed))
      // The bytes are free, in a lane with another coinbase.
      let seat = try #require(side.source.claim(.adopting(held)))
      let own = try side.source.settle(seat, for: names("ZION_A"))
      #expect(own.feed != feed)
      #expect(side.job(of: own.feed)?.work.height == 102)
    }
  }

  /// Where the miner's own bytes begin, two live seats must differ already.
  @Test(arguments: 0..<10)
  func `no two live seats search the same coinbases, whatever accounts they have`(seed: UInt64) async throws {
    let test = try open()
    let shards = [try await test.shard(0), try await test.shard(1)]
    var prefixes: [[UInt8]] = []
    for (number, shard) in shards.enumerated() {
      prefixes += try await shard.run { side in
        var random = SeededRandom(seed: seed << 8 | UInt64(number))
        var live: [Seat] = []
        var left: [Seat] = []
        for _ in 0..<200 {
          var seat: Seat?
          switch Int.random(in: 0..<5, using: &random) {
          case 0:
            seat = side.source.claim(.fresh(extranonce2ByteCount: [nil, 2, 8].randomElement(using: &random) ?? nil))
          case 1...2:
            let bytes = (0..<Int.random(in: 1...3, using: &random)).map { _ in UInt8.random(in: 0...3, using: &random) }
            guard let extranonce1 = Extranonce(bytes) else { continue }
            seat = side.source.claim(
              .adopting(
                Seat(
                  feed: FeedID(900 + UInt32.random(in: 0...2, using: &random)), slot: 0, extranonce1: extranonce1,
                  extranonce2ByteCount: 6 - bytes.count)))
          case 3: seat = left.popLast().flatMap { side.source.claim(.resuming($0)) }
          default:
            guard !live.isEmpty else { continue }
            left.append(live.remove(at: Int.random(in: 0..<live.count, using: &random)))
            left.last.map(side.source.release)
          }
          let account = "ZION_\(Int.random(in: 0..<3, using: &random))"
          if let seat { live.append(try side.source.settle(seat, for: names(account))) }
        }
        return try live.map { try #require(side.job(of: $0.feed)?.work.bitcoin).coinbase1 + $0.extranonce1.bytes }
      }
    }
    #expect(prefixes.count > 20)
    let ordered = prefixes.sorted { $0.lexicographicallyPrecedes($1) }
    for (one, next) in zip(ordered, ordered.dropFirst()) { #expect(!next.starts(with: one)) }
  }

  @Test func `scripts that a node resolved are remembered within bounds, and what is used stays`() {
    let scripts = PayeeScripts(fixed: ["pool": [9]], limit: 10)
    for number in 0..<100 {
      scripts.remember([UInt8(number)], paying: "\(number)")
      #expect(scripts.script(paying: "0") == [0])
    }
    #expect(scripts.script(paying: "99") == [99])
    #expect(scripts.script(paying: "50") == nil)
    #expect(scripts.script(paying: "pool") == [9])
  }
}

extension [UInt8] {
  fileprivate func ends(with end: [UInt8]) -> Bool { suffix(end.count) == end[...] }
}
