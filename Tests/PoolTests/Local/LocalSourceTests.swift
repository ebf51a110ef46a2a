import Hashing
import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct LocalSourceTests {
  @Test func `it is ready with a template, a healthy node and a journal, and says what is missing`() async throws {
    let test = try PoolUnderTest()
    let shard = try await test.shard()
    let trouble: @Sendable (ShardSide) -> String? = { $0.source.trouble }
    #expect(try await shard.run(trouble) == "no template from the node yet")
    #expect(try await shard.run { $0.source.claim(.fresh(extranonce2ByteCount: nil)) } == nil)
    try test.publish(1)
    test.pool.nodeChanged(.unhealthy(reason: "node did not answer"))
    #expect(try await shard.run(trouble) == "node: node did not answer")
    test.pool.nodeChanged(.healthy)
    #expect(try await shard.run { $0.source.isReady })
    #expect(try await shard.run { $0.readinessChanges } == 1)
    test.time.advance(200)
    try await shard.run { $0.source.tick(at: test.time.now) }
    #expect(try await shard.run(trouble) == "no new template for 200 s")
    #expect(try await shard.run { $0.readinessChanges } == 2)
    try test.publish(1, isClean: false)
    #expect(try await shard.run { $0.source.isReady })
  }

  @Test func `a journal that fails makes it unready until it recovers`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    test.storage.fail(.sync)
    test.storage.state.withLock { $0.isFull = true }
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      side.source.deliver(try #require(side.share(1, at: seat)))
    }
    try await eventually("the share is refused and the pool unready") {
      try await shard.run { $0.answers[1] == .rejected(.storageUnavailable) && $0.readinessChanges == 2 }
    }
    let trouble = try #require(try await shard.run { $0.source.trouble })
    #expect(trouble.hasPrefix("share journal cannot be written: write fake"))
    #expect(try await shard.run { $0.source.report.trouble } == trouble)
    test.storage.state.withLock { $0.isFull = false }
    try await eventually("it is ready again") { try await shard.run { $0.readinessChanges == 3 } }
    #expect(try await shard.run { $0.source.isReady })
  }

  @Test func `work is offered when the source starts, and again with every template`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    try test.publish(1, isClean: false)
    try test.publish(2)
    let offers = try await shard.run { side in
      side.offers.map { "\($0.job.sourceJobID) \($0.isClean) \(String($0.job.versionMask, radix: 16))" }
    }
    #expect(offers == ["1.0 true 1fffe000", "2.0 false 1fffe000", "3.0 true 1fffe000"])
    let target = try Target(nBits: 0x207f_ffff)
    #expect(try await shard.run { $0.offers.allSatisfy { $0.job.sourceTarget == target } })
  }

  @Test func `other algorithms roll no version bits`() async throws {
    let test = try PoolUnderTest(algorithm: .cosmicHarmony)
    try test.open()
    let shard = try await test.shard()
    #expect(try await shard.run { $0.offers.map(\.job.versionMask) } == [0])
  }

  @Test func `an accepted share is in the journal when it is acknowledged`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      for number in 1...20 { side.source.deliver(try #require(side.share(UInt32(number), at: seat))) }
      // The same again.
      let again = try #require(side.share(7, at: seat))
      side.source.deliver(
        JudgedShare(
          ticket: ShareTicket(session: 1, sequence: 99), miner: again.miner, job: again.job,
          agreement: again.agreement, submission: again.submission, verdict: again.verdict))
      #expect(side.answers == [99: .rejected(.duplicate)], "nothing else is answered before the disk has it")
    }
    await test.journal.flush()
    let (answers, report, latency) = try await shard.run { ($0.answers, $0.source.report, $0.source.latency) }
    #expect(answers.filter { $0.value == .accepted }.count == 20)
    #expect(try test.journal.readAll().shares.count == 20)
    #expect(report.forwarded == 21 && report.accepted == 20 && report.rejected == 1)
    #expect(report.acceptedWork == ShareWork(hashes: 20))
    #expect(latency.replies.count > 0)
    let share = try #require(try test.journal.readAll().shares.first).share
    #expect(share.miner == MinerIdentity(account: "ZION_A", worker: "rig"))
    #expect(share.work == ShareWork(of: .easiest) && share.height == 101 && share.nBits == 0x207f_ffff)
  }

  @Test func `two shards find each other's duplicates`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let (first, second) = (try await test.shard(0), try await test.shard(1))
    let share = try await first.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      let share = try #require(side.share(1, at: seat))
      side.source.deliver(share)
      return share
    }
    try await second.run { side in
      side.source.deliver(share)
      #expect(side.answers[1] == .rejected(.duplicate))
    }
  }

  @Test(arguments: [nil, RejectReason.stale])
  func `a block is submitted whole, whatever else is wrong with its share`(rejection: RejectReason?) async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let share = try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      let share = try #require(side.share(3, at: seat, isBlock: true, rejection: rejection))
      side.source.deliver(share)
      return share
    }
    #expect(share.verdict.rejection == rejection)
    try expectBlock(of: share, in: test)
    await test.journal.flush()
    #expect(try test.journal.readAll().shares.count == (rejection == nil ? 1 : 0))
  }

  /// One block was submitted: the share's header, and a coinbase that its merkle root stands for.
  private func expectBlock(of share: JudgedShare, in test: PoolUnderTest) throws {
    let blocks = test.found.withLock { $0 }
    let block = try #require(blocks.first)
    #expect(blocks.count == 1)
    #expect(block.height == share.job.work.height)
    #expect(block.reward == AtomicUnits(49_000_000))
    #expect(block.finder == share.miner)
    let header = try #require(share.verdict.proof.header)
    #expect(Array(block.bytes.prefix(80)) == header.bytes)
    #expect(block.hash == header.bytes.withUnsafeBytes { Kernels().sha256d($0) })
    #expect(block.bytes[80] == 1)
    let coinbase = Array(block.bytes.dropFirst(81))
    #expect(coinbase.withUnsafeBytes { Kernels().sha256d($0) } == header.merkleRoot)
  }

  @Test func `a block on the template before is still submitted`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let share = try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      return try #require(side.share(3, at: seat, isBlock: true))
    }
    try test.publish(1, isClean: false)
    try test.publish(2)
    try await shard.run { $0.source.deliver(share) }
    try expectBlock(of: share, in: test)
  }

  /// Seeds 3, 5, 8, 9 and 10 of `zion chaos`: its share still counted, and its block could not be handed in any more.
  @Test func `a block is submitted as long as its share may count, however fast the chain goes on`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let share = try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      return try #require(side.share(3, at: seat, isBlock: true))
    }
    for block in 2...20 {
      test.time.advance(3)
      try test.publish(UInt32(block))
    }
    try await shard.run { $0.source.deliver(share) }
    try expectBlock(of: share, in: test)
    // And no longer than that: templates are megabytes.
    test.time.advance(61)
    try test.publish(21)
    test.time.advance(61)
    try test.publish(22)
    try await shard.run { $0.source.deliver(share) }
    #expect(test.found.withLock { $0.count } == 1)
  }

  @Test func `a share that found a block is acknowledged when the block is on disk, and no sooner`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let receipt = BlockReceipt()
    test.receipts.next.withLock { $0 = receipt }
    let shard = try await test.shard()
    try await shard.run { side in
      let seat = try #require(side.source.claim(.fresh(extranonce2ByteCount: nil)))
      side.source.deliver(try #require(side.share(3, at: seat, isBlock: true)))
    }
    try await eventually("the share in the journal") { try test.journal.readAll().shares.count == 1 }
    #expect(try await shard.run { $0.answers } == [:])
    receipt.kept()
    await test.journal.flush()
    #expect(try await shard.run { $0.answers } == [3: .accepted])
  }

  @Test func `a block of an adopted seat carries that seat's bytes`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    let share = try await shard.run { side in
      let held = Seat(
        feed: FeedID(900), slot: 4, extranonce1: try #require(Extranonce([1, 2, 3, 4, 5])), extranonce2ByteCount: 3)
      let seat = try #require(side.source.claim(.adopting(held)))
      let share = try #require(side.share(3, at: seat, isBlock: true))
      side.source.deliver(share)
      return share
    }
    try expectBlock(of: share, in: test)
  }

  @Test func `a stopped source hears no more`() async throws {
    let test = try PoolUnderTest()
    try test.open()
    let shard = try await test.shard()
    try await shard.run { $0.source.stop() }
    try test.publish(2)
    #expect(try await shard.run { $0.offers.count } == 1)
  }
}
