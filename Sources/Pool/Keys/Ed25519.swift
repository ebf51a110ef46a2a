import COpenSSL
import Hashing
import Stratum

/// A public key, the 32 bytes of its point. Any 32 bytes make one; no signature holds under bytes that are no point.
///
/// Source: RFC 8032.
public struct Ed25519PublicKey: Hashable, Sendable {
  public static let byteCount = 32
  public let bytes: [UInt8]

  /// `nil` unless `bytes` are 32.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }

  /// What people call the key by: the first 16 hex digits of the SHA-256 of its bytes.
  public var id: String { Hex.encode(sha256(bytes).prefix(8)) }

  /// Whether `signature` (64 bytes) over exactly `message` was made with this key's private half.
  public func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
    guard signature.count == Ed25519PrivateKey.signatureByteCount,
      let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count)
    else { return false }
    defer { EVP_PKEY_free(key) }
    guard let context = EVP_MD_CTX_new() else { return false }
    defer { EVP_MD_CTX_free(context) }
    guard EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1 else { return false }
    defer { ERR_clear_error() }
    return EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
  }
}

/// A private key, the 32 bytes that RFC 8032 derives everything from. Never printed, never logged.
public struct Ed25519PrivateKey: Equatable, Sendable {
  public static let byteCount = 32
  public static let signatureByteCount = 64
  let seed: [UInt8]
  public let publicKey: Ed25519PublicKey

  /// `nil` unless `seed` is 32 bytes.
  public init?(seed: some Collection<UInt8>) {
    let seed = Array(seed)
    guard seed.count == Self.byteCount,
      let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count)
    else { return nil }
    defer { EVP_PKEY_free(key) }
    guard let bytes = Self.raw(EVP_PKEY_get_raw_public_key, of: key), let publicKey = Ed25519PublicKey(bytes: bytes)
    else { return nil }
    self.seed = seed
    self.publicKey = publicKey
  }

  /// 64 bytes; the same for the same message every time.
  public func signature(of message: [UInt8]) -> [UInt8] {
    guard let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, seed, seed.count),
      let context = EVP_MD_CTX_new()
    else { preconditionFailure("libcrypto has Ed25519, as `init` saw, and memory for it") }
    defer {
      EVP_MD_CTX_free(context)
      EVP_PKEY_free(key)
    }
    var signature = [UInt8](repeating: 0, count: Self.signatureByteCount)
    var count = signature.count
    guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
      EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
    else { preconditionFailure("a key that libcrypto made signs any message") }
    return signature
  }

  /// The 32 raw bytes of `key`, by one of libcrypto's two functions for it.
  static func raw(
    _ get: (OpaquePointer?, UnsafeMutablePointer<UInt8>?, UnsafeMutablePointer<Int>?) -> Int32, of key: OpaquePointer
  ) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    var count = bytes.count
    guard get(key, &bytes, &count) == 1, count == bytes.count else { return nil }
    return bytes
  }
}

extension Ed25519PrivateKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  public var description: String { "private key \(publicKey.id)" }
  public var debugDescription: String { description }
  /// Without the seed, so that no dump of a value shows it.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey]) }
}
