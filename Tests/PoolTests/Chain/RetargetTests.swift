import Glibc
import Stratum
import Testing

@testable import Pool

/// Difficulty follows the hashrate, and false clocks move it little.
struct RetargetTests {
  private let easiest = Algorithm.scrypt.easiestChainTarget
  private let start: UInt32 = 1_760_054_400

  private func samples(_ seconds: [Int64], target: Target) -> [Retarget.Sample] {
    var time = UnixTime(seconds: start)
    var samples = [Retarget.Sample(nTime: time, target: target)]
    for step in seconds {
      time = time.advanced(by: step)
      samples.append(Retarget.Sample(nTime: time, target: target))
    }
    return samples
  }

  @Test func `the first blocks are as easy as it gets`() {
    #expect(Retarget.next(after: [], spacing: 120, easiest: easiest).nBits == easiest.nBits)
    let one = samples([], target: easiest)
    #expect(Retarget.next(after: one, spacing: 120, easiest: easiest).nBits == easiest.nBits)
  }

  @Test func `blocks in time keep the target`() throws {
    let target = Target(UInt256(1) &<< 230)
    let next = Retarget.next(
      after: samples([Int64](repeating: 120, count: 24), target: target), spacing: 120, easiest: easiest)
    let ratio = next.number.approximate / target.number.approximate
    #expect((0.999...1.0).contains(ratio))
  }

  @Test(arguments: [(40, 1.0 / 3), (60, 0.5), (240, 2.0), (180, 1.5)] as [(Int64, Double)])
  func `a steady pace moves the target in proportion`(seconds: Int64, factor: Double) {
    let target = Target(UInt256(1) &<< 230)
    let next = Retarget.next(
      after: samples([Int64](repeating: seconds, count: 24), target: target), spacing: 120, easiest: easiest)
    let ratio = next.number.approximate / target.number.approximate
    // One step is at most a halving or doubling.
    #expect(abs(ratio - max(0.5, min(2, factor))) < 0.001)
  }

  @Test func `a clock that jumps forth and back cannot drive the target up`() {
    let target = Target(UInt256(1) &<< 230)
    let jumping = (0..<24).map { $0 % 2 == 0 ? Int64(7000) : -6800 }
    let next = Retarget.next(after: samples(jumping, target: target), spacing: 120, easiest: easiest)
    #expect(next.number.approximate / target.number.approximate < 1.5)
  }

  @Test(arguments: 0..<20 as Range<UInt64>)
  func `with a steady hashrate blocks come about as often as they should`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var history: [Retarget.Sample] = []
    var time = Double(start)
    let rate = 50_000.0
    for _ in 0..<600 {
      let target = Retarget.next(after: history.suffix(25), spacing: 120, easiest: easiest)
      let hashes = ShareWork(of: target).approximate
      time += max(1, -log(Double.random(in: 1e-9..<1, using: &random)) * hashes / rate)
      history.append(Retarget.Sample(nTime: UnixTime(seconds: UInt32(time)), target: target))
    }
    let settled = history.suffix(500)
    let elapsed = Double((settled.last?.nTime.seconds ?? 0) - (settled.first?.nTime.seconds ?? 0))
    #expect((100...145).contains(elapsed / 499))
  }
}
