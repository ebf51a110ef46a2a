/// CRC-32 as in IEEE 802.3 (zlib's), eight bytes a step: every share of the pool goes through it.
enum JournalChecksum {
  /// Table `k` says what a byte does to the sum `k` bytes later.
  private static let tables: [UInt32] = {
    var tables: [UInt32] = (0..<256).map { index in
      (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }
    for index in 256..<8 * 256 {
      let before = tables[index - 256]
      tables.append(tables[Int(before & 0xff)] ^ before >> 8)
    }
    return tables
  }()

  static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { table in
      func entry(_ slice: Int, _ byte: UInt64) -> UInt32 { table[slice &* 256 &+ Int(byte & 0xff)] }
      var sum = UInt32.max
      var offset = 0
      while offset &+ 8 <= bytes.count {
        let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) ^ UInt64(sum)
        sum =
          entry(7, word) ^ entry(6, word &>> 8) ^ entry(5, word &>> 16) ^ entry(4, word &>> 24)
          ^ entry(3, word &>> 32) ^ entry(2, word &>> 40) ^ entry(1, word &>> 48) ^ entry(0, word &>> 56)
        offset &+= 8
      }
      while offset < bytes.count {
        sum = entry(0, UInt64(sum ^ UInt32(bytes[offset]))) ^ sum &>> 8
        offset &+= 1
      }
      return ~sum
    }
  }
}
