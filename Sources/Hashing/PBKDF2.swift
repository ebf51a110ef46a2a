import COpenSSL
import Stratum

/// HMAC-SHA256, and PBKDF2 with it and one iteration; the key's two contexts are computed once.
///
/// Source: RFC 2104; RFC 8018 section 5.2.
struct HMACSHA256 {
  private let inner: SHA256_CTX
  private let outer: SHA256_CTX

  init(key: UnsafeRawBufferPointer) {
    var (inner, outer) = (SHA256_CTX(), SHA256_CTX())
    SHA256_Init(&inner)
    SHA256_Init(&outer)
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 8) { pad in
      guard let base = pad.baseAddress else { preconditionFailure("64 bytes were allocated") }
      base.initializeMemory(as: UInt64.self, repeating: 0, count: 8)
      if key.count > 64 { SHA256.hash(key).store(to: base) } else { pad.copyMemory(from: key) }
      for i in 0..<64 { pad[i] ^= 0x36 }
      SHA256_Update(&inner, base, 64)
      for i in 0..<64 { pad[i] ^= 0x36 ^ 0x5c }
      SHA256_Update(&outer, base, 64)
    }
    self.inner = inner
    self.outer = outer
  }

  /// The key is the 32 bytes of `digest`.
  init(key digest: Hash256) {
    self = digest.withBytes { HMACSHA256(key: $0) }
  }

  func authenticate(_ message: UnsafeRawBufferPointer) -> Hash256 {
    var context = inner
    SHA256_Update(&context, message.baseAddress, message.count)
    return finish(&context)
  }

  /// PBKDF2: fills `output`, a multiple of 32 bytes.
  func derive(salt: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) {
    precondition(output.count % 32 == 0, "PBKDF2 gives whole blocks here")
    guard let base = output.baseAddress else { return }
    var salted = inner
    SHA256_Update(&salted, salt.baseAddress, salt.count)
    for block in 0..<output.count / 32 {
      derive(salted: salted, block: block).store(to: base + 32 * block)
    }
  }

  /// PBKDF2 of 32 bytes.
  func derive(salt: UnsafeRawBufferPointer) -> Hash256 {
    var salted = inner
    SHA256_Update(&salted, salt.baseAddress, salt.count)
    return derive(salted: salted, block: 0)
  }

  private func derive(salted: SHA256_CTX, block: Int) -> Hash256 {
    var context = salted
    // Blocks are counted from 1.
    var number = UInt32(truncatingIfNeeded: block + 1).bigEndian
    SHA256_Update(&context, &number, 4)
    return finish(&context)
  }

  private func finish(_ context: inout SHA256_CTX) -> Hash256 {
    let digest = context.finish()
    var context = outer
    digest.withBytes { _ = SHA256_Update(&context, $0.baseAddress, $0.count) }
    return context.finish()
  }
}

extension Hash256 {
  /// The 32 bytes, for the length of the call.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    withUnsafeTemporaryAllocation(byteCount: 32, alignment: 8) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("32 bytes were allocated") }
      store(to: base)
      return body(UnsafeRawBufferPointer(raw))
    }
  }
}
