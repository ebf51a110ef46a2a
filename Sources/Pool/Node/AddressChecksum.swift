import Hashing
import Stratum

/// Whether a text can only be meant as an address of some Bitcoin-like chain, without a node to ask: its checksum holds,
/// which one name in four thousand million does by chance. Which chain's it is, a node must say.
enum AddressChecksum {
  static func holds(in text: String) -> Bool { isBase58(text) || isBech32(text) }

  private static let base58 = Array("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".utf8)
  private static let bech32 = Array("qpzry9x8gf2tvdw0s3jn54khce6mua7l".utf8)

  /// One or two bytes of version, 20 of a hash, 4 of its double SHA-256.
  private static func isBase58(_ text: String) -> Bool {
    guard (25...36).contains(text.utf8.count) else { return false }
    var bytes: [UInt8] = []
    for character in text.utf8 {
      guard var carry = base58.firstIndex(of: character) else { return false }
      for index in bytes.indices.reversed() {
        carry += Int(bytes[index]) * 58
        bytes[index] = UInt8(truncatingIfNeeded: carry)
        carry >>= 8
      }
      if carry > 0 { bytes.insert(UInt8(carry), at: 0) }
    }
    bytes = Array(repeating: 0, count: text.utf8.prefix { $0 == base58[0] }.count) + bytes
    guard bytes.count == 25 || bytes.count == 26 else { return false }
    let sum = bytes.dropLast(4).withUnsafeBytes { Kernels().sha256d($0).bytes }
    return sum.prefix(4).elementsEqual(bytes.suffix(4))
  }

  /// Source: BIP 173 and, by its other constant, BIP 350.
  private static func isBech32(_ text: String) -> Bool {
    let lower = text.lowercased()
    guard (8...90).contains(text.utf8.count), lower == text || text.uppercased() == text,
      let separator = lower.utf8.lastIndex(of: UInt8(ascii: "1"))
    else { return false }
    let prefix = Array(lower.utf8[..<separator])
    let values = lower.utf8[separator...].dropFirst().map { bech32.firstIndex(of: $0) }
    guard !prefix.isEmpty, values.count > 6, values.allSatisfy({ $0 != nil }) else { return false }
    let digits = prefix.map { Int($0 >> 5) } + [0] + prefix.map { Int($0 & 31) } + values.compactMap { $0 }
    let sum = digits.reduce(1) { sum, digit in
      let generators = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3]
      let shifted = (sum & 0x1ff_ffff) << 5 ^ digit
      return generators.enumerated().reduce(shifted) { (sum >> 25) >> $1.offset & 1 == 1 ? $0 ^ $1.element : $0 }
    }
    return sum == 1 || sum == 0x2bc8_30a3
  }
}
