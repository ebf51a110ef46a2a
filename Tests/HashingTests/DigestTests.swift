import Hashing
import Stratum
import Testing

/// Values that the standards or the authors' own test suites publish.
struct DigestTests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
  ])
  func `SHA-256 gives the published digests`(text: String, hex: String) {
    #expect(Hex.encode(sha256(Array(text.utf8))) == hex)
  }

  @Test func `double SHA-256 is SHA-256 of SHA-256, at every length up to three blocks`() {
    for count in 0...192 {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
      #expect(sha256d(bytes) == sha256(sha256(bytes)))
    }
  }

  @Test(arguments: [
    ("", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a"),
    ("abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376"
    ),
  ])
  func `SHA3-256 gives the published digests`(text: String, hex: String) {
    #expect(Hex.encode(sha3_256(Array(text.utf8))) == hex)
  }

  @Test(arguments: [
    (
      "",
      "a69f73cca23a9ac5c8b567dc185a756e97c982164fe25859e0d1dcc1475c80a615b2123af1f5f94c11e3e9402c3ac558f500199d95b6d3e"
        + "301758586281dcd26"
    ),
    (
      "abc",
      "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408d5a"
        + "56592f8274eec53f0"
    ),
  ])
  func `SHA3-512 gives the published digests`(text: String, hex: String) {
    #expect(Hex.encode(sha3_512(Array(text.utf8))) == hex)
  }

  @Test(arguments: [(200, "79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787")])
  func `SHA3-256 absorbs more than one block`(count: Int, hex: String) {
    // NIST's 1600-bit example: 200 bytes of a3.
    #expect(Hex.encode(sha3_256([UInt8](repeating: 0xa3, count: count))) == hex)
  }

  /// From the authors' `test_vectors.json`: input byte i is i mod 251.
  @Test(arguments: [
    (0, "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"),
    (1, "2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"),
    (63, "e9bc37a594daad83be9470df7f7b3798297c3d834ce80ba85d6e207627b7db7b"),
    (64, "4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"),
    (65, "de1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"),
    (1023, "10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"),
    (1024, "42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"),
    (1025, "d00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"),
    (2048, "e776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"),
    (2049, "5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"),
    (3072, "b98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"),
    (8193, "bab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"),
    (31744, "62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"),
  ])
  func `BLAKE3 gives the published digests, across blocks and chunks`(count: Int, hex: String) {
    #expect(Hex.encode(blake3((0..<count).map { UInt8($0 % 251) })) == hex)
  }

  @Test(arguments: [
    ("", "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
    ("a", "0bdc9d2d256b3ee9daae347be6f4dc835a467ffe"),
    ("abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
    ("message digest", "5d0689ef49d2fae572b881b123a85ffa21595f36"),
    ("abcdefghijklmnopqrstuvwxyz", "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"),
    ("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "12a053384a9c0c88e405a06c27dcf49ada62eb2b"),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      "9b752e45573d4b39f4dbd3323cab82bf63326bfb"
    ),
  ])
  func `RIPEMD-160 gives the published digests`(text: String, hex: String) {
    #expect(Hex.encode(ripemd160(Array(text.utf8))) == hex)
  }

  @Test func `the hash of a public key is the one that Bitcoin's documentation shows`() throws {
    let key = try #require(Hex.decode("0250863ad64a87ae8a2fe83c1af1a8403cb53f53e486d8511dad8a04887e5b2352"))
    #expect(Hex.encode(ripemd160(sha256(key))) == "f54a5851e9372b87810a8e60cdd2e7cfd80b6e31")
  }

  @Test func `Cosmic Harmony takes inputs of several chunks`() {
    let long = [UInt8](repeating: 9, count: 3000)
    #expect(cosmicHarmony(input: long, nonce: 1) != cosmicHarmony(input: long, nonce: 2))
    #expect(cosmicHarmony(input: long, nonce: 1) != cosmicHarmony(input: long + [0], nonce: 1))
  }
}
