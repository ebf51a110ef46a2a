import Foundation
import Stratum
import TestSupport
import Testing

@testable import Pool

/// Source of the vectors: RFC 8032, section 7.1.
struct Ed25519Tests {
  struct Vector: Sendable {
    var seed: String
    var publicKey: String
    var message: String
    var signature: String
  }

  static let vectors = [
    Vector(
      seed: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
      publicKey: "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
      message: "",
      signature: "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
        + "d25bf5f0595bbe24655141438e7a100b"),
    Vector(
      seed: "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
      publicKey: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      message: "72",
      signature: "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c"
        + "387b2eaeb4302aeeb00d291612bb0c00"),
    Vector(
      seed: "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
      publicKey: "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
      message: "af82",
      signature: "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659"
        + "4a7c15e9716ed28dc027beceea1ec40a"),
    Vector(
      seed: "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
      publicKey: "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
      message: "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd"
        + "454d4423643ce80e2a9ac94fa54ca49f",
      signature: "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030"
        + "3dca179c138ac17ad9bef1177331a704"),
  ]

  private func key(_ byte: UInt8 = 1) throws -> Ed25519PrivateKey {
    try #require(Ed25519PrivateKey(seed: [UInt8](repeating: byte, count: 32)))
  }

  @Test(arguments: vectors)
  func `keys and signatures are those of RFC 8032`(vector: Vector) throws {
    let key = try #require(Ed25519PrivateKey(seed: Hex.decode(vector.seed) ?? []))
    let message = try #require(Hex.decode(vector.message))
    #expect(Hex.encode(key.publicKey.bytes) == vector.publicKey)
    #expect(Hex.encode(key.signature(of: message)) == vector.signature)
    #expect(key.publicKey.verifies(Hex.decode(vector.signature) ?? [], of: message))
  }

  @Test func `a signature with any byte changed is none`() throws {
    let key = try key()
    let message = Array("pay these".utf8)
    let signature = key.signature(of: message)
    #expect(key.publicKey.verifies(signature, of: message))
    for index in signature.indices {
      for flip in [1, 0x80, 0xff] as [UInt8] {
        var wrong = signature
        wrong[index] ^= flip
        #expect(!key.publicKey.verifies(wrong, of: message), "byte \(index)")
      }
    }
    for index in message.indices {
      var other = message
      other[index] ^= 1
      #expect(!key.publicKey.verifies(signature, of: other))
    }
    #expect(!key.publicKey.verifies([], of: message))
    #expect(!key.publicKey.verifies(signature + [0], of: message))
    #expect(!key.publicKey.verifies(Array(signature.dropLast()), of: message))
    #expect(try !self.key(2).publicKey.verifies(signature, of: message))
  }

  @Test func `what is no point of the curve verifies nothing, and no key has another length`() throws {
    let key = try key()
    let nonsense = try #require(Ed25519PublicKey(bytes: [UInt8](repeating: 0xff, count: 32)))
    #expect(!nonsense.verifies(key.signature(of: [1]), of: [1]))
    for count in [0, 31, 33] {
      #expect(Ed25519PublicKey(bytes: [UInt8](repeating: 1, count: count)) == nil)
      #expect(Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: count)) == nil)
    }
  }

  @Test func `the id is the start of the key's SHA-256, and a private key does not show itself`() throws {
    let key = try #require(Ed25519PrivateKey(seed: Hex.decode(Self.vectors[0].seed) ?? []))
    #expect(key.publicKey.id == "21fe31dfa154a261")
    var dumped = ""
    dump(key, to: &dumped)
    for text in ["\(key)", String(reflecting: key), dumped] {
      #expect(!text.contains("157, 97"), "the seed begins so")
      #expect(!text.contains("- 157"), "the seed begins so")
    }
    #expect("\(key)" == "private key 21fe31dfa154a261")
  }
}

struct KeyFileTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("keys") }

  /// What `openssl` writes, run for real.
  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.start()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "openssl \(arguments)")
  }

  private func path(_ name: String) -> String { folder.url.appendingPathComponent(name).path }

  @Test func `keys that openssl wrote are read, and it accepts our signature`() throws {
    let (secret, shown) = (path("key.pem"), path("key.pub.pem"))
    try openssl("genpkey", "-algorithm", "ed25519", "-out", secret)
    try openssl("pkey", "-in", secret, "-pubout", "-out", shown)
    chmod(secret, 0o600)
    let key = try KeyFiles.privateKey(at: secret)
    #expect(try KeyFiles.publicKey(at: shown) == key.publicKey)
    let message = Array("a batch".utf8)
    try Data(message).write(to: URL(fileURLWithPath: path("message")))
    try Data(key.signature(of: message)).write(to: URL(fileURLWithPath: path("signature")))
    try openssl(
      "pkeyutl", "-verify", "-pubin", "-inkey", shown, "-rawin", "-in", path("message"), "-sigfile", path("signature"))
    try openssl("pkeyutl", "-sign", "-inkey", secret, "-rawin", "-in", path("message"), "-out", path("theirs"))
    let theirs = try Data(contentsOf: URL(fileURLWithPath: path("theirs")))
    #expect(key.publicKey.verifies(Array(theirs), of: message))
  }

  @Test func `a private key that others can read is refused, with the remedy`() throws {
    let secret = path("key.pem")
    try openssl("genpkey", "-algorithm", "ed25519", "-out", secret)
    for mode in [0o644, 0o640, 0o604, 0o620, 0o601] as [mode_t] {
      chmod(secret, mode)
      let error = #expect(throws: KeyFileError.readableByOthers(path: secret, mode: UInt32(mode))) {
        _ = try KeyFiles.privateKey(at: secret)
      }
      #expect(error?.description.hasSuffix("run chmod 600 \(secret)") == true)
    }
    chmod(secret, 0o400)
    _ = try KeyFiles.privateKey(at: secret)
  }

  @Test func `each wrong file is named with what is wrong`() throws {
    let (secret, shown) = (path("key.pem"), path("key.pub.pem"))
    try openssl("genpkey", "-algorithm", "ed25519", "-out", secret)
    try openssl("pkey", "-in", secret, "-pubout", "-out", shown)
    try openssl("pkey", "-in", secret, "-aes128", "-passout", "pass:word", "-out", path("locked.pem"))
    try openssl("genpkey", "-algorithm", "x25519", "-out", path("other.pem"))
    let noise = try folder.write("-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n", to: "noise.pem")
    let long = try folder.write(String(repeating: "x", count: 20_000), to: "long.pem")
    let empty = try folder.write("", to: "empty.pem")
    for name in ["key.pem", "key.pub.pem", "locked.pem", "other.pem", "noise.pem", "long.pem", "empty.pem"] {
      chmod(path(name), 0o600)
    }
    #expect(throws: KeyFileError.isPublic(path: shown)) { _ = try KeyFiles.privateKey(at: shown) }
    #expect(throws: KeyFileError.isPrivate(path: secret)) { _ = try KeyFiles.publicKey(at: secret) }
    #expect(throws: KeyFileError.encrypted(path: path("locked.pem"))) {
      _ = try KeyFiles.privateKey(at: path("locked.pem"))
    }
    #expect(throws: KeyFileError.otherAlgorithm(path: path("other.pem"))) {
      _ = try KeyFiles.privateKey(at: path("other.pem"))
    }
    for file in [noise, long, empty] {
      #expect(throws: KeyFileError.noKey(path: file)) { _ = try KeyFiles.privateKey(at: file) }
    }
    #expect(throws: KeyFileError.noKey(path: empty)) { _ = try KeyFiles.publicKey(at: empty) }
    #expect(throws: KeyFileError.unreadable(path: path("none.pem"), reason: "No such file or directory")) {
      _ = try KeyFiles.publicKey(at: path("none.pem"))
    }
    #expect(throws: KeyFileError.unreadable(path: folder.url.path, reason: "not a regular file")) {
      _ = try KeyFiles.publicKey(at: folder.url.path)
    }
  }
}
