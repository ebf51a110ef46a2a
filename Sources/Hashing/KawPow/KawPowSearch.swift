import Stratum

/// Hashes nonces of one header, keeping the program that they share. Any thread may use any copy.
public struct KawPowSearch: Sendable {
  /// A nonce, the mix that belongs to it, and its final hash.
  public struct Found: Equatable, Sendable {
    public let nonce: UInt64
    public let mix: Hash256
    public let hash: Hash256
  }

  private let header: Hash256
  private let program: KawPowProgram
  private let cache: KawPowCache

  /// `header` as in `KawPow`; `cache` is that of the height's epoch: another one stops the process.
  public init(header: Hash256, height: UInt32, cache: KawPowCache) {
    precondition(height / KawPowEpoch.length == cache.epoch.number, "the cache is another epoch's")
    self.header = header
    self.cache = cache
    program = KawPowProgram(period: height / KawPow.periodLength)
  }

  /// The mix in the order in which it is printed, and the final hash as a number: see `KawPow`.
  public func hash(nonce: UInt64) -> (mix: Hash256, final: Hash256) { hashes(of: [nonce])[0] }

  /// The lowest nonce of `nonces` whose final hash meets the target; `nil` when none does. Returns only then: the
  /// range bounds how long the caller waits, at some milliseconds a nonce.
  public func first(in nonces: Range<UInt64>, meeting target: Target) -> Found? {
    var rest = nonces
    while !rest.isEmpty {
      let batch = rest.prefix(KawPow.batchSize)
      for (nonce, (mix, final)) in zip(batch, hashes(of: batch)) where target.isMet(by: final) {
        return Found(nonce: nonce, mix: mix, hash: final)
      }
      rest = batch.upperBound..<nonces.upperBound
    }
    return nil
  }

  private func hashes(of nonces: some Collection<UInt64>) -> [(mix: Hash256, final: Hash256)] {
    KawPow.hashes(
      seeds: nonces.map { KawPowSeed(header: header, nonce: $0) }[...],
      programs: [KawPowProgram](repeating: program, count: nonces.count)[...], cache: cache)
  }
}
