import Foundation
import Hashing
import Stratum
import Testing

/// Difficulty is agreed with each job. Whoever could change it between a share's search and its judgement would choose
/// afterwards what his luck was worth.
@Suite struct DifficultyLaunderingTests {
  private static let base = 1.0
  private static let shares = 400
  private static let judge = ShareJudge(algorithm: .sha256d, hashes: Kernels())

  /// What an attacker got for so many hashes.
  private struct Takings {
    /// Expected of as many shares at the base difficulty.
    var hashes = 0.0
    var credited = 0.0
    /// By a pool that credits the difficulty of the moment, and falls back to the one before.
    var creditedWithoutDefence = 0.0
  }

  /// Searches at the base difficulty, and before each submit wishes for what `wish` makes of the hash's own difficulty.
  private func play(_ wish: (Double) -> Double) throws -> Takings {
    let miner = Miner(start: Self.base)
    miner.authorizes()
    var takings = Takings()
    let target = Difficulty(clamping: Self.base).target(for: .sha256d)
    for index in 0..<UInt32(Self.shares) {
      suggest(Self.base, miner)
      // A share every fifteen seconds is what vardiff wants: it has no reason to change anything itself.
      let now = MonotonicTime.zero.advanced(bySeconds: 15 * Double(index))
      let job = Miner.job(id: 2 * index + 1)
      miner.session.prepare(for: job, at: now, into: &miner.out)
      // A hash may be anywhere below the target: here it is once in each four-hundredth.
      let difficulty = Self.base * Double(Self.shares) / (Double(index) + 0.5)
      let number = Difficulty(clamping: difficulty).target(for: .sha256d).number
      suggest(wish(difficulty), miner)
      let next = Miner.job(id: 2 * index + 2)
      miner.session.prepare(for: next, at: now, into: &miner.out)

      guard case .judge(let share, let place) = submit(job, miner) else {
        Issue.record("not judged")
        return takings
      }
      let agreement = try #require(miner.session.agreement(for: job))
      let proof = try Self.judge.proof(of: share, job: job, agreement: agreement)
      let verdict = Self.judge.weigh(
        Hash256(number: number), of: proof, job: job, agreement: agreement, isCurrent: true, now: job.nTime)
      miner.session.resolve(place, .accepted, work: agreement.work, at: now, into: &miner.out)
      miner.out = []
      takings.hashes += ShareWork(of: target).approximate
      if verdict.rejection == nil { takings.credited += agreement.work.approximate }
      let wished = Difficulty(clamping: wish(difficulty)).target(for: .sha256d)
      let isMet = wished.isMet(by: Hash256(number: number))
      takings.creditedWithoutDefence += ShareWork(of: isMet ? wished : target).approximate
    }
    return takings
  }

  private func submit(_ job: Job, _ miner: Miner) -> SessionAction {
    let words = "\"\(Hex.encode(job.id.value))\",\"00000001\",\"\(Hex.encode(job.nTime.seconds))\",\"00000000\""
    return miner.says("{\"id\":7,\"method\":\"mining.submit\",\"params\":[\"acct.rig\",\(words)]}")
  }

  private func suggest(_ difficulty: Double, _ miner: Miner) {
    miner.says("{\"id\":9,\"method\":\"mining.suggest_difficulty\",\"params\":[\(difficulty)]}")
  }

  @Test func `attack 4, difficulty laundering: a raise before the submit, with either trick, earns nothing`() throws {
    // The previous difficulty as fallback: what meets the tenfold counts ten, what does not counts one.
    let fallback = try play { _ in 10 * Self.base }
    #expect(fallback.credited == fallback.hashes)
    #expect(abs(fallback.creditedWithoutDefence / fallback.hashes - 1.9) < 0.001, "the trick works where it can")
    // The lucky share: its own difficulty is asked for just before it is sent, up to a hundredfold.
    let lucky = try play { min($0, 100) * 0.999 }
    #expect(lucky.credited == lucky.hashes)
    let gain = lucky.creditedWithoutDefence / lucky.hashes
    #expect(abs(gain - (1 + log(100.0))) < 0.05, "the trick works where it can: \(gain)")
  }
}
