import Stratum
import TestSupport
import Testing

@Suite struct VardiffTests {
  static let settings = Vardiff.Settings(minimum: Difficulty(clamping: 0.001), maximum: Difficulty(clamping: 1e12))

  @Test(arguments: 0..<40) func `a steady miner comes to a share every fifteen seconds`(seed: UInt64) {
    // 100 TH/s at sha256d: difficulty 1 is 2^32 hashes.
    var miner = SimulatedMiner(hashesPerSecond: 1e14, difficulty: 65_536, seed: seed)
    miner.run(seconds: 1800)
    let interval = miner.difficulty.value * 4_294_967_296 / 1e14
    #expect((15 * 0.5...15 * 2).contains(interval), "a share every \(interval) s")
  }

  @Test(arguments: 0..<40) func `no step is larger than four`(seed: UInt64) {
    var miner = SimulatedMiner(hashesPerSecond: 1e15, difficulty: 1, seed: seed)
    miner.run(seconds: 300)
    #expect(!miner.steps.isEmpty)
    for step in miner.steps { #expect((0.25...4).contains(step)) }
  }

  @Test func `a miner a thousand times too fast is slowed within seconds`() {
    var miner = SimulatedMiner(hashesPerSecond: 4_294_967_296 * 64, difficulty: 1, seed: 1)
    miner.run(seconds: 20)
    #expect(miner.difficulty.value >= 200)
  }

  @Test func `silence lowers, a quarter at a time, down to the floor`() {
    var vardiff = Vardiff(at: .zero)
    var difficulty = Difficulty(clamping: 1024)
    var now = MonotonicTime.zero
    #expect(vardiff.proposal(from: difficulty, algorithm: .sha256d, settings: Self.settings, at: now) == nil)
    for _ in 0..<20 {
      now = now.advanced(bySeconds: 61)
      guard let next = vardiff.proposal(from: difficulty, algorithm: .sha256d, settings: Self.settings, at: now) else {
        continue
      }
      #expect(next.value >= difficulty.value / 4)
      difficulty = next
      vardiff.applied(at: now)
    }
    #expect(difficulty == Self.settings.minimum)
  }

  @Test func `a burst of shares does not act before there are twelve`() {
    var vardiff = Vardiff(at: .zero)
    let difficulty = Difficulty(clamping: 1)
    let work = ShareWork(of: difficulty.target(for: .sha256d))
    for _ in 0..<11 {
      vardiff.accepted(work, at: MonotonicTime.zero.advanced(bySeconds: 0.001))
      #expect(vardiff.proposal(from: difficulty, algorithm: .sha256d, settings: Self.settings, at: .zero) == nil)
    }
  }

  @Test func `the meter reads a constant rate as that rate, from the first minute on`() {
    var meter = HashrateMeter(at: .zero)
    for second in 1...600 {
      let now = MonotonicTime.zero.advanced(bySeconds: Double(second))
      meter.add(ShareWork(hashes: 1_000_000), at: now)
      if second >= 60 { #expect((0.95e6...1.06e6).contains(meter.rate(at: now).hashesPerSecond)) }
    }
    let half = meter.rate(at: MonotonicTime.zero.advanced(bySeconds: 600 + HashrateMeter.halfLifeSeconds))
    #expect((0.48e6...0.52e6).contains(half.hashesPerSecond))
  }
}

/// A miner that finds shares by a Poisson process, at whatever difficulty it is given.
private struct SimulatedMiner {
  let hashesPerSecond: Double
  var difficulty: Difficulty
  var vardiff = Vardiff(at: .zero)
  var steps: [Double] = []
  var random: SeededRandom
  var now = 0.0

  init(hashesPerSecond: Double, difficulty: Double, seed: UInt64) {
    self.hashesPerSecond = hashesPerSecond
    self.difficulty = Difficulty(clamping: difficulty)
    random = SeededRandom(seed: seed)
  }

  mutating func run(seconds: Double) {
    let end = now + seconds
    while now < end {
      let mean = difficulty.value * 4_294_967_296 / hashesPerSecond
      // Geometric steps of a hundredth of the mean stand in for the exponential law.
      var wait = 0.0
      repeat { wait += mean / 100 } while Double.random(in: 0..<1, using: &random) > 0.01 && wait < 60
      now += wait
      let time = MonotonicTime.zero.advanced(bySeconds: now)
      vardiff.accepted(ShareWork(of: difficulty.target(for: .sha256d)), at: time)
      if let next = vardiff.proposal(
        from: difficulty, algorithm: .sha256d, settings: VardiffTests.settings, at: time)
      {
        steps.append(next.value / difficulty.value)
        difficulty = next
        vardiff.applied(at: time)
      }
    }
  }
}
