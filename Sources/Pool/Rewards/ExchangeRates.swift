import Stratum

/// What a hash of one algorithm is worth in hashes of another, frozen when a block is found.
///
/// Several algorithms on one chain are compared by the work that the network asks of each for a block:
/// rate = ⌊2^96 ÷ network work⌋, at least 1, so that a block's worth of work measures about 2^96 with any of them.
/// With one algorithm the rate is 1. Within an algorithm, measures are always exactly proportional to work.
public struct ExchangeRates: Sendable, Equatable {
  /// By the algorithm's number; 0 where nothing is known.
  private var rates: [UInt128]

  /// - Parameter networkWork: of every algorithm that can be in the window, from the nBits of its last share. A
  ///   network work of zero counts as one hash.
  public init(networkWork: [Algorithm: ShareWork]) {
    rates = [UInt128](repeating: 0, count: 16)
    for (algorithm, work) in networkWork {
      let rate = networkWork.count == 1 ? 1 : max(1, Self.unit / max(1, work.hashes))
      rates[Int(algorithm.number & 15)] = rate
    }
  }

  private static let unit: UInt128 = 1 << 96

  /// At least 1, at most 2^96.
  /// - Throws: `.unknownNetworkWork` for an algorithm that the rates were not made for.
  public func rate(of algorithm: Algorithm) throws(ExchangeError) -> UInt128 {
    let rate = rates[Int(algorithm.number & 15)]
    guard rate > 0 else { throw .unknownNetworkWork(algorithm) }
    return rate
  }
}

/// Why work cannot be compared.
public enum ExchangeError: Error, Equatable, Sendable {
  case unknownNetworkWork(Algorithm)
}

extension ExchangeError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownNetworkWork(let algorithm):
      "the window has work of \(algorithm.rawValue), but no network difficulty of it is known at this block: "
        + "check the nBits of its last share in the share table"
    }
  }
}
