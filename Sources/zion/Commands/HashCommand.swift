import ArgumentParser
import Hashing
import Stratum

/// `zion hash`: one hash, for checking other implementations against ours.
struct HashCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "hash",
    abstract: "Compute a proof-of-work hash or a digest of hex bytes.",
    discussion: """
      Prints 64 hex digits (40 for ripemd160, 128 for sha3_512): the bytes of the digest in their own order. As a \
      number, which is what a target is compared with, a proof-of-work hash is read from its last byte to its first, \
      so the zeros of a found block stand at the end.

      cosmic_harmony takes a nonce besides its input. Without --nonce the input must be a header of 80 bytes, whose \
      last 4 bytes are the nonce, little-endian.

      Algorithms: \(HashName.list)
      """)

  @Option(help: "Which hash (see the list above).")
  var algorithm: String

  @Option(help: "The nonce of cosmic_harmony, 0 to 4294967295; decimal, or hex after 0x.")
  var nonce: String?

  @Argument(help: "The bytes to hash, two hex digits each.")
  var hex: String

  func run() throws {
    print(Hex.encode(try digest()))
  }

  private func digest() throws -> [UInt8] {
    guard let name = HashName(rawValue: algorithm) else {
      throw ValidationError("--algorithm: there is no '\(algorithm)'. Use one of: \(HashName.list)")
    }
    let input = try bytes()
    let nonce = try parsedNonce()
    guard name == .cosmicHarmony else {
      guard nonce == nil else {
        throw ValidationError("--nonce: \(algorithm) takes none; append its 4 bytes to the input instead")
      }
      return name.digest(of: input)
    }
    if let nonce { return cosmicHarmony(input: input, nonce: nonce).bytes }
    guard input.count == BlockHeader.byteCount else {
      throw ValidationError(
        "cosmic_harmony: the input has \(input.count) bytes; give --nonce N, or a header of 80 bytes that ends with it")
    }
    return input.withUnsafeBytes { Kernels().proofOfWork(.cosmicHarmony, header: $0).bytes }
  }

  private func bytes() throws -> [UInt8] {
    if let bytes = Hex.decode(hex) { return bytes }
    if let (index, character) = hex.enumerated().first(where: { !$0.element.isASCII || !$0.element.isHexDigit }) {
      throw ValidationError("the input is not hex: '\(character)' is character \(index + 1)")
    }
    throw ValidationError("the input is not hex: \(hex.count) digits, and each byte needs two")
  }

  private func parsedNonce() throws -> UInt32? {
    guard let nonce else { return nil }
    let value = nonce.hasPrefix("0x") ? UInt32(nonce.dropFirst(2), radix: 16) : UInt32(nonce)
    guard let value else {
      throw ValidationError("--nonce: '\(nonce)' is not a number from 0 to 4294967295 (hex after 0x)")
    }
    return value
  }
}

/// What `--algorithm` may say here: the proofs of work, and the digests that they and addresses are made of.
private enum HashName: String, CaseIterable {
  case sha256d, scrypt
  case cosmicHarmony = "cosmic_harmony"
  case sha256, blake3, sha3_256, sha3_512, ripemd160

  static var list: String { allCases.map(\.rawValue).joined(separator: ", ") }

  func digest(of bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .sha256d: Hashing.sha256d(bytes)
    case .scrypt: Hashing.scrypt(bytes)
    case .cosmicHarmony: Hashing.cosmicHarmony(input: bytes, nonce: 0).bytes
    case .sha256: Hashing.sha256(bytes)
    case .blake3: Hashing.blake3(bytes)
    case .sha3_256: Hashing.sha3_256(bytes)
    case .sha3_512: Hashing.sha3_512(bytes)
    case .ripemd160: Hashing.ripemd160(bytes)
    }
  }
}
