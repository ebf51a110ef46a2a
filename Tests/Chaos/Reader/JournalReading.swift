import Foundation
import Stratum

/// What stands in a share journal, read from its files by their documented format, apart from the pool's own code:
///
/// Segment `NUMBER.shares`: `ZIONSHRS` ‖ version 32 ‖ CRC-32 32 ‖ segment number 64 ‖ first sequence 64, then records.
/// Record: payload length 32 ‖ CRC-32 of the payload 32 ‖ payload. All numbers are little-endian.
/// Payload: sequence 64 ‖ milliseconds 64 ‖ hash 256 ‖ work 128 ‖ height 32 ‖ nBits 32 ‖ algorithm 8 ‖ flags 8 ‖
/// account, worker, source job (each length 16 ‖ UTF-8).
public struct JournalReading: Sendable {
  public var shares: [StoredShare] = []
  /// What is no record: a file, and where in it reading ended before its end.
  public var tails: [String] = []

  public init(directory: URL) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    for name in names.filter({ $0.hasSuffix(".shares") }).sorted() {
      read(Array(try Data(contentsOf: directory.appendingPathComponent(name))), name: name)
    }
  }

  private mutating func read(_ bytes: [UInt8], name: String) {
    guard bytes.count >= 32, bytes[..<8].elementsEqual("ZIONSHRS".utf8) else {
      return tails.append("\(name) has no header")
    }
    var offset = 32
    while offset < bytes.count {
      guard let (share, next) = Self.record(bytes, at: offset) else {
        return tails.append("\(name) from byte \(offset) of \(bytes.count)")
      }
      shares.append(share)
      offset = next
    }
  }

  private static func record(_ bytes: [UInt8], at offset: Int) -> (StoredShare, next: Int)? {
    guard offset + 8 <= bytes.count else { return nil }
    let length = Int(number(bytes, offset, 4))
    let (start, end) = (offset + 8, offset + 8 + length)
    guard length >= 80, end <= bytes.count, crc32(bytes[start..<end]) == UInt32(number(bytes, offset + 4, 4)) else {
      return nil
    }
    var place = start + 74
    var texts: [String] = []
    for _ in 0..<3 {
      guard place + 2 <= end else { return nil }
      let count = Int(number(bytes, place, 2))
      guard place + 2 + count <= end else { return nil }
      texts.append(String(decoding: bytes[place + 2..<place + 2 + count], as: UTF8.self))
      place += 2 + count
    }
    guard place == end else { return nil }
    let share = StoredShare(
      hash: Hex.encode(bytes[start + 16..<start + 48].reversed()), work: number(bytes, start + 48, 16),
      user: texts[0] + "." + texts[1], isBlock: bytes[start + 73] == 1)
    return (share, end)
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> UInt128 {
    bytes[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt128($1) }
  }

  /// IEEE 802.3, bit by bit.
  private static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    ~bytes.reduce(UInt32.max) { sum, byte in
      (0..<8).reduce(sum ^ UInt32(byte)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }
  }
}

/// A share as journal or database keep it.
public struct StoredShare: Equatable, Sendable {
  /// In display order.
  public var hash: String
  public var work: UInt128
  /// ACCOUNT.WORKER.
  public var user: String
  public var isBlock: Bool

  public init(hash: String, work: UInt128, user: String, isBlock: Bool = false) {
    self.hash = hash
    self.work = work
    self.user = user
    self.isBlock = isBlock
  }
}
