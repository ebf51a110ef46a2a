/// Coded as one plain value: what a hand-over to another process image holds by the ten thousand.
protocol PlainCodable: Codable {
  associatedtype Plain: Codable
  var plain: Plain { get }
  init?(plain: Plain)
}

extension PlainCodable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(plain)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let value = Self(plain: try container.decode(Plain.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "no \(Self.self)")
    }
    self = value
  }
}

extension UnixTime: PlainCodable {
  var plain: UInt32 { seconds }
  init?(plain: UInt32) { self.init(seconds: plain) }
}

extension MonotonicTime: PlainCodable {
  var plain: UInt64 { nanoseconds }
  init?(plain: UInt64) { self.init(nanoseconds: plain) }
}

extension JobID: PlainCodable {
  var plain: UInt32 { value }
  init?(plain: UInt32) { self.init(plain) }
}

extension FeedID: PlainCodable {
  var plain: UInt32 { value }
  init?(plain: UInt32) { self.init(plain) }
}

extension RequestID: PlainCodable {
  var plain: String { rawJSON }
  init?(plain: String) { self.init(rawJSON: plain) }
}

extension Difficulty: PlainCodable {
  var plain: Double { value }
  init?(plain: Double) { self.init(clamping: plain) }
}

extension Hashrate: PlainCodable {
  var plain: Double { hashesPerSecond }
  init?(plain: Double) { self.init(plain) }
}

extension Hash256: PlainCodable {
  var plain: String { displayHex }
  init?(plain: String) { self.init(displayHex: plain) }
}

extension Target: PlainCodable {
  var plain: String { number.hex }
  init?(plain: String) {
    guard let number = UInt256(hex: plain) else { return nil }
    self.init(number)
  }
}

extension ShareWork: PlainCodable {
  var plain: String { String(hashes) }
  init?(plain: String) {
    guard let hashes = UInt128(plain) else { return nil }
    self.init(hashes: hashes)
  }
}

extension AtomicUnits: PlainCodable {
  var plain: Int64 { value }
  init?(plain: Int64) { self.init(plain) }
}

extension Extranonce: PlainCodable {
  var plain: String { hex }
  init?(plain: String) {
    guard let bytes = Hex.decode(plain) else { return nil }
    self.init(bytes)
  }
}

/// Bytes as hex digits, where an array of numbers would be four times as long.
public struct HexBytes: Sendable {
  public var bytes: [UInt8]

  public init(_ bytes: [UInt8]) { self.bytes = bytes }
}

extension HexBytes: PlainCodable {
  var plain: String { Hex.encode(bytes) }
  init?(plain: String) {
    guard let bytes = Hex.decode(plain) else { return nil }
    self.init(bytes)
  }
}
