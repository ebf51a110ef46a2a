import COpenSSL
import Glibc

/// Ed25519 keys in PEM files, as `openssl genpkey -algorithm ed25519 -out key.pem` and
/// `openssl pkey -in key.pem -pubout -out key.pub.pem` write them.
public enum KeyFiles {
  /// A longer file holds something else.
  static let byteLimit = 16 << 10

  /// - Throws: `.readableByOthers` for a file that group or others may read or write, before its content is looked at.
  public static func privateKey(at path: String) throws(KeyFileError) -> Ed25519PrivateKey {
    let pem = try bytes(at: path, isSecret: true)
    if contains("PUBLIC KEY-----", in: pem) && !contains("PRIVATE KEY-----", in: pem) { throw .isPublic(path: path) }
    if contains("ENCRYPTED", in: pem) { throw .encrypted(path: path) }
    let key = try parse(pem, path: path) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
    defer { EVP_PKEY_free(key) }
    guard let seed = Ed25519PrivateKey.raw(EVP_PKEY_get_raw_private_key, of: key),
      let privateKey = Ed25519PrivateKey(seed: seed)
    else { throw .noKey(path: path) }
    return privateKey
  }

  public static func publicKey(at path: String) throws(KeyFileError) -> Ed25519PublicKey {
    let pem = try bytes(at: path, isSecret: false)
    if contains("PRIVATE KEY-----", in: pem) { throw .isPrivate(path: path) }
    let key = try parse(pem, path: path) { PEM_read_bio_PUBKEY($0, nil, { _, _, _, _ in -1 }, nil) }
    defer { EVP_PKEY_free(key) }
    guard let bytes = Ed25519PrivateKey.raw(EVP_PKEY_get_raw_public_key, of: key),
      let publicKey = Ed25519PublicKey(bytes: bytes)
    else { throw .noKey(path: path) }
    return publicKey
  }

  /// - Parameter read: gives libcrypto a callback of ours, without which it asks the terminal for a passphrase.
  private static func parse(
    _ pem: [UInt8], path: String, by read: (OpaquePointer) -> OpaquePointer?
  ) throws(KeyFileError) -> OpaquePointer {
    defer { ERR_clear_error() }
    guard let memory = BIO_new_mem_buf(pem, Int32(pem.count)) else { throw .noKey(path: path) }
    defer { BIO_free(memory) }
    guard let key = read(memory) else { throw .noKey(path: path) }
    guard EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 else {
      EVP_PKEY_free(key)
      throw .otherAlgorithm(path: path)
    }
    return key
  }

  /// The file as a whole. Permissions are those of the file that was opened, so that it cannot be exchanged between.
  private static func bytes(at path: String, isSecret: Bool) throws(KeyFileError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(path: path, reason: "not a regular file") }
    if isSecret, status.st_mode & 0o077 != 0 {
      throw .readableByOthers(path: path, mode: UInt32(status.st_mode & 0o777))
    }
    var bytes = [UInt8](repeating: 0, count: byteLimit + 1)
    var count = 0
    while count < bytes.count {
      let got = bytes.withUnsafeMutableBytes { read(file, $0.baseAddress?.advanced(by: count), $0.count - count) }
      guard got >= 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
      if got == 0 { break }
      count += got
    }
    guard count <= byteLimit else { throw .noKey(path: path) }
    return Array(bytes[..<count])
  }

  private static func contains(_ text: String, in bytes: [UInt8]) -> Bool {
    String(decoding: bytes, as: UTF8.self).contains(text)
  }
}

/// Why a key file gives no key, and what to do.
public enum KeyFileError: Error, Equatable, Sendable {
  case unreadable(path: String, reason: String)
  case readableByOthers(path: String, mode: UInt32)
  case encrypted(path: String)
  case isPublic(path: String)
  case isPrivate(path: String)
  case otherAlgorithm(path: String)
  case noKey(path: String)
}

extension KeyFileError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unreadable(let path, let reason):
      "the key file \(path) cannot be read: \(reason)"
    case .readableByOthers(let path, let mode):
      "the private key \(path) is open to other users (mode \(String(mode, radix: 8))): run chmod 600 \(path)"
    case .encrypted(let path):
      "the private key \(path) has a passphrase: write it without one with openssl pkey -in \(path) -out NEW.pem"
    case .isPublic(let path):
      "\(path) holds a public key, and a private one is needed: give the file that openssl genpkey wrote"
    case .isPrivate(let path):
      "\(path) holds a private key, and only the public one belongs here: write it with openssl pkey -in \(path) -pubout"
    case .otherAlgorithm(let path):
      "\(path) holds a key of another kind: make one with openssl genpkey -algorithm ed25519"
    case .noKey(let path):
      "\(path) holds no key that can be read: make one with openssl genpkey -algorithm ed25519 -out \(path)"
    }
  }
}
