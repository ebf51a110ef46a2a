import Stratum

/// A run of 7,500 heights that share one light cache and one dataset.
///
/// Source: Ethereum yellow paper, appendix J; the epoch's length is Ravencoin's.
public struct KawPowEpoch: Hashable, Sendable, Comparable {
  public let number: UInt32

  public static let length: UInt32 = 7500
  /// No chain is there before the year 2160, and its cache is still only 1.3 GB.
  public static let highestNumber: UInt32 = 10_000

  /// `nil` above `highestNumber`: a height comes from a peer, and the memory that an epoch takes grows with it.
  public init?(number: UInt32) {
    guard number <= Self.highestNumber else { return nil }
    self.number = number
  }

  /// The epoch of a block; `nil` above the last height of the highest epoch.
  public init?(height: UInt32) { self.init(number: height / Self.length) }

  public var firstHeight: UInt32 { number * Self.length }
  public var lastHeight: UInt32 { firstHeight + (Self.length - 1) }

  public static func < (a: KawPowEpoch, b: KawPowEpoch) -> Bool { a.number < b.number }

  /// Keccak-256 applied `number` times to 32 zero bytes, its `bytes` being those that are printed.
  ///
  /// Costs 0.3 µs times `number`: a `KawPowCache` keeps its own.
  public var seedHash: Hash256 {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { seed in
      guard let base = seed.baseAddress else { preconditionFailure("32 bytes were allocated") }
      base.initializeMemory(as: UInt64.self, repeating: 0, count: 4)
      for _ in 0..<number { EthashKeccak.hash256(inPlace: base) }
      return Hash256(at: base)
    }
  }

  /// Items of 64 bytes in the light cache: 16 MiB and 128 KiB more each epoch, down to a prime. Costs some 10 µs.
  public var lightCacheItemCount: UInt32 { Self.largestPrime(notAbove: 1 << 18 + number << 11) }

  /// Items of 128 bytes in the dataset: 1 GiB and 8 MiB more each epoch, down to a prime. Costs some 50 µs.
  public var datasetItemCount: UInt32 { Self.largestPrime(notAbove: 1 << 23 + number << 16) }

  /// `bound` is even and above 2.
  private static func largestPrime(notAbove bound: UInt32) -> UInt32 {
    var candidate = bound - 1
    while !isPrime(odd: candidate) { candidate -= 2 }
    return candidate
  }

  private static func isPrime(odd number: UInt32) -> Bool {
    var divisor: UInt32 = 3
    while UInt64(divisor) * UInt64(divisor) <= UInt64(number) {
      if number % divisor == 0 { return false }
      divisor += 2
    }
    return true
  }
}
