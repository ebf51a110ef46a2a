import Hashing
import NIOConcurrencyHelpers
import Stratum
import TestSupport
import Testing

@testable import Proxy

@Suite struct VerifierPoolTests {
  private static let heavy = Algorithm.allCases.filter { $0.isHeavy && $0 != .kawpow }

  private func header(_ nonce: UInt32) -> BlockHeader {
    BlockHeader(
      version: 0x2000_0000, previousBlock: Hash256(number: UInt256(7)), merkleRoot: Hash256(number: UInt256(9)),
      nTime: UnixTime(seconds: 1_700_000_000), nBits: 0x207f_ffff, nonce: nonce)
  }

  private func share(_ algorithm: Algorithm, _ proof: ShareProof, session: UInt64 = 1) -> VerifierPool.Share {
    VerifierPool.Share(session: session, algorithm: algorithm, proof: proof, isBlock: false)
  }

  private func proof(nonce: UInt64, mix: Hash256 = .zero, height: UInt32 = 1) -> KawPowProof {
    KawPowProof(headerHash: Hash256(number: UInt256(11)), height: height, nonce: nonce, mixHash: mix)
  }

  private func rightProof(nonce: UInt64) throws -> (KawPowProof, Hash256) {
    let blank = proof(nonce: nonce)
    let (mix, hash) = KawPow.hash(
      header: blank.headerHash, nonce: nonce, height: blank.height, cache: try EpochZero.cache())
    return (proof(nonce: nonce, mix: mix), hash)
  }

  /// `nil` when the pool is too busy.
  private func outcome(of share: VerifierPool.Share, in pool: VerifierPool) async -> VerifierPool.Outcome? {
    await withCheckedContinuation { continuation in
      if !pool.submit(share, done: { continuation.resume(returning: $0) }) { continuation.resume(returning: nil) }
    }
  }

  @Test(arguments: heavy) func `a header's hash is that of the kernels`(algorithm: Algorithm) async {
    let pool = VerifierPool(threadCount: 2)
    for nonce in 1...3 {
      let header = header(UInt32(nonce))
      let expected = header.withBytes { Kernels().proofOfWork(algorithm, header: $0) }
      #expect(await outcome(of: share(algorithm, .header(header)), in: pool) == .hash(expected))
    }
    let line = pool.snapshot.algorithms[algorithm]
    #expect(line?.verified == 3 && line?.wrong == 0)
    #expect((line?.verifySecondsTotal ?? 0) > 0 && line?.verifySecondsP50 != nil && line?.waitSecondsP99 != nil)
    pool.stop()
  }

  @Test func `a KawPow share has its hash when the mix is right, and none when it is wrong`() async throws {
    let pool = VerifierPool(threadCount: 2, caches: EpochZero.caches)
    let (right, hash) = try rightProof(nonce: 1)
    var wrong = right
    wrong.mixHash = Hash256(number: UInt256(1))
    #expect(await outcome(of: share(.kawpow, .kawpow(right)), in: pool) == .hash(hash))
    #expect(await outcome(of: share(.kawpow, .kawpow(wrong)), in: pool) == .wrongMix)
    let snapshot = pool.snapshot
    #expect(snapshot.algorithms[.kawpow]?.verified == 2 && snapshot.algorithms[.kawpow]?.wrong == 1)
    #expect(snapshot.waiting == 0 && snapshot.waitingSeconds == 0)
    pool.stop()
  }

  @Test func `shares of all algorithms at once come back each with its own hash`() async throws {
    let pool = VerifierPool(threadCount: 2, caches: EpochZero.caches)
    let kawpow = try (1...4).map { try rightProof(nonce: $0) }
    var expected: [Hash256] = []
    var shares: [VerifierPool.Share] = []
    for nonce in 0..<4 {
      for (index, algorithm) in Self.heavy.enumerated() {
        let header = header(UInt32(nonce))
        expected.append(header.withBytes { Kernels().proofOfWork(algorithm, header: $0) })
        shares.append(share(algorithm, .header(header), session: UInt64(index)))
      }
      expected.append(kawpow[nonce].1)
      shares.append(share(.kawpow, .kawpow(kawpow[nonce].0), session: 99))
    }
    await withTaskGroup(of: (Int, VerifierPool.Outcome?).self) { group in
      for (index, share) in shares.enumerated() {
        group.addTask { (index, await outcome(of: share, in: pool)) }
      }
      for await (index, outcome) in group { #expect(outcome == .hash(expected[index])) }
    }
    #expect(pool.snapshot.algorithms.values.reduce(0) { $0 + $1.verified } == shares.count)
    pool.stop()
  }

  /// Caches that are made, one after another, when the test calls what `run` was given.
  private struct HeldCaches {
    let caches: KawPowCaches
    let work = NIOLockedValueBox<[@Sendable () -> Void]>([])

    init(directory: String? = nil) {
      let work = work
      caches = KawPowCaches(
        directory: directory, run: { body in work.withLockedValue { $0.append(body) } }, uptime: { .zero },
        report: { _ in })
    }

    func make() { for body in work.withLockedValue({ $0 }) { body() } }
  }

  @Test func `a share whose epoch has no cache yet waits for it, and is counted as waiting`() async throws {
    let folder = try EpochZero.folder()
    let held = HeldCaches(directory: folder.url.path)
    let pool = VerifierPool(threadCount: 1, caches: held.caches)
    let (right, hash) = try rightProof(nonce: 5)
    held.caches.need([1], by: 0)
    let outcomes = NIOLockedValueBox<[VerifierPool.Outcome]>([])
    for _ in 0..<3 {
      #expect(
        pool.submit(share(.kawpow, .kawpow(right))) { outcome in outcomes.withLockedValue { $0.append(outcome) } })
    }
    #expect(pool.snapshot.waiting == 3)
    #expect(outcomes.withLockedValue { $0.isEmpty })
    held.make()
    #expect(await outcome(of: share(.kawpow, .kawpow(right)), in: pool) == .hash(hash))
    // Two threads may have taken them, and the last be done before the others.
    try await eventually("the three that waited") { outcomes.withLockedValue { $0.count } == 3 }
    #expect(outcomes.withLockedValue { $0 } == [.hash(hash), .hash(hash), .hash(hash)])
    #expect(pool.snapshot.waiting == 0)
    pool.stop()
  }

  @Test func `sixteen shares of a session may wait for a cache, and its neighbour's wait besides`() {
    let held = HeldCaches()
    let pool = VerifierPool(threadCount: 1, caches: held.caches)
    held.caches.need([1], by: 0)
    let taken = (0..<20).count { pool.submit(share(.kawpow, .kawpow(proof(nonce: $0)))) { _ in } }
    #expect(taken == VerifierPool.parkedPerSession)
    #expect(pool.submit(share(.kawpow, .kawpow(proof(nonce: 1)), session: 2)) { _ in })
    #expect(pool.snapshot.waiting == taken + 1)
    held.caches.need([], by: 0)
    #expect(pool.snapshot.waiting == 0)
    #expect(pool.submit(share(.kawpow, .kawpow(proof(nonce: 1)))) { _ in })
    pool.stop()
  }

  @Test func `a share whose epoch nobody needs any more is abandoned`() {
    let held = HeldCaches()
    let pool = VerifierPool(threadCount: 1, caches: held.caches)
    held.caches.need([1, 7500], by: 0)
    let outcomes = NIOLockedValueBox<[UInt32: VerifierPool.Outcome]>([:])
    func submit(_ height: UInt32) -> Bool {
      pool.submit(share(.kawpow, .kawpow(proof(nonce: 1, height: height)))) { outcome in
        outcomes.withLockedValue { $0[height] = outcome }
      }
    }
    #expect(submit(1) && submit(7500))
    held.caches.need([7500], by: 0)
    #expect(outcomes.withLockedValue { $0 } == [1: .abandoned])
    #expect(submit(15_000))
    #expect(outcomes.withLockedValue { $0 } == [1: .abandoned, 15_000: .abandoned])
    #expect(pool.snapshot.waiting == 1)
    pool.stop()
  }

  @Test func `a pool without caches, and a height beyond all epochs, verify no KawPow`() async {
    let pool = VerifierPool(threadCount: 1)
    #expect(await outcome(of: share(.kawpow, .kawpow(proof(nonce: 1))), in: pool) == .abandoned)
    let other = VerifierPool(threadCount: 1, caches: EpochZero.caches)
    #expect(await outcome(of: share(.kawpow, .kawpow(proof(nonce: 1, height: .max))), in: other) == .abandoned)
    pool.stop()
    other.stop()
  }

  @Test func `a session that floods the pool is busy, takes what seems to be a block, and its neighbour is served`() {
    let pool = VerifierPool(threadCount: 1)
    let slow = share(.yescryptR32, .header(header(1)))
    var count = 0
    while count < 10_000, pool.submit(slow, done: { _ in }) { count += 1 }
    #expect(count < 10_000)
    let block = VerifierPool.Share(session: 1, algorithm: .yescryptR32, proof: .header(header(2)), isBlock: true)
    #expect(pool.submit(block) { _ in })
    #expect(pool.submit(share(.yescryptR32, .header(header(3)), session: 2)) { _ in })
    pool.stop()
  }
}
