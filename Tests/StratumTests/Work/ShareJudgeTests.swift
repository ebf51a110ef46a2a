import Hashing
import Stratum
import Testing

@Suite struct ShareJudgeTests {
  static let judge = ShareJudge(algorithm: .sha256d, hashes: Kernels())

  @Test func `the header of block 125552 comes out of its fields`() throws {
    let header = BlockHeader(
      version: 1,
      previousBlock: try #require(
        Hash256(displayHex: "00000000000008a3a41b85b8b29ad444def299fee21793cd8b9e567eab02cd81")),
      merkleRoot: try #require(
        Hash256(displayHex: "2b12fcf1b09288fcaff797d71e950e71ae42b91e8bdb2304758dfcffc2b620e3")),
      nTime: UnixTime(seconds: 0x4dd7_f5c7), nBits: 0x1a44_b9f2, nonce: 0x9546_a142)
    #expect(
      Self.judge.hash(.header(header)).displayHex == "00000000000000001e8d6829a8a21adc5d38d0a473b144b6765798e61f98bd1d")
    #expect(BlockHeader(bytes: header.bytes) == header)
    #expect(try Target(nBits: header.nBits).isMet(by: Self.judge.hash(.header(header))))
  }

  @Test(arguments: Algorithm.allCases.filter { $0.dialect == .bitcoin })
  func `at its target a share counts, one below its hash it does not`(algorithm: Algorithm) throws {
    let judge = ShareJudge(algorithm: algorithm, hashes: Kernels())
    let job = Case.job()
    let share = Case.share()
    let proof = try judge.proof(of: share, job: job, agreement: Case.agreement(.easiest))
    let hash = judge.hash(proof)
    for (target, expected) in [
      (Target(hash.number), nil), (Target(hash.number &- UInt256(1)), RejectReason.lowDifficulty),
    ] {
      let verdict = judge.weigh(
        hash, of: proof, job: job, agreement: Case.agreement(target), isCurrent: true, now: Case.now)
      #expect(verdict.rejection == expected)
    }
  }

  @Test func `extranonce2 of another length is refused, never padded`() {
    for count in [0, 3, 5, 8] {
      let share = Case.share(extranonce2: [UInt8](repeating: 0, count: count))
      #expect(throws: RejectReason.extranonceLength) {
        try Self.judge.proof(of: share, job: Case.job(), agreement: Case.agreement(.easiest))
      }
    }
  }

  @Test func `version bits outside the mask are refused, the job's own are not`() throws {
    let mask: UInt32 = 0x1fff_e000
    let agreement = Case.agreement(.easiest, mask: mask)
    let rolled = try Self.judge.proof(of: Case.share(bits: 0x0001_2000), job: Case.job(), agreement: agreement)
    #expect(rolled.header?.version == 0x2001_2000)
    let whole = try Self.judge.proof(of: Case.share(bits: 0x2001_2000), job: Case.job(), agreement: agreement)
    #expect(whole == rolled)
    #expect(throws: RejectReason.versionBits) {
      try Self.judge.proof(of: Case.share(bits: 0x4000_0000), job: Case.job(), agreement: agreement)
    }
    #expect(throws: RejectReason.versionBits) {
      try Self.judge.proof(of: Case.share(bits: 0x0000_2000), job: Case.job(), agreement: Case.agreement(.easiest))
    }
  }

  @Test func `attack 6, ntime abuse: it may run ahead ten minutes of the job and our clock, and never back`() throws {
    let (job, agreement) = (Case.job(), Case.agreement(.easiest))
    for (offset, expected) in [
      (-1, RejectReason.timeOutOfRange), (0, nil), (600, nil), (601, .timeOutOfRange), (7000, .timeOutOfRange),
    ] as [(Int64, RejectReason?)] {
      let share = Case.share(nTime: job.nTime.advanced(by: offset))
      let proof = try Self.judge.proof(of: share, job: job, agreement: agreement)
      let verdict = Self.judge.weigh(
        Self.judge.hash(proof), of: proof, job: job, agreement: agreement, isCurrent: true, now: job.nTime)
      #expect(verdict.rejection == expected)
    }
  }

  @Test func `a block is one although its share is stale`() throws {
    let job = Case.job(nBits: 0x207f_ffff)
    let agreement = Case.agreement(.easiest)
    var found: Verdict?
    for nonce in 0..<64 where found == nil {
      let proof = try Self.judge.proof(of: Case.share(nonce: UInt32(nonce)), job: job, agreement: agreement)
      let verdict = Self.judge.weigh(
        Self.judge.hash(proof), of: proof, job: job, agreement: agreement, isCurrent: false, now: job.nTime)
      if verdict.isBlock { found = verdict }
    }
    #expect(found?.rejection == .stale)
  }

  @Test func `merkle branches fold to the same root as the whole tree`() {
    let hashes = Kernels()
    for count in 0..<12 {
      let others = (0..<count).map { Hash256(number: UInt256(UInt64($0 + 1))) }
      let coinbase = Hash256(number: UInt256(99))
      let root = MerkleRoot.fold(coinbase, MerkleRoot.branches(of: others, using: hashes), using: hashes)
      var level = [coinbase] + others
      while level.count > 1 {
        if level.count % 2 == 1, let last = level.last { level.append(last) }
        level = stride(from: 0, to: level.count, by: 2).map { i in
          (level[i].bytes + level[i + 1].bytes).withUnsafeBytes { hashes.sha256d($0) }
        }
      }
      #expect(root == level[0])
    }
  }

  @Test func `seen shares are remembered for two blocks, and forgotten after`() {
    var seen = SeenShares()
    let hash = Hash256(number: UInt256(5))
    var isNew: [Bool] = []
    for _ in 0..<2 { isNew.append(seen.insert(hash)) }
    for _ in 0..<2 {
      seen.turn()
      isNew.append(seen.insert(hash))
    }
    #expect(isNew == [true, false, false, true])
  }

  enum Case {
    static let now = UnixTime(seconds: 1_700_000_000)

    static func job(nBits: UInt32 = 0x1d00_ffff) -> Job {
      let work = Work(
        previousBlock: .zero, coinbase1: [1, 2, 3], coinbase2: [4, 5], merkleBranches: [.zero], version: 0x2000_0000,
        nBits: nBits, nTime: now)
      return Job(
        id: JobID(1), feed: FeedID(1), work: work, sourceJobID: "a", sourceTarget: .easiest,
        versionMask: 0x1fff_e000, nTime: now)
    }

    static func agreement(_ target: Target, mask: UInt32 = 0) -> Agreement {
      let seat = Seat(
        feed: FeedID(1), slot: 0, extranonce1: Extranonce([9, 9]) ?? .empty, extranonce2ByteCount: 4)
      return Agreement(since: JobID(1), seat: seat, target: target, versionMask: mask)
    }

    static func share(
      extranonce2: [UInt8] = [0, 0, 0, 1], nTime: UnixTime = now, nonce: UInt32 = 7, bits: UInt32? = nil
    ) -> ShareSubmission {
      ShareSubmission(
        user: "a", job: JobID(1), extranonce2: Extranonce(extranonce2) ?? .empty, nTime: nTime, nonce: nonce,
        versionBits: bits)
    }
  }
}
