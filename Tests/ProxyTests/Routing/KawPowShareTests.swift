import Hashing
import Stratum
import TestSupport
import Testing

@testable import Proxy

/// What becomes of KawPow miners' shares.
@Suite struct KawPowShareTests {
  /// Every second hash is a block where a source says so.
  private static let easyBits: UInt32 = 0x207f_ffff

  private func farm() -> ModelFarm {
    let farm = ModelFarm(
      [.init(name: "kaw", algorithm: .kawpow), .init(name: "sha")], caches: EpochZero.caches)
    farm.connectSources()
    return farm
  }

  private func refusal(_ code: Int, _ reason: RejectReason) -> ServerMessage.Response {
    .failure(code: code, message: reason.message)
  }

  private func verified(_ farm: ModelFarm) -> Int { farm.shard.verifier.snapshot.algorithms[.kawpow]?.verified ?? 0 }

  @Test func `a right share is verified and delivered with all that its pool needs`() throws {
    let farm = farm()
    let miner = farm.connectKawPow()
    let job = try #require(miner.jobs.last)
    let share = miner.solve(job, using: try EpochZero.cache())
    miner.submit(share, of: job)
    #expect(farm.verify())
    #expect(miner.answers.last == .success(.bool(true)))
    let delivered = try #require(farm.sources[0].delivered.last)
    #expect(delivered.verdict.hash == share.hash && delivered.verdict.rejection == nil)
    #expect(
      delivered.submission.kawpow
        == KawPowSolution(nonce: share.nonce, headerHash: job.work.headerHash, mixHash: share.mix))
    #expect(delivered.miner.user == "acct.rig")
    #expect(delivered.job.work.kawpow == job.work)
    farm.stop()
  }

  @Test func `a share whose claimed hash is too high is refused without a verify`() throws {
    let farm = farm()
    let miner = farm.connectKawPow(password: "d=1e-9")
    let job = try #require(miner.jobs.last)
    let target = try #require(job.target)
    for _ in 0..<3 { miner.submit(miner.invent(job, meeting: target, false), of: job) }
    farm.settle()
    #expect(
      miner.answers.suffix(3) == [
        refusal(23, .lowDifficulty), refusal(23, .lowDifficulty), refusal(23, .lowDifficulty),
      ])
    #expect(verified(farm) == 0 && farm.shard.verifier.snapshot.waiting == 0)
    farm.stop()
  }

  @Test func `a share that comes twice is refused the second time, before and after it was verified`() throws {
    let farm = farm()
    let (miner, other) = (farm.connectKawPow(), farm.connectKawPow(follows: true))
    let job = try #require(miner.jobs.last)
    let share = miner.solve(job, using: try EpochZero.cache())
    miner.submit(share, of: job)
    miner.submit(share, of: job)
    #expect(farm.verify())
    miner.submit(share, of: job)
    farm.settle()
    #expect(miner.answers.suffix(3) == [.success(.bool(true)), refusal(22, .duplicate), refusal(22, .duplicate)])
    #expect(verified(farm) == 1)
    #expect(farm.sources[0].delivered.count == 1)
    // The prefix is another's: nobody can send a neighbour's share.
    other.submit(share, of: try #require(other.jobs.last))
    farm.settle()
    #expect(other.answers.last == refusal(20, .noncePrefix))
    farm.stop()
  }

  @Test func `a share with a wrong mix is refused, as often as it comes`() throws {
    let farm = farm()
    let miner = farm.connectKawPow()
    let job = try #require(miner.jobs.last)
    let wrong = miner.invent(job, meeting: .easiest)
    miner.submit(wrong, of: job)
    #expect(farm.verify())
    #expect(miner.answers.last == refusal(20, .mixHash))
    miner.submit(wrong, of: job)
    farm.settle()
    #expect(miner.answers.last == refusal(22, .duplicate))
    #expect(verified(farm) == 1 && farm.shard.verifier.snapshot.algorithms[.kawpow]?.wrong == 1)
    #expect(farm.sources[0].delivered.isEmpty)
    // With the mix that its nonce gives it is another share.
    let search = KawPowSearch(
      header: job.work.headerHash, height: job.work.height, cache: try EpochZero.cache())
    let (mix, hash) = search.hash(nonce: wrong.nonce)
    miner.submit(.init(nonce: wrong.nonce, mix: mix, hash: hash), of: job)
    #expect(farm.verify())
    #expect(miner.answers.last == .success(.bool(true)))
    farm.stop()
  }

  @Test func `attack 21, trust lottery: no number of good shares has a forged one believed`() throws {
    let farm = farm()
    let miner = farm.connectKawPow()
    let cache = try EpochZero.cache()
    let job = try #require(miner.jobs.last)
    var good = 0
    // Trust grows, and is tried again and again.
    for round in 1...4 {
      for _ in 0..<(4 * round) {
        miner.submit(miner.solve(job, using: cache), of: job)
        #expect(farm.verify())
        #expect(miner.answers.last == .success(.bool(true)))
        good += 1
      }
      miner.submit(miner.invent(job, meeting: .easiest), of: job)
      #expect(farm.verify())
      #expect(miner.answers.last == refusal(20, .mixHash))
      #expect(farm.sources[0].delivered.count == good)
      #expect(verified(farm) == good + round, "each was verified")
    }
    farm.stop()
  }

  @Test func `a share of another job's header is refused by name`() throws {
    let farm = farm()
    let miner = farm.connectKawPow()
    let old = try #require(miner.jobs.last)
    let share = miner.invent(old, meeting: .easiest)
    farm.sources[0].offer(clean: true)
    farm.settle()
    let new = try #require(miner.jobs.last)
    let mixed = KawPowMiner.Job(
      id: new.id, work: old.work, target: nil, toldTarget: nil, prefix: old.prefix, isClean: false)
    miner.submit(share, of: mixed)
    farm.settle()
    #expect(miner.answers.last == refusal(20, .headerHash))
    farm.stop()
  }

  @Test func `a share of the block before counts within the grace, is stale after, and so is one for no job`() throws {
    let farm = farm()
    let miner = farm.connectKawPow()
    let cache = try EpochZero.cache()
    let old = try #require(miner.jobs.last)
    farm.sources[0].offer(clean: true)
    farm.settle()
    miner.submit(miner.solve(old, using: cache), of: old)
    #expect(farm.verify())
    #expect(miner.answers.last == .success(.bool(true)))
    farm.wait(3)
    miner.submit(miner.solve(old, using: cache), of: old)
    #expect(farm.verify())
    #expect(miner.answers.last == refusal(21, .stale))
    let unknown = KawPowMiner.Job(
      id: "00000000", work: old.work, target: nil, toldTarget: nil, prefix: old.prefix, isClean: false)
    miner.submit(miner.invent(old, meeting: .easiest), of: unknown)
    farm.settle()
    #expect(miner.answers.last == refusal(21, .stale))
    farm.stop()
  }

  @Test func `a block on a stale job is delivered, also when its miner is gone`() throws {
    let farm = farm()
    farm.sources[0].nBits = Self.easyBits
    farm.sources[0].offer(clean: true)
    let miner = farm.connectKawPow()
    let cache = try EpochZero.cache()
    let old = try #require(miner.jobs.last)
    let network = try Target(nBits: Self.easyBits)
    var blocks: [KawPowMiner.Share] = []
    while blocks.count < 2 {
      let share = miner.solve(old, using: cache)
      if network.isMet(by: share.hash) { blocks.append(share) }
    }
    farm.sources[0].offer(clean: true)
    farm.wait(3)
    miner.submit(blocks[0], of: old)
    #expect(farm.verify())
    #expect(miner.answers.last == refusal(21, .stale))
    miner.submit(blocks[1], of: old)
    miner.socket.close()
    #expect(farm.verify())
    let delivered = farm.sources[0].delivered
    #expect(delivered.map(\.verdict.hash) == blocks.map(\.hash))
    #expect(delivered.allSatisfy { $0.verdict.isBlock && $0.verdict.rejection == .stale })
    farm.stop()
  }

  @Test func `an invented block costs a verify and reaches no pool`() throws {
    let farm = farm()
    farm.sources[0].nBits = Self.easyBits
    farm.sources[0].offer(clean: true)
    let miner = farm.connectKawPow()
    let job = try #require(miner.jobs.last)
    miner.submit(miner.invent(job, meeting: try Target(nBits: Self.easyBits)), of: job)
    #expect(farm.verify())
    #expect(miner.answers.last == refusal(20, .mixHash))
    #expect(farm.sources[0].delivered.isEmpty)
    farm.stop()
  }

  @Test func `what comes from the pool is what the miner hears`() throws {
    let farm = farm()
    farm.sources[0].answer = .refused(code: 21, message: "job not found")
    let miner = farm.connectKawPow()
    let job = try #require(miner.jobs.last)
    miner.submit(miner.solve(job, using: try EpochZero.cache()), of: job)
    #expect(farm.verify())
    #expect(miner.answers.last == .failure(code: 21, message: "job not found"))
    farm.stop()
  }

  @Test func `the caches hear which epochs are mined, and that none is when the miners have gone`() throws {
    let held = KawPowCaches(directory: nil, run: { _ in }, uptime: { .zero }, report: { _ in })
    let farm = ModelFarm([.init(name: "kaw", algorithm: .kawpow), .init(name: "sha")], caches: held)
    farm.connectSources()
    #expect(farm.shard.neededHeights.isEmpty)
    let miner = farm.connectKawPow()
    #expect(farm.shard.neededHeights == [1])
    farm.sources[0].offer(clean: true)
    #expect(farm.shard.neededHeights == [2])
    // Waits for a cache that is never made, until nobody needs it.
    let job = try #require(miner.jobs.first)
    miner.submit(miner.invent(job, meeting: .easiest), of: job)
    #expect(farm.shard.verifier.snapshot.waiting == 1)
    miner.socket.close()
    farm.wait(1)
    #expect(farm.shard.neededHeights.isEmpty)
    #expect(farm.shard.verifier.snapshot.waiting == 0)
    farm.stop()
  }

  @Test func `what claims to be a block goes to its pool although no cache is there to verify it, and earns nothing`()
    throws
  {
    let held = KawPowCaches(directory: nil, run: { _ in }, uptime: { .zero }, report: { _ in })
    let farm = ModelFarm([.init(name: "kaw", algorithm: .kawpow), .init(name: "sha")], caches: held)
    farm.connectSources()
    farm.sources[0].nBits = Self.easyBits
    farm.sources[0].offer(clean: true)
    let miner = farm.connectKawPow()
    let job = try #require(miner.jobs.last)
    let network = try Target(nBits: Self.easyBits)
    let block = miner.invent(job, meeting: network)
    miner.submit(block, of: job)
    var ordinary = miner.invent(job, meeting: .easiest)
    while network.isMet(by: ordinary.hash) { ordinary = miner.invent(job, meeting: .easiest) }
    miner.submit(ordinary, of: job)
    miner.socket.close()
    farm.wait(1)
    let delivered = farm.sources[0].delivered
    #expect(delivered.map(\.verdict.hash) == [block.hash])
    #expect(delivered.allSatisfy { $0.verdict.isBlock && $0.verdict.rejection == .busy })
    farm.stop()
  }
}
