/// What a job asks to be hashed: everything of a block but extranonce, nTime, nonce and version bits. Immutable,
/// shared by every session and thread that mines it.
///
/// coinbase = `coinbase1 ‖ extranonce1 ‖ extranonce2 ‖ coinbase2`.
/// Source: `reference` stratum V1, `mining.notify`.
public final class Work: Sendable {
  /// Hash of the block below, in internal (header) order.
  public let previousBlock: Hash256
  public let coinbase1: [UInt8]
  public let coinbase2: [UInt8]
  /// Siblings from the coinbase up to the root, at most 32, in internal order.
  public let merkleBranches: [Hash256]
  public let version: UInt32
  public let nBits: UInt32
  public let nTime: UnixTime
  /// From `nBits`; the hardest possible when `nBits` is malformed, so that nothing counts as a block by mistake.
  public let networkTarget: Target
  /// Block height where the source knows it (the local pool does; an upstream's is in its coinbase).
  public let height: UInt32?

  public init(
    previousBlock: Hash256, coinbase1: [UInt8], coinbase2: [UInt8], merkleBranches: [Hash256],
    version: UInt32, nBits: UInt32, nTime: UnixTime, height: UInt32? = nil
  ) {
    self.previousBlock = previousBlock
    self.coinbase1 = coinbase1
    self.coinbase2 = coinbase2
    self.merkleBranches = merkleBranches
    self.version = version
    self.nBits = nBits
    self.nTime = nTime
    self.height = height
    do throws(Target.CompactError) {
      networkTarget = try Target(nBits: nBits)
    } catch {
      networkTarget = Target(.zero)
    }
  }
}

/// The hashes that the protocol itself needs, given from above: `Stratum` links no crypto.
public protocol HashFunctions: Sendable {
  /// SHA-256 applied twice.
  func sha256d(_ bytes: UnsafeRawBufferPointer) -> Hash256
  /// The proof-of-work hash of an 80-byte header.
  func proofOfWork(_ algorithm: Algorithm, header: UnsafeRawBufferPointer) -> Hash256
}
