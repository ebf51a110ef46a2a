import Stratum

/// Reads a serialised block from outside: never beyond its end, never trusting a count.
struct ByteReader {
  enum Failure: Error, Equatable {
    case truncated
    /// A CompactSize that is not the shortest form of its number.
    case notCanonical
  }

  let bytes: [UInt8]
  private(set) var offset = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  var remaining: Int { bytes.count - offset }

  mutating func take(_ count: Int) throws(Failure) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else { throw .truncated }
    defer { offset += count }
    return bytes[offset..<offset + count]
  }

  mutating func byte() throws(Failure) -> UInt8 {
    guard remaining >= 1 else { throw .truncated }
    defer { offset += 1 }
    return bytes[offset]
  }

  mutating func integer<T: FixedWidthInteger & UnsignedInteger>(_: T.Type = T.self) throws(Failure) -> T {
    var value: T = 0
    for (index, byte) in try take(T.bitWidth / 8).enumerated() { value |= T(byte) << T(8 * index) }
    return value
  }

  /// Source: Bitcoin developer reference, "CompactSize unsigned integers".
  mutating func compactSize() throws(Failure) -> UInt64 {
    let value: UInt64
    let least: UInt64
    switch try byte() {
    case 0xfd: (value, least) = (UInt64(try integer(UInt16.self)), 0xfd)
    case 0xfe: (value, least) = (UInt64(try integer(UInt32.self)), 0x1_0000)
    case 0xff: (value, least) = (try integer(UInt64.self), 0x1_0000_0000)
    case let small: return UInt64(small)
    }
    guard value >= least else { throw .notCanonical }
    return value
  }

  /// A count of bytes that follow.
  mutating func counted() throws(Failure) -> ArraySlice<UInt8> {
    let count = try compactSize()
    guard count <= UInt64(remaining) else { throw .truncated }
    return try take(Int(count))
  }
}
