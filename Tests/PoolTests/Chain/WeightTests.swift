import Stratum
import Testing

@testable import Pool

/// A second of one core weighs the same whatever it computes.
struct WeightTests {
  private func weight(_ target: Target, _ algorithm: Algorithm) -> UInt128 {
    ChainState.weight(of: target, algorithm: algorithm)
  }

  @Test(arguments: Algorithm.allCases) func `the easiest block of every algorithm weighs 256`(algorithm: Algorithm)
    throws
  {
    let easiest = algorithm.easiestChainTarget
    #expect(weight(easiest, algorithm) == 256)
    // As a block's header says it.
    #expect(weight(try Target(nBits: easiest.nBits), algorithm) == 256)
  }

  @Test(arguments: Algorithm.allCases) func `twice the work weighs twice as much`(algorithm: Algorithm) {
    let easiest = algorithm.easiestChainTarget.number
    for shift in 1...40 {
      #expect(weight(Target(easiest &>> shift), algorithm) == 256 << UInt128(shift))
    }
  }

  @Test(arguments: Algorithm.allCases) func `a harder target never weighs less, and nothing overflows`(
    algorithm: Algorithm
  ) throws {
    var last: UInt128 = 0
    var nBits = algorithm.easiestChainTarget.nBits
    while let target = try? Target(nBits: nBits) {
      let weight = weight(target, algorithm)
      #expect(weight >= last && weight <= UInt128(UInt64.max))
      last = weight
      nBits = Target(target.number.quotientAndRemainder(dividingBy: UInt256(3)).quotient).nBits
    }
    #expect(last == UInt128(UInt64.max))
    #expect(weight(Target(UInt256(1)), algorithm) == UInt128(UInt64.max))
  }

  @Test(arguments: Algorithm.allCases)
  func `the first block of every algorithm adds 256 to its branch`(algorithm: Algorithm) throws {
    let maker = BlockMaker()
    let state = ChainState(parameters: ChainParameters(network: "test"), using: maker.hashes)
    let block = try maker.block(maker.template(on: state.tipHash, of: state, algorithm: algorithm))
    let (_, entry) = try state.check(block, now: UnixTime(seconds: 1_800_000_000), using: maker.hashes)
    #expect(entry.weight == state.tip.weight + 256)
    #expect(entry.algorithm == algorithm)
  }
}
