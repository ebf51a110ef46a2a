import Foundation
import Stratum
import Testing

@testable import Hashing

extension HeavyHashes {
  /// Digests computed by other implementations (Python's hashlib and blake3, and the original C++).
  struct VectorTests {
    private struct HeaderVector: Decodable {
      let header: String
      let hash: String
    }

    private struct ScryptVectors: Decodable {
      let cases: [HeaderVector]
    }

    struct CosmicVector: Decodable, Sendable {
      let input: String
      let nonce: UInt32
      let blake3: String
      let sha3_256: String
      let sha3_512: String
      let golden_matrix: String
      let harmony_factor: String
      let hash: String
    }

    @Test func `sha256d gives the known hash of every header`() throws {
      let vectors = try load([HeaderVector].self, from: "sha256d")
      #expect(vectors.count > 1)
      for vector in vectors {
        let header = try #require(Hex.decode(vector.header))
        #expect(header.withUnsafeBytes { Kernels().proofOfWork(.sha256d, header: $0).bytes } == Hex.decode(vector.hash))
      }
    }

    @Test func `scrypt gives the known hash of every header, with and without a scratch`() throws {
      let vectors = try load(ScryptVectors.self, from: "scrypt").cases
      #expect(vectors.count > 1)
      let scratch = HashScratch()
      for vector in vectors {
        let header = try #require(Hex.decode(vector.header))
        #expect(header.withUnsafeBytes { Kernels().proofOfWork(.scrypt, header: $0).bytes } == Hex.decode(vector.hash))
        let hash = header.withUnsafeBytes { Kernels().proofOfWork(.scrypt, header: $0, scratch: scratch) }
        #expect(hash.bytes == Hex.decode(vector.hash))
      }
    }

    @Test func `every stage of Cosmic Harmony gives what the original gives`() throws {
      let vectors = try load([CosmicVector].self, from: "cosmic_harmony")
      #expect(vectors.count > 1)
      for vector in vectors {
        let input = try #require(Hex.decode(vector.input))
        let message = input + littleEndian(vector.nonce)
        let first = message.withUnsafeBytes { BLAKE3.hash($0) }
        let stages = CosmicHarmony.Stages(first: first, nonce: vector.nonce)
        #expect(Hex.encode(stages.blake3.littleEndianBytes) == vector.blake3)
        #expect(Hex.encode(stages.sha3_256.littleEndianBytes) == vector.sha3_256)
        #expect(Hex.encode(bytes(stages.sha3_512)) == vector.sha3_512)
        #expect(Hex.encode(bytes(stages.matrix)) == vector.golden_matrix)
        #expect(Hex.encode(littleEndian(stages.harmonyFactor).reversed()) == vector.harmony_factor)
        #expect(Hex.encode(stages.hash.bytes) == vector.hash)
        #expect(Hex.encode(cosmicHarmony(input: input, nonce: vector.nonce).bytes) == vector.hash)
      }
    }

    @Test func `a header is its first 76 bytes and its nonce to Cosmic Harmony`() throws {
      let vectors = try load([CosmicVector].self, from: "cosmic_harmony").filter { $0.input.count == 152 }
      #expect(!vectors.isEmpty)
      for vector in vectors {
        let header = try #require(Hex.decode(vector.input)) + littleEndian(vector.nonce)
        let hash = header.withUnsafeBytes { Kernels().proofOfWork(.cosmicHarmony, header: $0) }
        #expect(Hex.encode(hash.bytes) == vector.hash)
      }
    }

    private func load<T: Decodable>(_ type: T.Type, from name: String) throws -> T {
      let url = try #require(Bundle.module.url(forResource: name, withExtension: "json", subdirectory: "Vectors"))
      return try JSONDecoder().decode(type, from: Data(contentsOf: url))
    }

    private func bytes(_ words: SHA3.Words) -> [UInt8] {
      withUnsafeBytes(of: words) { Array($0) }
    }

    private func littleEndian(_ word: UInt32) -> [UInt8] {
      (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
    }
  }
}
