import Stratum

/// SHA-256, 32 bytes.
public func sha256(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { SHA256.hash($0).bytes } }

/// SHA-256 applied twice, 32 bytes.
public func sha256d(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { SHA256.doubleHash($0).bytes } }

/// BLAKE3 of any length, 32 bytes.
public func blake3(_ bytes: [UInt8]) -> [UInt8] { bytes.withUnsafeBytes { BLAKE3.hash($0).bytes } }

/// SHA3-256 of FIPS 202, 32 bytes.
public func sha3_256(_ bytes: [UInt8]) -> [UInt8] { sha3(bytes, digestByteCount: 32) }

/// SHA3-512 of FIPS 202, 64 bytes.
public func sha3_512(_ bytes: [UInt8]) -> [UInt8] { sha3(bytes, digestByteCount: 64) }

/// RIPEMD-160, 20 bytes: half of what makes an address of a public key.
public func ripemd160(_ bytes: [UInt8]) -> [UInt8] { RIPEMD160.hash(bytes) }

/// scrypt with N = 1024, r = 1, p = 1, the input being password and salt; 32 bytes.
public func scrypt(_ bytes: [UInt8]) -> [UInt8] {
  bytes.withUnsafeBytes { Scrypt.hash($0, scratch: HashScratch()).bytes }
}

/// yescrypt or yespower of `bytes`, 32 bytes.
public func yespower(_ bytes: [UInt8], _ parameters: YespowerParameters) -> [UInt8] {
  bytes.withUnsafeBytes { Yespower.hash($0, parameters, scratch: HashScratch()).bytes }
}

/// Cosmic Harmony of `input` followed by `nonce`, 32 bytes.
public func cosmicHarmony(input: [UInt8], nonce: UInt32) -> Hash256 {
  input.withUnsafeBytes { Kernels().cosmicHarmony(input: $0, nonce: nonce) }
}

private func sha3(_ bytes: [UInt8], digestByteCount: Int) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: digestByteCount) { digest, count in
    guard let base = digest.baseAddress else { preconditionFailure("the digest has a capacity") }
    bytes.withUnsafeBytes { SHA3.hash($0, digestByteCount: digestByteCount, to: base) }
    count = digestByteCount
  }
}
