import Stratum

/// KawPow: ProgPoW 0.9.4 with Ravencoin's padding words and epoch length.
///
/// `header` and `mix` are values whose `bytes` are those that jobs and shares print. A *final hash* is a number with
/// its most significant byte first, as targets are: it is printed by `displayHex`, and its `bytes` are those that are
/// printed in reverse order.
///
/// Source: EIP-1057; Ravencoin's chain, of which the tests have vectors.
public enum KawPow {
  /// Heights in a row that share a program.
  public static let periodLength: UInt32 = 3

  /// The final hash of a share as if its mix were right: under a microsecond, and needs no cache. When it does not
  /// meet the target, the mix need not be computed.
  ///
  /// - Returns: a number (see above): `target.isMet(by:)` and `displayHex` are right as they are.
  public static func finalHash(header: Hash256, nonce: UInt64, mix: Hash256) -> Hash256 {
    KawPowSeed(header: header, nonce: nonce).finalHash(mix: mix)
  }

  /// The mix that belongs to a nonce, and the final hash. Some milliseconds.
  ///
  /// `cache` is that of the height's epoch: another one is a broken promise, which stops the process.
  public static func hash(
    header: Hash256, nonce: UInt64, height: UInt32, cache: KawPowCache
  ) -> (mix: Hash256, final: Hash256) {
    KawPowSearch(header: header, height: height, cache: cache).hash(nonce: nonce)
  }

  /// Whether `mix` is the one that belongs to the nonce. Some milliseconds: check `finalHash` first.
  public static func verify(
    header: Hash256, nonce: UInt64, mix: Hash256, height: UInt32, cache: KawPowCache
  ) -> Bool {
    hash(header: header, nonce: nonce, height: height, cache: cache).mix == mix
  }
}

/// What a header and a nonce become before the mix: the first eight words of Keccak-f[800].
struct KawPowSeed {
  private let s: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32)

  init(header: Hash256, nonce: UInt64) {
    let h = header.number
    s = Keccak.f800(
      Self.low(h.l0), Self.high(h.l0), Self.low(h.l1), Self.high(h.l1),
      Self.low(h.l2), Self.high(h.l2), Self.low(h.l3), Self.high(h.l3),
      Self.low(nonce), Self.high(nonce),
      // "rAVENCOINKAWPOW", a letter a word; the first is small on the chain.
      0x72, 0x41, 0x56, 0x45, 0x4e, 0x43, 0x4f, 0x49, 0x4e, 0x4b, 0x41, 0x57, 0x50, 0x4f, 0x57)
  }

  /// What the first mix is made of.
  var mixSeed: (UInt32, UInt32) { (s.0, s.1) }

  func finalHash(mix: Hash256) -> Hash256 {
    let m = mix.number
    let hash = Keccak.f800(
      s.0, s.1, s.2, s.3, s.4, s.5, s.6, s.7,
      Self.low(m.l0), Self.high(m.l0), Self.low(m.l1), Self.high(m.l1),
      Self.low(m.l2), Self.high(m.l2), Self.low(m.l3), Self.high(m.l3),
      // "rAVENCOIN".
      0x72, 0x41, 0x56, 0x45, 0x4e, 0x43, 0x4f, 0x49, 0x4e)
    let limb = { (first: UInt32, second: UInt32) in UInt64(first.byteSwapped) &<< 32 | UInt64(second.byteSwapped) }
    return Hash256(
      number: UInt256(
        limb(hash.0, hash.1), limb(hash.2, hash.3), limb(hash.4, hash.5), limb(hash.6, hash.7)))
  }

  @inline(__always)
  private static func low(_ x: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: x) }
  @inline(__always)
  private static func high(_ x: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: x &>> 32) }
}
