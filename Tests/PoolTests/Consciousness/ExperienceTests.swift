import Stratum
import TestSupport
import Testing

@testable import Pool

/// Experience by work: what counts is how much, never in how many messages or at which difficulty.
struct ExperienceTests {
  @Test(arguments: Algorithm.allCases)
  func `the reference work is a share at the start difficulty, as a power of two`(algorithm: Algorithm) {
    let reference = algorithm.referenceWork.hashes
    #expect(reference.nonzeroBitCount == 1)
    let share = ShareWork(of: algorithm.startDifficulty.target(for: algorithm)).hashes
    #expect(share >= reference)
    #expect(share - reference <= reference / 65_535 + 1)
    #expect(Experience(by: [algorithm: ShareWork(hashes: share)]) == Experience(10))
  }

  @Test func `ten points for each reference share, rounded down once, for each algorithm`() {
    let reference = Algorithm.scrypt.referenceWork.hashes
    #expect(Experience(by: [:]) == .zero)
    #expect(Experience(by: [.scrypt: ShareWork(hashes: reference * 100)]) == Experience(1000))
    #expect(Experience(by: [.scrypt: ShareWork(hashes: reference / 10)]) == .zero)
    #expect(Experience(by: [.scrypt: ShareWork(hashes: reference / 10 + 1)]) == Experience(1))
    let both: [Algorithm: ShareWork] = [.scrypt: ShareWork(hashes: reference), .kawpow: Algorithm.kawpow.referenceWork]
    #expect(Experience(by: both) == Experience(20))
  }

  @Test func `points saturate and never trap`() {
    let most = Dictionary(uniqueKeysWithValues: Algorithm.allCases.map { ($0, ShareWork(hashes: .max)) })
    #expect(Experience(by: most) == Experience(.max))
    #expect(Experience(.max) + Experience(1) == Experience(.max))
    #expect(Experience(-5) == .zero)
    #expect(Experience(2) * Int64.max == Experience(.max))
    #expect(Experience(2) * -1 == .zero)
  }

  @Test(arguments: Algorithm.allCases)
  func `a lower difficulty never gives more for the same work`(algorithm: Algorithm) {
    var random = SeededRandom(seed: UInt64(algorithm.number))
    for _ in 0..<300 {
      let start = algorithm.startDifficulty.value
      let high = Difficulty(clamping: start * Double.random(in: 0.01...1000, using: &random))
      let halvings = Int.random(in: 1...12, using: &random)
      let low = Difficulty(clamping: high.value / Double(1 << halvings))
      // One share at the high difficulty has the chance of 2^halvings at the low one.
      let one = ShareWork(of: high.target(for: algorithm))
      let each = ShareWork(of: low.target(for: algorithm))
      let many = ShareWork(hashes: each.hashes << UInt128(halvings))
      #expect(Experience(by: [algorithm: many]) <= Experience(by: [algorithm: one]))
    }
  }

  @Test func `how shares are spread over messages changes nothing, and each share only adds`() {
    for seed in 0..<200 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      let algorithm = Algorithm.allCases.randomElement(using: &random) ?? .scrypt
      let total = random.number(bits: 60)
      var rest = total
      var sum = ShareWork.zero
      var before = Experience.zero
      while rest > 0 {
        let part = sum == .zero ? 1 : min(rest, random.number(bits: 58))
        rest -= part
        sum += ShareWork(hashes: part)
        let now = Experience(by: [algorithm: sum])
        #expect(now >= before)
        before = now
      }
      #expect(before == Experience(by: [algorithm: ShareWork(hashes: total)]), "seed \(seed)")
    }
  }
}
