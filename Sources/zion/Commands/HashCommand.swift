import ArgumentParser
import Foundation
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
      last 4 bytes are the nonce, little-endian. The yescrypt and yespower names take the 80 bytes of a header, and any \
      other input as well.

      kawpow takes the header hash of a job, --height and --nonce, and prints the mix hash and the final hash, whose \
      zeros stand at the beginning. The first one of an epoch takes some seconds. With --seed it prints the seed hash \
      of the height's epoch.

      Algorithms: \(HashName.list)
      """)

  @Option(help: "Which hash (see the list above).")
  var algorithm: String

  @Option(help: "The nonce of cosmic_harmony (32 bits) or kawpow (64 bits); decimal, or hex after 0x.")
  var nonce: String?

  @Option(help: "The block's height, for kawpow: it decides the epoch and the program.")
  var height: UInt32?

  @Flag(help: "Print the seed hash of the height's epoch, for kawpow.")
  var seed = false

  @Argument(help: "The bytes to hash, two hex digits each.")
  var hex: String?

  func run() throws {
    guard let name = HashName(named: algorithm) else {
      throw ValidationError("--algorithm: there is no '\(algorithm)'. Use one of: \(HashName.list)")
    }
    if name == .work(.kawpow) {
      for line in try kawpow() { print(line) }
      return
    }
    guard height == nil, !seed else {
      throw ValidationError("\(height == nil ? "--seed" : "--height"): \(algorithm) takes none; kawpow does")
    }
    print(Hex.encode(try digest(name)))
  }

  private func digest(_ name: HashName) throws -> [UInt8] {
    let input = try bytes()
    guard name == .work(.cosmicHarmony) else {
      guard nonce == nil else {
        throw ValidationError("--nonce: \(algorithm) takes none; append its 4 bytes to the input instead")
      }
      return name.digest(of: input)
    }
    if let nonce: UInt32 = try number(nonce) { return cosmicHarmony(input: input, nonce: nonce).bytes }
    guard input.count == BlockHeader.byteCount else {
      throw ValidationError(
        "cosmic_harmony: the input has \(input.count) bytes; give --nonce N, or a header of 80 bytes that ends with it")
    }
    return input.withUnsafeBytes { Kernels().proofOfWork(.cosmicHarmony, header: $0).bytes }
  }

  private func kawpow() throws -> [String] {
    guard let height else { throw ValidationError("--height: kawpow needs the block's height") }
    guard let epoch = KawPowEpoch(height: height) else {
      throw ValidationError("--height: \(height) is beyond the last of KawPow's epochs")
    }
    if seed {
      guard hex == nil, nonce == nil else { throw ValidationError("--seed: takes --height alone") }
      return [Hex.encode(epoch.seedHash.bytes)]
    }
    guard let nonce: UInt64 = try number(nonce) else { throw ValidationError("--nonce: kawpow needs the nonce") }
    guard let header = Hash256(bytes: try bytes()) else {
      throw ValidationError("kawpow: the header hash must have 32 bytes, as a job shows it")
    }
    let (mix, final) = KawPow.hash(header: header, nonce: nonce, height: height, cache: try cache(of: epoch))
    return ["mix   \(Hex.encode(mix.bytes))", "final \(final.displayHex)"]
  }

  private func cache(of epoch: KawPowEpoch) throws -> KawPowCache {
    let isTerminal = isatty(2) == 1
    var shown = -1
    let cache = KawPowCache.build(epoch, isCancelled: { false }) { fraction in
      let percent = Int(fraction * 100)
      guard isTerminal, percent != shown else { return }
      shown = percent
      FileHandle.standardError.write(Data("\rcache of epoch \(epoch.number): \(percent) %".utf8))
    }
    if shown >= 0 { FileHandle.standardError.write(Data("\r\u{1b}[K".utf8)) }
    guard let cache else { throw ValidationError("kawpow: no memory for the cache of epoch \(epoch.number)") }
    return cache
  }

  private func bytes() throws -> [UInt8] {
    guard let hex else { throw ValidationError("the bytes to hash are missing: give them as hex") }
    if let bytes = Hex.decode(hex) { return bytes }
    if let (index, character) = hex.enumerated().first(where: { !$0.element.isASCII || !$0.element.isHexDigit }) {
      throw ValidationError("the input is not hex: '\(character)' is character \(index + 1)")
    }
    throw ValidationError("the input is not hex: \(hex.count) digits, and each byte needs two")
  }

  private func number<Number: FixedWidthInteger>(_ text: String?) throws -> Number? {
    guard let text else { return nil }
    let value = text.hasPrefix("0x") ? Number(text.dropFirst(2), radix: 16) : Number(text)
    guard let value else {
      throw ValidationError("--nonce: '\(text)' is not a number from 0 to \(Number.max) (hex after 0x)")
    }
    return value
  }
}

/// What `--algorithm` may say here: the proofs of work, and the digests that they and addresses are made of.
private enum HashName: Equatable {
  case work(Algorithm)
  case digest(Digest)

  enum Digest: String, CaseIterable { case sha256, blake3, sha3_256, sha3_512, ripemd160 }

  init?(named name: String) {
    if let digest = Digest(rawValue: name) {
      self = .digest(digest)
    } else if let algorithm = Algorithm(named: name) {
      self = .work(algorithm)
    } else {
      return nil
    }
  }

  static var list: String {
    (Algorithm.allCases.map(\.rawValue) + Digest.allCases.map(\.rawValue)).joined(separator: ", ")
  }

  /// Of all but the two that take more than bytes.
  func digest(of bytes: [UInt8]) -> [UInt8] {
    switch self {
    case .work(let algorithm):
      if let parameters = YespowerParameters(algorithm) { return yespower(bytes, parameters) }
      return algorithm == .scrypt ? Hashing.scrypt(bytes) : Hashing.sha256d(bytes)
    case .digest(.sha256): return Hashing.sha256(bytes)
    case .digest(.blake3): return Hashing.blake3(bytes)
    case .digest(.sha3_256): return Hashing.sha3_256(bytes)
    case .digest(.sha3_512): return Hashing.sha3_512(bytes)
    case .digest(.ripemd160): return Hashing.ripemd160(bytes)
    }
  }
}
