import Stratum

/// scrypt with N = 1024, r = 1, p = 1, the header being password and salt, 32 bytes of output.
///
/// Source: RFC 7914.
enum Scrypt {
  static let iterations = 1024
  static let rowByteCount = 2 * SalsaBlock.byteCount
  static let tableByteCount = iterations * rowByteCount

  /// A block header has 80 bytes; any other length is hashed as well. Takes 128 KiB of `scratch`.
  static func hash(_ input: UnsafeRawBufferPointer, scratch: HashScratch) -> Hash256 {
    let mac = HMACSHA256(key: input)
    let table = scratch.memory(byteCount: tableByteCount)
    return withUnsafeTemporaryAllocation(byteCount: rowByteCount, alignment: 16) { row in
      guard let base = row.baseAddress else { preconditionFailure("128 bytes were allocated") }
      mac.derive(salt: input, into: row)
      mixTable(base, table: table)
      return mac.derive(salt: UnsafeRawBufferPointer(row))
    }
  }

  private static func mixTable(_ row: UnsafeMutableRawPointer, table: UnsafeMutableRawPointer) {
    var left = SalsaBlock(at: row)
    var right = SalsaBlock(at: row + SalsaBlock.byteCount)
    for i in 0..<iterations {
      let slot = table + i &* rowByteCount
      left.store(to: slot)
      right.store(to: slot + SalsaBlock.byteCount)
      mixRow(&left, &right)
    }
    for _ in 0..<iterations {
      let slot = table + Int(right.s0.x & UInt32(iterations - 1)) &* rowByteCount
      left ^= SalsaBlock(storedAt: slot)
      right ^= SalsaBlock(storedAt: slot + SalsaBlock.byteCount)
      mixRow(&left, &right)
    }
    left.write(to: row)
    right.write(to: row + SalsaBlock.byteCount)
  }

  @inline(__always)
  private static func mixRow(_ left: inout SalsaBlock, _ right: inout SalsaBlock) {
    left ^= right
    left.permute(doubleRounds: 4)
    right ^= left
    right.permute(doubleRounds: 4)
  }
}
