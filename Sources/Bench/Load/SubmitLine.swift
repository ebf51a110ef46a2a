import Glibc

/// Different lines of one kind, which most miners hear alike: kept once.
struct LineTable {
  private var lines: [[UInt8]] = []

  /// Looks at the latest few only: older ones are not sent again.
  mutating func number(of line: UnsafeRawBufferPointer) -> Int {
    for i in lines.indices.suffix(8).reversed() where lines[i].count == line.count {
      if let base = line.baseAddress, memcmp(lines[i], base, line.count) == 0 { return i }
    }
    lines.append(Array(line))
    return lines.count - 1
  }

  subscript(number: Int) -> [UInt8] { lines[number] }
}

/// A `mining.submit` whose id and nonce are filled in place.
struct SubmitLine {
  private var bytes: [UInt8] = []
  private var sequence: UInt32 = 0

  init() {}

  init(user: String, job: String, extranonce2: String, nTime: String) {
    let text =
      "{\"id\":1000000,\"method\":\"mining.submit\",\"params\":[\"\(user)\",\"\(job)\",\"\(extranonce2)\","
      + "\"\(nTime)\",\"00000000\"]}\n"
    bytes = Array(text.utf8)
  }

  var count: Int { bytes.count }

  /// The whole line, its id one higher than the last one's.
  mutating func with(_ nonce: UInt32) -> [UInt8] {
    guard bytes.count > 24 else { return bytes }
    sequence = (sequence + 1) % 8_999_999
    var id = 1_000_000 + sequence
    for i in (6...12).reversed() {
      bytes[i] = UInt8(ascii: "0") + UInt8(id % 10)
      id /= 10
    }
    let start = bytes.count - 12
    for i in 0..<8 {
      let nibble = UInt8(truncatingIfNeeded: nonce >> UInt32(28 - 4 * i)) & 15
      bytes[start + i] = nibble < 10 ? nibble + 48 : nibble + 87
    }
    return bytes
  }
}
