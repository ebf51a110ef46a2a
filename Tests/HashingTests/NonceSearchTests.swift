import Hashing
import Stratum
import Testing

/// Whose proof of work is a hash of the header.
private let ofHeaders = Algorithm.allCases.filter { $0.dialect == .bitcoin }

extension HeavyHashes {
  struct NonceSearchTests {
    /// A header of which every byte counts, different for every seed.
    private func header(seed: UInt8, nonce: UInt32 = 0) throws -> BlockHeader {
      var header = try #require(BlockHeader(bytes: (0..<80).map { UInt8(truncatingIfNeeded: $0) &* 31 &+ seed }))
      header.nonce = nonce
      return header
    }

    private let scratch = HashScratch()

    private func hash(_ algorithm: Algorithm, _ header: BlockHeader) -> Hash256 {
      header.withBytes { Kernels().proofOfWork(algorithm, header: $0, scratch: scratch) }
    }

    @Test(arguments: ofHeaders)
    func `a hash meets the target that it equals and the next one, and not the one below`(algorithm: Algorithm) throws {
      for seed in UInt8(0)..<(algorithm.isHeavy ? 2 : 8) {
        let hash = hash(algorithm, try header(seed: seed))
        let below = hash.number &- UInt256(1)
        let above = hash.number.addingReportingOverflow(UInt256(1)).partialValue
        #expect(Target(hash.number).isMet(by: hash))
        #expect(Target(above).isMet(by: hash))
        #expect(!Target(below).isMet(by: hash))
      }
    }

    @Test(arguments: ofHeaders)
    func `the search finds what hashing every header finds`(algorithm: Algorithm) throws {
      // One in sixteen hashes, so that a short range has several finds and several gaps.
      let target = Target(UInt256(0x0fff_ffff_ffff_ffff, .max, .max, .max))
      let start = UInt64(0x7fff_ff00)
      let range = start..<(start + (algorithm.isHeavy ? 40 : 512))
      for seed in UInt8(0)..<(algorithm.isHeavy ? 1 : 3) {
        var expected: [NonceSearch.Found] = []
        for nonce in range {
          let nonce = UInt32(nonce)
          let hash = hash(algorithm, try header(seed: seed, nonce: nonce))
          if target.isMet(by: hash) { expected.append(NonceSearch.Found(nonce: nonce, hash: hash)) }
        }
        var search = NonceSearch(algorithm: algorithm, header: try header(seed: seed), target: target)
        var found: [NonceSearch.Found] = []
        var rest = range
        while let next = search.first(in: rest) {
          found.append(next)
          rest = (UInt64(next.nonce) + 1)..<range.upperBound
        }
        #expect(found == expected)
        #expect(!found.isEmpty)
      }
    }

    @Test(arguments: ofHeaders)
    func `a search with the hash itself as target finds it, and with the number below does not`(
      algorithm: Algorithm
    ) throws {
      let nonce: UInt32 = 0xfedc_ba98
      let hash = hash(algorithm, try header(seed: 5, nonce: nonce))
      let range = UInt64(nonce)..<(UInt64(nonce) + 1)
      var exact = NonceSearch(algorithm: algorithm, header: try header(seed: 5), target: Target(hash.number))
      let found = exact.first(in: range)
      #expect(found == NonceSearch.Found(nonce: nonce, hash: hash))
      var harder = NonceSearch(
        algorithm: algorithm, header: try header(seed: 5), target: Target(hash.number &- UInt256(1)))
      let none = harder.first(in: range)
      #expect(none == nil)
    }

    @Test func `a search reaches the last nonce and stops there`() throws {
      var search = NonceSearch(algorithm: .sha256d, header: try header(seed: 1), target: .easiest)
      let last = NonceSearch.everyNonce.upperBound - 1
      let found = search.first(in: last..<UInt64.max)
      let beyond = search.first(in: NonceSearch.everyNonce.upperBound..<UInt64.max)
      #expect(found?.nonce == .max)
      #expect(beyond == nil)
    }

    @Test func `the genesis block of Bitcoin is found again`() throws {
      let bytes = try #require(
        Hex.decode(
          "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f61"
            + "7fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d00000000"))
      let header = try #require(BlockHeader(bytes: bytes))
      var search = NonceSearch(algorithm: .sha256d, header: header, target: try Target(nBits: header.nBits))
      let nonce: UInt64 = 2_083_236_893
      let found = search.first(in: (nonce - 20_000)..<(nonce + 20_000))
      #expect(found?.nonce == UInt32(nonce))
      #expect(found?.hash.displayHex == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f")
    }

    @Test(arguments: ofHeaders)
    func `tasks that hash at the same time agree with one that hashes alone`(algorithm: Algorithm) async throws {
      let headers = try (UInt8(0)..<(algorithm.isHeavy ? 8 : 200)).map { try header(seed: $0) }
      let alone = headers.map { hash(algorithm, $0) }
      await withTaskGroup(of: [Hash256].self) { group in
        for _ in 0..<4 {
          group.addTask {
            let scratch = HashScratch()
            return headers.map { header in
              header.withBytes { Kernels().proofOfWork(algorithm, header: $0, scratch: scratch) }
            }
          }
        }
        for await together in group { #expect(together == alone) }
      }
    }
  }
}
