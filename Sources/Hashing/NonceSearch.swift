import Stratum

/// Searches the nonces of one header, keeping what does not change between two of them.
///
/// Owns its scratch memory: for one thread at a time.
public struct NonceSearch {
  /// A nonce and the hash that it gives.
  public struct Found: Equatable, Sendable {
    public let nonce: UInt32
    public let hash: Hash256

    public init(nonce: UInt32, hash: Hash256) {
      self.nonce = nonce
      self.hash = hash
    }
  }

  /// All the nonces that there are.
  public static let everyNonce: Range<UInt64> = 0..<(1 << 32)

  private let target: Target
  private var kernel: Kernel

  private enum Kernel {
    case sha256d(SHA256dMidstate)
    /// Nothing of it can be kept between two nonces.
    case heavy(Algorithm, BlockHeader, HashScratch)
    case cosmicHarmony(CosmicHarmonyMidstate)
  }

  /// For all algorithms but KawPow, which has `KawPowSearch`. `scratch` is for heavy ones: pass the same one to every search of a thread.
  public init(algorithm: Algorithm, header: BlockHeader, target: Target, scratch: HashScratch? = nil) {
    self.target = target
    kernel =
      switch algorithm {
      case .sha256d: .sha256d(header.withBytes { SHA256dMidstate(header: $0) })
      case .cosmicHarmony: .cosmicHarmony(header.withBytes { CosmicHarmonyMidstate(header: $0) })
      case .scrypt, .yescrypt, .yescryptR8, .yescryptR16, .yescryptR32, .yespower, .yespowerR16:
        .heavy(algorithm, header, scratch ?? HashScratch())
      case .kawpow: preconditionFailure("KawPow has a search of its own")
      }
  }

  /// The lowest nonce of `nonces` whose hash meets the target; `nil` when none does. Returns only then: the range
  /// bounds how long the caller waits. To go on after a find, search from the nonce above it.
  public mutating func first(in nonces: Range<UInt64>) -> Found? {
    let nonces = nonces.clamped(to: Self.everyNonce)
    switch kernel {
    case .sha256d(var midstate):
      return midstate.first(in: nonces, meeting: target)
    case .heavy(let algorithm, var header, let scratch):
      let kernels = Kernels()
      for nonce in nonces {
        header.nonce = UInt32(truncatingIfNeeded: nonce)
        let hash = header.withBytes { kernels.proofOfWork(algorithm, header: $0, scratch: scratch) }
        if target.isMet(by: hash) { return Found(nonce: header.nonce, hash: hash) }
      }
      return nil
    case .cosmicHarmony(let midstate):
      return midstate.first(in: nonces, meeting: target)
    }
  }
}
