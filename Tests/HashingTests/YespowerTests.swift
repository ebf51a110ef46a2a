import Foundation
import Stratum
import Testing

@testable import Hashing

extension HeavyHashes {
  /// Hashes computed by other implementations: the vectors by yespower's own, the lengths by a translation to C
  /// (Tests/reference-kernels/yespower.c) that agrees with the vectors.
  struct YespowerTests {
    private struct Vectors: Decodable {
      struct Case: Decodable {
        let header: String
        let hash: String
      }

      let version: String
      let rowCount: Int
      let rowSize: Int
      let personalisation: String?
      let cases: [Case]

      enum CodingKeys: String, CodingKey {
        case version, cases
        case rowCount = "N"
        case rowSize = "r"
        case personalisation = "pers"
      }
    }

    struct Variant: Sendable, CustomTestStringConvertible {
      let name: String
      let parameters: YespowerParameters
      /// The hash of the first bytes of `message`, by their number.
      let goldens: [Int: String]

      var testDescription: String { name }
    }

    static let variants = [
      Variant(
        name: "yescrypt", parameters: .yescrypt,
        goldens: [
          0: "4a73af4a4d4b217ac8dd6cda5c11077da9b718f246fa567a39b4679650d467e0",
          1: "c05706f91fbb5e9446151e5e52de70971d7faf9a0fb9e1cb1423aaa1ef424a6e",
          63: "594fb80d760937925d71c0adfaf4f822dea4aeae7a5f263e4f6851141cc645fd",
          64: "7c9aa8bbba1142404f6bad95f699e3ff53f01222b415188d629b106620615271",
          65: "4f93ba0bea333bd46a584105e892ffea81011d78bbd2602cc20e78bdb729a23c",
          80: "f50519b73bbe17997c69f62f9d77ee39d27517374085aad59a6ef49bb8e6a10e",
          200: "c2a47ef92430d6c5073d8e2f699b862b6d60b1e541ae2ea93a67dd548000ccc1",
        ]),
      Variant(
        name: "yescryptR8", parameters: .yescryptR8,
        goldens: [
          0: "45e290800f514e7b1967593d3107fb4ba200331517bd01a97f44074276776ed7",
          1: "fa955e20d1683fd9005ef43c106d82ecff791ba53dbeb9191ef82cea2f493a79",
          63: "8c4f49f874b4418926f7d1549cfd3add22c29f1a030ad2577fb81773f8e81e83",
          64: "02133a7e0dde18a1cd8acc7168ffb671f7084de0bcc13ee99e1e3b2a4dbd5264",
          65: "3e9e1490faa47f36c9c1750f2b494df16ad839305b22b4b092f923461df63b54",
          80: "0a6b3d4c0f9eed1733f752dc4999ec213209100a69e72bde4bbf7cc9cc804bb6",
          200: "3936f6c24da09f1a78dbe10ef42d238a07089b7769c34ccc171f836e56d2ca59",
        ]),
      Variant(
        name: "yescryptR16", parameters: .yescryptR16,
        goldens: [
          0: "92b8da8abb689a412d7d56ac84228d3a3e072619e1b475d76d89a043e20d889b",
          1: "34a46a8572f9b2c31b7a1e5a34bad37f63bb85c5400c52e4f2a4a529e2df5db9",
          63: "bb31d347ecad6c7c45fa3543a1883d22e073d34126f721483775b7441c51199a",
          64: "69bbe81079c15843f4ff4b0c71ef62394514036a38a9c313c9b66543cb274a96",
          65: "bdd6bcd61b6da641c9ca7465451d12c15c44beca4997d19b65459528828823b9",
          80: "71cf9feb3a508b6b730b0d52869c09013c8ed5a5a35b5dc095b6a5f45c01198b",
          200: "3669c64b90a2fcc44664b753abf1f91219f63bfa0c17edc2065ef7b839bdd45e",
        ]),
      Variant(
        name: "yescryptR32", parameters: .yescryptR32,
        goldens: [
          0: "645cf667788d827dde47b343b90cc53813fcc2780e77883756ee7c26b16fa279",
          1: "e1ad6e3125a441e2f3f7096f538b374e28ca124f35f5c4d32b186c25ad3845e2",
          63: "6af317e96bd981b1c1d0f1cc8478f2e7e5c09d13103b16065654406a2783e51e",
          64: "90f3e9edf8eb794a10a9668eda334ff775fb1ac32a39634d0c08a421a59980ac",
          65: "7b22be17680114f77ace9554b0074e4580467f41184163ce5e16f3e373476b7c",
          80: "256fb5dd6f060d2a0cefb32a1518f903cb3d2364e8d72143cd5b3bfa88c5f85a",
          200: "9f90ac505b3a314a302f52e1c75cfaef51cdc57a4804341fcf284c00796edff6",
        ]),
      Variant(
        name: "yespower", parameters: .yespower,
        goldens: [
          0: "5b6f58070b31ec7afa27101fe63d870568705892fe217550a9a3c10b241354ba",
          1: "d41948ac30d315e98c051bd859c5289af85511864833a50e618b515dbc545f68",
          63: "4c852d7504c41f281232728aa4c04cd9143caa37e4396511042e6c202b641c22",
          64: "5d069b1b0124dbf888350af5f04b8843717319a82362a1725ba7b5188139fcf5",
          65: "b479e93246e5999d33700f095edb8d7cad005edc9951db90b7f31bab3df10841",
          80: "6c07033afb6062147c9c0aa25129efef6ed22f5adf2cfb897fd8e0f8a8b22426",
          200: "f4f1a3c3274490e832181ad8da4ab09a1b17b73a8ff09a9584f3a5302cedb89b",
        ]),
      Variant(
        name: "yespowerR16", parameters: .yespowerR16,
        goldens: [
          0: "4055542cf6d5a2e8eb60f54cbbe387ed336ea8fef31c0bc12d34fa893ce7f7d8",
          1: "fffd5095a327e0ef4efb4ec2a45fa6c2d4b897640129de0e4c88b00e6fc39492",
          63: "bf21f03abe824ea9375f6f9bce753b501c707fe7515b85600f080fc30d7c5c8c",
          64: "b74760bed81af06be78f1db108a259f3e2eb367282156cae33a8fc548addff15",
          65: "52aed3c667ad161dafbde17b48350fffe460ee8c05f2abab68b115f2ec879d0c",
          80: "8353a1c458dc6f9baa70e98cd4452e9e8c77e95c5057d703ad8541ca91d56097",
          200: "b824e220a839f85a40a2d0ebf60b6da3d73aca42289dfb5c7ed1c5cb1ce54312",
        ]),
    ]

    private let message = (0..<200).map { UInt8(truncatingIfNeeded: $0) &* 31 &+ 7 }

    @Test(arguments: variants)
    func `every vector gives its hash, and states the parameters that we use`(variant: Variant) throws {
      let url = try #require(
        Bundle.module.url(forResource: variant.name, withExtension: "json", subdirectory: "Vectors"))
      let vectors = try JSONDecoder().decode(Vectors.self, from: Data(contentsOf: url))
      let stated = YespowerParameters(
        version: vectors.version == "0.5" ? .v05 : .v10, rowCount: vectors.rowCount, rowSize: vectors.rowSize,
        personalisation: vectors.personalisation ?? "")
      #expect(stated == variant.parameters)
      #expect(vectors.cases.count > 1)
      for vector in vectors.cases {
        let header = try #require(Hex.decode(vector.header))
        #expect(header.count == BlockHeader.byteCount)
        #expect(Hex.encode(yespower(header, variant.parameters)) == vector.hash)
      }
    }

    @Test(arguments: variants)
    func `inputs of other lengths than a header's give what the C translation gives`(variant: Variant) {
      #expect(variant.goldens.count == 7)
      let scratch = HashScratch()
      for (byteCount, golden) in variant.goldens {
        let hash = message.prefix(byteCount).withUnsafeBytes {
          Yespower.hash($0, variant.parameters, scratch: scratch)
        }
        #expect(Hex.encode(hash.bytes) == golden, "\(byteCount) bytes")
      }
    }

    @Test func `personalisations and row sizes that no coin uses give what the C translation gives`() {
      let long = String(repeating: "p", count: 100)
      let parameters = [
        YespowerParameters(version: .v10, rowCount: 1024, rowSize: 8, personalisation: "ZION personalisation"),
        YespowerParameters(version: .v10, rowCount: 1024, rowSize: 8, personalisation: long),
        YespowerParameters(version: .v05, rowCount: 1024, rowSize: 9, personalisation: long),
      ]
      let goldens = [
        "172f35f8720b1ac7595fcf76f9e23c201266f4bd0c9f63253f6e28042fba73e1",
        "44ac0e9308f52749af6fb9b4d6381c243376bbcd2f4573d54a5c96cb87995cb2",
        "54b4ff199c941f7b449e507bf5bf55171447870f5e90e4200081f73f4ba3c88b",
      ]
      #expect(parameters.map { Hex.encode(yespower(Array(message.prefix(80)), $0)) } == goldens)
    }

    @Test func `a hash does not depend on what the scratch was used for before`() {
      var random = Sequence64(state: 20)
      let scratch = HashScratch()
      for _ in 0..<4 {
        for turn in (0...Self.variants.count).shuffled(using: &random) {
          let input = Array(message.prefix(80))
          if turn == Self.variants.count {
            #expect(input.withUnsafeBytes { Scrypt.hash($0, scratch: scratch).bytes } == scrypt(input))
          } else {
            let variant = Self.variants[turn]
            let hash = input.withUnsafeBytes { Yespower.hash($0, variant.parameters, scratch: scratch) }
            #expect(Hex.encode(hash.bytes) == variant.goldens[80], "\(variant.name)")
          }
        }
      }
    }

    @Test(arguments: variants)
    func `tasks that hash at the same time agree with one that hashes alone`(variant: Variant) async {
      let input = Array(message.prefix(80))
      await withTaskGroup(of: [String].self) { group in
        for _ in 0..<4 {
          group.addTask {
            let scratch = HashScratch()
            return (0..<3).map { _ in
              let hash = input.withUnsafeBytes { Yespower.hash($0, variant.parameters, scratch: scratch) }
              return Hex.encode(hash.bytes)
            }
          }
        }
        for await hashes in group { #expect(hashes == Array(repeating: variant.goldens[80], count: 3)) }
      }
    }
  }
}

/// SplitMix64: the same order in every run.
private struct Sequence64: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}
