import Hashing
import Stratum
import TestSupport
import Testing

/// Judged with real hashes, on one cache for all tests.
@Suite struct KawPowJudgeTests {
  static let cache: KawPowCache? = KawPowEpoch(number: 0).flatMap {
    KawPowCache.build($0, isCancelled: { false }, progress: { _ in })
  }
  private static let judge = ShareJudge(algorithm: .kawpow, hashes: Kernels())
  private static let now = UnixTime(seconds: 1_700_000_000)

  private static func job(_ work: KawPowWork, target: Target = .easiest) -> Job {
    Job(
      id: JobID(1), feed: FeedID(1), work: Work(work, nBits: 0x1b00_ec12), sourceJobID: "a", sourceTarget: target,
      versionMask: 0, nTime: now)
  }

  private static func agreement(_ target: Target = .easiest, prefix: Extranonce) -> Agreement {
    let seat = Seat(
      feed: FeedID(1), slot: 0, extranonce1: prefix, extranonce2ByteCount: 8 - prefix.count)
    return Agreement(since: JobID(1), seat: seat, target: target, versionMask: 0)
  }

  private static func share(_ nonce: UInt64, _ work: KawPowWork, mix: Hash256) -> ShareSubmission {
    ShareSubmission(
      user: "a", job: JobID(1), .kawpow(KawPowSolution(nonce: nonce, headerHash: work.headerHash, mixHash: mix)))
  }

  private static func work(_ random: inout SeededRandom) -> KawPowWork {
    KawPowWork(
      headerHash: random.hash(), seedHash: .zero, height: UInt32.random(in: 0..<KawPowEpoch.length, using: &random))
  }

  /// A prefix of `count` bytes and a nonce that begins with it.
  private static func prefixed(_ count: Int, _ random: inout SeededRandom) -> (prefix: Extranonce, nonce: UInt64) {
    let nonce = random.next()
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: nonce &>> UInt64(56 - 8 * $0)) }
    return (Extranonce(bytes) ?? .empty, nonce)
  }

  @Test(arguments: 0..<20)
  func `a share with the mix of its nonce counts at its own hash and not one below`(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let cache = try #require(Self.cache)
    let work = Self.work(&random)
    let (prefix, nonce) = Self.prefixed(Int(seed % 5), &random)
    let (mix, final) = KawPow.hash(header: work.headerHash, nonce: nonce, height: work.height, cache: cache)
    let share = Self.share(nonce, work, mix: mix)
    for (target, expected) in [
      (Target(final.number), nil), (Target(final.number &- UInt256(1)), RejectReason.lowDifficulty),
    ] {
      let (job, agreement) = (Self.job(work, target: target), Self.agreement(target, prefix: prefix))
      let proof = try Self.judge.proof(of: share, job: job, agreement: agreement)
      let hash = Self.judge.hash(proof)
      #expect(hash == final)
      let verdict = Self.judge.weigh(
        hash, of: proof, job: job, agreement: agreement, isCurrent: true, now: Self.now)
      #expect(verdict.rejection == expected)
      #expect(verdict.meetsSource == (expected == nil))
    }
  }

  @Test(arguments: 0..<10)
  func `only the mix of this header, nonce and period verifies`(seed: UInt64) throws {
    var random = SeededRandom(seed: 100 + seed)
    let cache = try #require(Self.cache)
    let work = Self.work(&random)
    let nonce = random.next()
    let search = KawPowSearch(header: work.headerHash, height: work.height, cache: cache)
    let mix = search.hash(nonce: nonce).mix
    #expect(KawPow.verify(header: work.headerHash, nonce: nonce, mix: mix, height: work.height, cache: cache))
    // The claimed hash is another as soon as the mix is.
    var wrong = mix
    wrong.number.l0 ^= 1 << UInt64.random(in: 0..<64, using: &random)
    #expect(!KawPow.verify(header: work.headerHash, nonce: nonce, mix: wrong, height: work.height, cache: cache))
    let claims = [mix, wrong].map {
      Self.judge.hash(
        .kawpow(KawPowProof(headerHash: work.headerHash, height: work.height, nonce: nonce, mixHash: $0)))
    }
    #expect(claims[0] != claims[1])
    let period = work.height / KawPow.periodLength * KawPow.periodLength
    let other = period >= KawPow.periodLength ? period - 1 : period + KawPow.periodLength
    #expect(!KawPow.verify(header: work.headerHash, nonce: nonce, mix: mix, height: other, cache: cache))
    #expect(!KawPow.verify(header: work.headerHash, nonce: nonce &+ 1, mix: mix, height: work.height, cache: cache))
    #expect(!KawPow.verify(header: random.hash(), nonce: nonce, mix: mix, height: work.height, cache: cache))
  }

  @Test func `heights of one period share their mix`() throws {
    let cache = try #require(Self.cache)
    var random = SeededRandom(seed: 7)
    let header = random.hash()
    let mix = KawPow.hash(header: header, nonce: 1, height: 300, cache: cache).mix
    #expect(KawPow.verify(header: header, nonce: 1, mix: mix, height: 302, cache: cache))
    #expect(!KawPow.verify(header: header, nonce: 1, mix: mix, height: 303, cache: cache))
  }

  @Test func `a share found by searching a job's target counts`() throws {
    let cache = try #require(Self.cache)
    var random = SeededRandom(seed: 8)
    let work = Self.work(&random)
    let prefix = try #require(Extranonce([0x64, 0x29]))
    let target = Target(UInt256(1 << 60, 0, 0, 0))
    let first: UInt64 = 0x6429 << 48
    let found = try #require(
      KawPowSearch(header: work.headerHash, height: work.height, cache: cache)
        .first(in: first..<first + 200, meeting: target))
    let (job, agreement) = (Self.job(work, target: target), Self.agreement(target, prefix: prefix))
    let proof = try Self.judge.proof(
      of: Self.share(found.nonce, work, mix: found.mix), job: job, agreement: agreement)
    let verdict = Self.judge.weigh(
      Self.judge.hash(proof), of: proof, job: job, agreement: agreement, isCurrent: true, now: Self.now)
    #expect(verdict.rejection == nil && verdict.meetsSource && verdict.hash == found.hash)
    #expect(
      Self.judge.weigh(verdict.hash, of: proof, job: job, agreement: agreement, isCurrent: false, now: Self.now)
        .rejection == .stale)
  }

  // MARK: what is never hashed

  @Test(arguments: 0..<100) func `a header hash that is not the job's is refused`(seed: UInt64) {
    var random = SeededRandom(seed: 200 + seed)
    let work = Self.work(&random)
    var other = work
    other.headerHash.number.l2 ^= 1 << UInt64.random(in: 0..<64, using: &random)
    let share = Self.share(random.next(), other, mix: .zero)
    #expect(throws: RejectReason.headerHash) {
      try Self.judge.proof(of: share, job: Self.job(work), agreement: Self.agreement(prefix: .empty))
    }
  }

  @Test(arguments: 0..<200) func `a nonce counts inside its prefix and nowhere else`(seed: UInt64) throws {
    var random = SeededRandom(seed: 300 + seed)
    let work = Self.work(&random)
    let count = Int(seed % 4) + 1
    let (prefix, nonce) = Self.prefixed(count, &random)
    let (job, agreement) = (Self.job(work), Self.agreement(prefix: prefix))
    let inside = nonce ^ random.next() &>> UInt64(8 * count)
    #expect(throws: Never.self) {
      try Self.judge.proof(of: Self.share(inside, work, mix: .zero), job: job, agreement: agreement)
    }
    // Each single bit of the prefix, and the nonces next to both ends of its range.
    let last = nonce | UInt64.max &>> UInt64(8 * count)
    let first = nonce & ~(UInt64.max &>> UInt64(8 * count))
    let flipped = (0..<8 * count).map { nonce ^ 1 << UInt64(63 - $0) }
    for outside in flipped + [last &+ 1, first &- 1] {
      #expect(throws: RejectReason.noncePrefix) {
        try Self.judge.proof(of: Self.share(outside, work, mix: .zero), job: job, agreement: agreement)
      }
    }
    for edge in [first, last] {
      #expect(throws: Never.self) {
        try Self.judge.proof(of: Self.share(edge, work, mix: .zero), job: job, agreement: agreement)
      }
    }
  }

  @Test func `a share for a job of the other dialect is stale, both ways`() {
    var random = SeededRandom(seed: 400)
    let work = Self.work(&random)
    let kawpowShare = Self.share(1, work, mix: .zero)
    #expect(throws: RejectReason.stale) {
      try Self.judge.proof(
        of: kawpowShare, job: ShareJudgeTests.Case.job(), agreement: ShareJudgeTests.Case.agreement(.easiest))
    }
    #expect(throws: RejectReason.stale) {
      try Self.judge.proof(
        of: ShareJudgeTests.Case.share(), job: Self.job(work), agreement: Self.agreement(prefix: .empty))
    }
  }
}

/// Of the algorithms that hash a header.
@Suite struct HeaderHashTests {
  @Test(arguments: Algorithm.allCases.filter { $0.dialect == .bitcoin })
  func `a header is weighed by its proof of work`(algorithm: Algorithm) throws {
    var random = SeededRandom(seed: UInt64(algorithm.number))
    let judge = ShareJudge(algorithm: algorithm, hashes: Kernels())
    for _ in 0..<(algorithm.isHeavy ? 2 : 50) {
      let header = BlockHeader(
        version: UInt32.random(in: 0 ... .max, using: &random), previousBlock: random.hash(),
        merkleRoot: random.hash(), nTime: UnixTime(seconds: 1_700_000_000), nBits: 0x1d00_ffff,
        nonce: UInt32.random(in: 0 ... .max, using: &random))
      let hash = header.bytes.withUnsafeBytes { Kernels().proofOfWork(algorithm, header: $0) }
      #expect(judge.hash(.header(header)) == hash)
      // A digest is compared as a number of which its last byte is the most significant.
      #expect(hash.number == UInt256(littleEndian: hash.bytes))
      let target = Target(hash.number)
      #expect(target.isMet(by: hash) && !Target(hash.number &- UInt256(1)).isMet(by: hash))
    }
  }
}
