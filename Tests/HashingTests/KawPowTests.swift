import Foundation
import Stratum
import Testing

@testable import Hashing

extension HeavyHashes {
  /// Blocks and test vectors of Ravencoin's own implementation.
  struct KawPowTests {
    struct Vector: Decodable, Sendable {
      let height: UInt32
      let header_hash: String
      let nonce: String
      let seed_hash: String
      let mix_hash: String
      let final_hash: String

      var input: KawPowInput? {
        guard let header = Hex.decode(header_hash).flatMap({ Hash256(bytes: $0) }), let nonce = UInt64(nonce, radix: 16)
        else { return nil }
        return KawPowInput(header: header, nonce: nonce, height: height)
      }
    }

    private struct Vectors: Decodable {
      let cases: [Vector]
    }

    /// Of epoch 0, for every test that needs one.
    static let cache = KawPowEpoch(number: 0).flatMap { build($0) }

    static func build(_ epoch: KawPowEpoch) -> KawPowCache? {
      KawPowCache.build(epoch, isCancelled: { false }, progress: { _ in })
    }

    static func vectors() throws -> [Vector] {
      let url = try #require(Bundle.module.url(forResource: "kawpow", withExtension: "json", subdirectory: "Vectors"))
      return try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url)).cases
    }

    @Test func `every vector has its mix, its final hash and its seed, alone and side by side`() throws {
      let vectors = try Self.vectors()
      #expect(vectors.count > 1)
      for (number, vectors) in Dictionary(grouping: vectors, by: { $0.height / KawPowEpoch.length }) {
        let epoch = try #require(KawPowEpoch(number: number))
        let cache = try #require(number == 0 ? Self.cache : Self.build(epoch))
        let inputs = try vectors.map { try #require($0.input) }
        let together = KawPow.hashes(of: inputs, cache: cache)
        for (vector, (input, hash)) in zip(vectors, zip(inputs, together)) {
          #expect(Hex.encode(hash.mix.bytes) == vector.mix_hash)
          #expect(hash.final.displayHex == vector.final_hash)
          #expect(Hex.encode(cache.seedHash.bytes) == vector.seed_hash)
          #expect(KawPow.finalHash(header: input.header, nonce: input.nonce, mix: hash.mix) == hash.final)
          let alone = KawPow.hash(header: input.header, nonce: input.nonce, height: input.height, cache: cache)
          #expect(alone == hash)
        }
      }
    }

    @Test func `a share verifies, and not with another mix, nonce, header or period`() throws {
      let cache = try #require(Self.cache)
      let input = try #require(Self.vectors()[0].input)
      let mix = KawPow.hash(header: input.header, nonce: input.nonce, height: input.height, cache: cache).mix
      let verify = { (header: Hash256, nonce: UInt64, mix: Hash256, height: UInt32) in
        KawPow.verify(header: header, nonce: nonce, mix: mix, height: height, cache: cache)
      }
      var wrong = mix
      wrong.number.l3 ^= 1 << 63
      #expect(verify(input.header, input.nonce, mix, 0))
      // Three heights share a program.
      #expect(verify(input.header, input.nonce, mix, 2))
      #expect(!verify(input.header, input.nonce, mix, 3))
      #expect(!verify(input.header, input.nonce, wrong, 0))
      #expect(!verify(input.header, input.nonce + 1, mix, 0))
      #expect(!verify(wrong, input.nonce, mix, 0))
    }

    @Test func `a final hash is a number whose first printed byte is the most significant`() throws {
      let vector = try #require(Self.vectors().first)
      let input = try #require(vector.input)
      let mix = try #require(Hex.decode(vector.mix_hash).flatMap { Hash256(bytes: $0) })
      let hash = KawPow.finalHash(header: input.header, nonce: input.nonce, mix: mix)
      let printed = try #require(UInt256(hex: vector.final_hash))
      #expect(hash.bytes == Hex.decode(vector.final_hash)?.reversed())
      #expect(Target(printed).isMet(by: hash))
      #expect(!Target(printed &- UInt256(1)).isMet(by: hash))
    }

    @Test func `the search finds the nonces that hashing every nonce finds`() throws {
      let header = try #require(Self.vectors()[1].input).header
      let search = KawPowSearch(header: header, height: 5, cache: try #require(Self.cache))
      // One in four hashes. The range is no multiple of what goes side by side, and crosses 32 bits.
      let target = Target(UInt256(0x3fff_ffff_ffff_ffff, .max, .max, .max))
      let range = UInt64(0xffff_fff8)..<0x1_0000_000d
      let expected = range.filter { target.isMet(by: search.hash(nonce: $0).final) }
      var found: [UInt64] = []
      var rest = range
      while let next = search.first(in: rest, meeting: target) {
        #expect((next.mix, next.hash) == search.hash(nonce: next.nonce))
        found.append(next.nonce)
        rest = (next.nonce + 1)..<range.upperBound
      }
      #expect(found == expected)
      #expect(!found.isEmpty)
    }

    @Test func `nothing hashes to nothing`() throws {
      #expect(KawPow.hashes(of: [], cache: try #require(Self.cache)).isEmpty)
    }
  }
}

struct KawPowEpochTests {
  /// From Ethash's published tables of sizes: epochs of KawPow grow alike.
  @Test(arguments: [
    (0, 16_776_896, 1_073_739_904), (1, 16_907_456, 1_082_130_304), (2, 17_039_296, 1_090_514_816),
    (3, 17_170_112, 1_098_906_752),
  ])
  func `sizes are those that are published`(number: UInt32, cacheByteCount: Int, datasetByteCount: Int) throws {
    let epoch = try #require(KawPowEpoch(number: number))
    #expect(Int(epoch.lightCacheItemCount) * 64 == cacheByteCount)
    #expect(Int(epoch.datasetItemCount) * 128 == datasetByteCount)
  }

  @Test func `an epoch has 7,500 heights, and none is beyond the highest`() throws {
    let epoch = try #require(KawPowEpoch(height: 7500))
    #expect(epoch.number == 1)
    #expect(epoch.firstHeight == 7500)
    #expect(epoch.lastHeight == 14999)
    #expect(KawPowEpoch(height: 14999) == epoch)
    #expect(try #require(KawPowEpoch(height: 7499)) < epoch)
    let last = try #require(KawPowEpoch(number: KawPowEpoch.highestNumber))
    #expect(KawPowEpoch(height: last.lastHeight) == last)
    #expect(KawPowEpoch(height: last.lastHeight + 1) == nil)
    #expect(KawPowEpoch(height: .max) == nil)
    // All items of 64 bytes in the largest dataset have a number of 32 bits.
    #expect(last.datasetItemCount <= .max / 2)
  }

  @Test func `a build that is cancelled gives nothing, and one that is not tells how far it is`() throws {
    let epoch = try #require(KawPowEpoch(number: 0))
    var asked = 0
    let cancelled = KawPowCache.build(epoch) {
      asked += 1
      return asked > 3
    } progress: { _ in
    }
    #expect(cancelled == nil)
    var fractions: [Double] = []
    #expect(KawPowCache.build(epoch, isCancelled: { false }, progress: { fractions.append($0) }) != nil)
    #expect(fractions == fractions.sorted())
    #expect(fractions.last == 1)
  }
}

struct ReciprocalTests {
  @Test func `the remainder by multiplication is the remainder`() {
    var divisors: [UInt32] = [2, 3, 5, 7, 63, 64, 65, 262_139, 1_198_073, 20_742_143, .max - 1, .max]
    for shift in UInt32(1)..<32 { divisors += [(1 << shift) + 1, max(2, (1 << shift) - 1), 1 << shift] }
    var state: UInt32 = 1
    for divisor in divisors {
      let reciprocal = Reciprocal(of: divisor)
      var dividends: [UInt32] = [0, 1, 2, .max, .max - 1, divisor, divisor - 1, divisor &+ 1]
      let most = UInt32.max / divisor
      for factor in [1, 2, 3, most / 2, most &- 1, most] {
        dividends += [factor &* divisor, factor &* divisor &- 1, factor &* divisor &+ 1]
      }
      for _ in 0..<2000 {
        state = state &* 1_664_525 &+ 1_013_904_223
        dividends.append(state)
      }
      #expect(dividends.allSatisfy { reciprocal.remainder(of: $0) == $0 % divisor }, "divisor \(divisor)")
    }
  }

  @Test func `the remainder is right for the item counts of every epoch`() throws {
    var state: UInt32 = 7
    for number in stride(from: UInt32(0), through: KawPowEpoch.highestNumber, by: 97) {
      let count = try #require(KawPowEpoch(number: number)).lightCacheItemCount
      let reciprocal = Reciprocal(of: count)
      for _ in 0..<200 {
        state = state &* 1_664_525 &+ 1_013_904_223
        let near = state / count * count
        for dividend in [state, near, near &- 1, UInt32.max - state % 8] {
          #expect(reciprocal.remainder(of: dividend) == dividend % count)
        }
      }
    }
  }
}
