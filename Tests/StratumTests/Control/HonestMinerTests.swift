import Glibc
import Stratum
import TestSupport
import Testing

/// The chance that bad luck alone disconnects a miner of whose shares 1 in 100 is invalid. Time, which only lowers the
/// score, and grace are left out: the true chance is smaller.
@Suite("An honest, unlucky miner")
struct HonestMinerTests {
  static let invalid = 0.01
  /// Ten a minute for a year.
  static let sharesOfYear = 10.0 * 60 * 24 * 365

  /// That an invalid share after a score of 0 is the first of a run that comes to `threshold` before the score is 0
  /// again, by the distribution of the score on a grid, step by step.
  private func computed(threshold: Double, cells perPoint: Int = 10) -> Double {
    let up = 10 * perPoint
    // Rounded down: too little credit, so too high a chance.
    let down = Int(ConductRules().creditOfShare * Double(perPoint))
    let top = Int(threshold) * perPoint
    var score = [Double](repeating: 0, count: top)
    score[up] = 1
    var reached = 0.0
    while score.reduce(0, +) > 1e-30 {
      var next = [Double](repeating: 0, count: top)
      for (cell, chance) in score.enumerated() where chance > 0 {
        if cell + up >= top { reached += chance * Self.invalid } else { next[cell + up] += chance * Self.invalid }
        if cell > down { next[cell - down] += chance * (1 - Self.invalid) }
      }
      score = next
    }
    return reached
  }

  /// The same by running miners of whose shares every second is invalid, each weighed by how much likelier that is than
  /// of an honest one: rare events become common, and the mean stays what it is.
  private func simulated(threshold: Double, runs: Int) -> Double {
    var random = SeededRandom(seed: 7)
    let credit = ConductRules().creditOfShare
    var sum = 0.0
    for _ in 0..<runs {
      var score = 10.0
      var likelihood = 0.0
      while score > 0, score < threshold - 1e-9 {
        if Bool.random(using: &random) {
          score += 10
          likelihood += log(Self.invalid / 0.5)
        } else {
          score -= credit
          likelihood += log((1 - Self.invalid) / 0.5)
        }
      }
      if score > 0 { sum += exp(likelihood) }
    }
    return sum / Double(runs)
  }

  @Test("is disconnected with a chance below 10^-9 in a year, computed")
  func aYear() {
    let run = computed(threshold: ConductRules.threshold)
    #expect(run > 0)
    // At most so many runs begin: one for each invalid share.
    #expect(Self.sharesOfYear * Self.invalid * run < 1e-9)
  }

  @Test("and as simulated, for low thresholds and for the real one", arguments: [30.0, 50, 100])
  func simulatedAlike(_ threshold: Double) {
    let computed = computed(threshold: threshold)
    let simulated = simulated(threshold: threshold, runs: 30_000)
    #expect(simulated <= computed * 1.05)
    #expect(simulated >= computed * 0.8)
  }

  @Test("and by sending a million shares, nobody comes near")
  func million() {
    let rules = ConductRules()
    let now = MonotonicTime(nanoseconds: 1_000_000_000_000)
    var random = SeededRandom(seed: 11)
    var worst = 0.0
    // One after the other, without the conduct's own book-keeping for good shares
    // at a score of 0: between two invalid shares lie as many good ones as chance has it.
    var conduct = Conduct(rules, at: now.advanced(bySeconds: -60))
    for _ in 0..<10_000 {
      let good = Int(log(Double.random(in: .leastNonzeroMagnitude..<1, using: &random)) / log(1 - Self.invalid))
      _ = conduct.note(.invalidShare, rules, at: now)
      worst = max(worst, conduct.total(rules, at: now))
      for _ in 0..<min(good, 60) { conduct.accepted(rules, at: now) }
    }
    #expect(worst < 60)
  }
}
