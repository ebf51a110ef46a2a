/// What a job asks to be hashed. Immutable, shared by every session and thread that mines it.
public final class Work: Sendable {
  public enum Content: Equatable, Sendable, Codable {
    case bitcoin(BitcoinWork)
    case kawpow(KawPowWork)
  }

  public let content: Content
  public let nBits: UInt32
  /// From `nBits`; the hardest possible when `nBits` is malformed, so that nothing counts as a block by mistake.
  public let networkTarget: Target
  /// Block height where the source knows it (the local pool does; an upstream's is in its coinbase).
  public let height: UInt32?

  public init(_ content: Content, nBits: UInt32, height: UInt32? = nil) {
    self.content = content
    self.nBits = nBits
    self.height = height
    do throws(Target.CompactError) {
      networkTarget = try Target(nBits: nBits)
    } catch {
      networkTarget = Target(.zero)
    }
  }

  public convenience init(
    previousBlock: Hash256, coinbase1: [UInt8], coinbase2: [UInt8], merkleBranches: [Hash256],
    version: UInt32, nBits: UInt32, nTime: UnixTime, height: UInt32? = nil
  ) {
    let work = BitcoinWork(
      previousBlock: previousBlock, coinbase1: coinbase1, coinbase2: coinbase2, merkleBranches: merkleBranches,
      version: version, nTime: nTime)
    self.init(.bitcoin(work), nBits: nBits, height: height)
  }

  public convenience init(_ kawpow: KawPowWork, nBits: UInt32) {
    self.init(.kawpow(kawpow), nBits: nBits, height: kawpow.height)
  }

  public var bitcoin: BitcoinWork? { if case .bitcoin(let work) = content { work } else { nil } }
  public var kawpow: KawPowWork? { if case .kawpow(let work) = content { work } else { nil } }
}

/// Everything of a block but extranonce, nTime, nonce and version bits.
///
/// coinbase = `coinbase1 ‖ extranonce1 ‖ extranonce2 ‖ coinbase2`.
/// Source: `reference` stratum V1, `mining.notify`.
public struct BitcoinWork: Equatable, Sendable {
  /// Hash of the block below, in internal (header) order.
  public var previousBlock: Hash256
  public var coinbase1: [UInt8]
  public var coinbase2: [UInt8]
  /// Siblings from the coinbase up to the root, at most 32, in internal order.
  public var merkleBranches: [Hash256]
  public var version: UInt32
  public var nTime: UnixTime

  public init(
    previousBlock: Hash256, coinbase1: [UInt8], coinbase2: [UInt8], merkleBranches: [Hash256], version: UInt32,
    nTime: UnixTime
  ) {
    self.previousBlock = previousBlock
    self.coinbase1 = coinbase1
    self.coinbase2 = coinbase2
    self.merkleBranches = merkleBranches
    self.version = version
    self.nTime = nTime
  }
}

/// A block that lacks only its 64-bit nonce and mix hash. Everything else, time included, is in the header hash.
///
/// Source: KawPow as Ravencoin has it, `CKAWPOWInput`.
public struct KawPowWork: Equatable, Sendable, Codable {
  /// `bytes` are those of the wire, first digit first (the reverse of what a node stores).
  public var headerHash: Hash256
  /// Names the epoch: the Keccak-256 of 32 zero bytes, as often as epochs went by. In the order of the wire.
  public var seedHash: Hash256
  /// Decides the epoch and the program.
  public var height: UInt32

  public init(headerHash: Hash256, seedHash: Hash256, height: UInt32) {
    self.headerHash = headerHash
    self.seedHash = seedHash
    self.height = height
  }
}

/// The hashes that the protocol itself needs, given from above: `Stratum` links no crypto.
public protocol HashFunctions: Sendable {
  /// SHA-256 applied twice.
  func sha256d(_ bytes: UnsafeRawBufferPointer) -> Hash256
  /// The proof-of-work hash of an 80-byte header. Not for KawPow, which has `claimedHash`.
  func proofOfWork(_ algorithm: Algorithm, header: UnsafeRawBufferPointer) -> Hash256
  /// The final hash that a KawPow share has if its mix hash is what the miner says: microseconds, where the mix takes
  /// milliseconds. As a number it is read big-endian, so that targets and `displayHex` are right.
  func claimedHash(_ proof: KawPowProof) -> Hash256
}
