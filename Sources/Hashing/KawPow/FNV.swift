/// The mixing step of Ethash and ProgPoW: the FNV hashes, a whole word at a time.
///
/// Source: Ethereum yellow paper, appendix J; EIP-1057.
enum FNV {
  static let prime: UInt32 = 0x0100_0193
  static let offsetBasis: UInt32 = 0x811c_9dc5

  /// FNV-1: multiply, then exclusive or.
  @inline(__always)
  static func one(_ u: UInt32, _ v: UInt32) -> UInt32 { (u &* prime) ^ v }

  /// FNV-1a: exclusive or, then multiply.
  @inline(__always)
  static func oneA(_ u: UInt32, _ v: UInt32) -> UInt32 { (u ^ v) &* prime }
}
