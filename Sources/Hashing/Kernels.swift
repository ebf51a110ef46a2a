import Stratum

/// The proof-of-work hashes. Holds nothing: any thread may use any copy.
public struct Kernels: HashFunctions, Sendable {
  public init() {}

  public func sha256d(_ bytes: UnsafeRawBufferPointer) -> Hash256 { SHA256.doubleHash(bytes) }

  /// `header` has 80 bytes. Of `scrypt` this takes 128 KiB for the length of the call; whoever hashes many headers
  /// keeps a `ScryptScratch` instead.
  public func proofOfWork(_ algorithm: Algorithm, header: UnsafeRawBufferPointer) -> Hash256 {
    precondition(header.count == BlockHeader.byteCount, "a header has 80 bytes")
    let nonce = UInt32(littleEndian: header.loadUnaligned(fromByteOffset: 76, as: UInt32.self))
    switch algorithm {
    case .sha256d:
      var midstate = SHA256dMidstate(header: header)
      return midstate.hash(nonce: nonce)
    case .scrypt: return ScryptScratch().hash(header: header)
    case .cosmicHarmony: return CosmicHarmony.hash(noncedMessage: header, nonce: nonce)
    }
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

/// The 128 KiB that one thread needs to compute scrypt hashes without asking for memory each time.
public final class ScryptScratch {
  private let table = UnsafeMutableRawPointer.allocate(
    byteCount: Scrypt.iterations * Scrypt.blockByteCount, alignment: 64)

  public init() {}

  deinit { table.deallocate() }

  /// A block header has 80 bytes; any other length is hashed as well.
  public func hash(header: UnsafeRawBufferPointer) -> Hash256 { Scrypt.hash(header: header, table: table) }
}
