import Stratum

/// The proof-of-work hashes. Holds nothing: any thread may use any copy.
public struct Kernels: HashFunctions, Sendable {
  public init() {}

  public func sha256d(_ bytes: UnsafeRawBufferPointer) -> Hash256 { SHA256.doubleHash(bytes) }

  /// `header` has 80 bytes. Takes the memory that the algorithm needs for the length of the call; whoever hashes many
  /// headers gives its own `HashScratch` with them.
  public func proofOfWork(_ algorithm: Algorithm, header: UnsafeRawBufferPointer) -> Hash256 {
    proofOfWork(algorithm, header: header, scratch: HashScratch())
  }

  /// `header` has 80 bytes; `scratch` belongs to the calling thread.
  public func proofOfWork(_ algorithm: Algorithm, header: UnsafeRawBufferPointer, scratch: HashScratch) -> Hash256 {
    precondition(header.count == BlockHeader.byteCount, "a header has 80 bytes")
    let nonce = UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 76, as: UInt32.self))
    if let parameters = YespowerParameters(algorithm) { return Yespower.hash(header, parameters, scratch: scratch) }
    switch algorithm {
    case .sha256d: return SHA256.doubleHash(header)
    case .scrypt: return Scrypt.hash(header, scratch: scratch)
    case .cosmicHarmony: return CosmicHarmony.hash(noncedMessage: header, nonce: nonce)
    case .yescrypt, .yescryptR8, .yescryptR16, .yescryptR32, .yespower, .yespowerR16, .kawpow:
      preconditionFailure("yespower was dealt with above, and KawPow is no hash of a header: see KawPow")
    }
  }

  public func claimedHash(_ proof: KawPowProof) -> Hash256 {
    KawPow.finalHash(header: proof.headerHash, nonce: proof.nonce, mix: proof.mixHash)
  }

  /// yespower or yescrypt of any input; `scratch` belongs to the calling thread.
  public func yespower(
    _ input: UnsafeRawBufferPointer, _ parameters: YespowerParameters, scratch: HashScratch
  ) -> Hash256 {
    Yespower.hash(input, parameters, scratch: scratch)
  }

  /// Cosmic Harmony of `input` followed by `nonce`, any length of input.
  public func cosmicHarmony(input: UnsafeRawBufferPointer, nonce: UInt32) -> Hash256 {
    withUnsafeTemporaryAllocation(byteCount: input.count + 4, alignment: 8) { message in
      message.copyMemory(from: input)
      message.storeBytes(of: nonce.littleEndian, toByteOffset: input.count, as: UInt32.self)
      return CosmicHarmony.hash(noncedMessage: UnsafeRawBufferPointer(message), nonce: nonce)
    }
  }
}
