import Stratum

/// The rules of one embedded chain. Two chains with different rules need different network names: blocks of one are
/// refused by the other.
public struct ChainParameters: Sendable, Equatable {
  /// Decides the genesis block.
  public var network: String
  /// In order of their numbers in a block's version bits.
  public var algorithms: [Algorithm]
  /// New money per block, at most 2^31 atomic units, so that no balance can overflow within 2^32 blocks.
  public let reward: AtomicUnits
  /// What the chain aims at between two blocks, over all algorithms together.
  public var blockSeconds: UInt32
  /// Confirmations at which a reward counts as spendable.
  public var maturity: UInt32
  /// A longer serialised block is refused.
  public var sizeLimit: Int
  /// Blocks that fork off deeper than this below the tip are refused.
  public var maximumReorganisation: UInt32

  public init(
    network: String = "zion-dev", algorithms: [Algorithm] = Algorithm.allCases,
    reward: AtomicUnits = AtomicUnits(50_000_000), blockSeconds: UInt32 = 120, maturity: UInt32 = 10,
    sizeLimit: Int = 100_000, maximumReorganisation: UInt32 = 50
  ) {
    self.network = network
    self.algorithms = algorithms
    self.reward = AtomicUnits(max(0, min(reward.value, 1 << 31)))
    self.blockSeconds = max(1, blockSeconds)
    self.maturity = max(1, maturity)
    self.sizeLimit = sizeLimit
    self.maximumReorganisation = maximumReorganisation
  }

  /// 2025-10-10 00:00:00 UTC.
  static let genesisTime = UnixTime(seconds: 1_760_054_400)

  /// The first block: nobody mined it and nobody is paid.
  func genesis(using hashes: any HashFunctions) -> BlockHeader {
    let root = Array("ZION \(network) 2025-10-10".utf8).withUnsafeBytes { hashes.sha256d($0) }
    return BlockHeader(
      version: 0x2000_0000, previousBlock: .zero, merkleRoot: root, nTime: Self.genesisTime, nBits: 0x207f_ffff,
      nonce: 0)
  }
}

extension Algorithm {
  /// The easiest target of the embedded chain: about a second of one core.
  var easiestChainTarget: Target {
    let hashesLog2 =
      switch self {
      case .sha256d: 22
      case .cosmicHarmony: 18
      case .scrypt, .yescrypt, .yescryptR8: 10
      case .yescryptR16, .yespower, .yespowerR16: 8
      case .yescryptR32: 7
      // Without the DAG, as `zion mine` does it.
      case .kawpow: 7
      }
    return Target(UInt256(1) &<< (256 - hashesLog2))
  }

  /// The algorithm's number in bits 8 to 11 of a block's version, which no miner may roll (BIP 320 gives 13 to 28).
  var chainVersion: UInt32 { 0x2000_0000 | UInt32(number) << 8 }

  init?(chainVersion version: UInt32) { self.init(number: UInt8(version >> 8 & 15)) }
}

extension UInt256 {
  /// The low 256 bits of the product with a word, and whether there was more.
  func multipliedReportingOverflow(by factor: UInt64) -> (partialValue: UInt256, overflow: Bool) {
    var result = UInt256.zero
    var carry: UInt64 = 0
    func step(_ limb: UInt64) -> UInt64 {
      let (high, low) = limb.multipliedFullWidth(by: factor)
      let (sum, overflow) = low.addingReportingOverflow(carry)
      carry = high &+ (overflow ? 1 : 0)
      return sum
    }
    result.l0 = step(l0)
    result.l1 = step(l1)
    result.l2 = step(l2)
    result.l3 = step(l3)
    return (result, carry != 0)
  }
}
