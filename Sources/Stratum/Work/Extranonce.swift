/// Up to 32 bytes of a coinbase's search space, held inline: part of extranonce1, a tail, or extranonce2.
///
/// 32 bytes is the most that any upstream hands out (Stratum V2's `MAX_EXTRANONCE_LEN`).
public struct Extranonce: Hashable, Sendable {
  public static let maximumByteCount = 32

  private var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
  public private(set) var count: Int = 0

  public static let empty = Extranonce()

  /// No bytes.
  public init() {}

  /// That many bytes of zero, at most 32.
  public init(zeros count: Int) { self.count = max(0, min(count, Self.maximumByteCount)) }

  /// `nil` when there are more than 32 bytes.
  public init?(_ bytes: some Collection<UInt8>) {
    guard bytes.count <= Self.maximumByteCount else { return nil }
    for byte in bytes { _ = append(byte) }
  }

  /// The `count` low bytes of `value`, most significant first. `nil` when `count` is above 8 or the value has more.
  public init?(_ value: UInt64, byteCount: Int) {
    guard (0...8).contains(byteCount), byteCount == 8 || value >> UInt64(8 * byteCount) == 0 else { return nil }
    for i in (0..<byteCount).reversed() { _ = append(UInt8(truncatingIfNeeded: value >> UInt64(8 * i))) }
  }

  /// `false`, and nothing appended, at 32 bytes.
  public mutating func append(_ byte: UInt8) -> Bool {
    guard count < Self.maximumByteCount else { return false }
    let index = count
    withUnsafeMutableBytes(of: &words) { $0[index] = byte }
    count += 1
    return true
  }

  /// This followed by `other`; `nil` beyond 32 bytes.
  public func appending(_ other: Extranonce) -> Extranonce? {
    var result = self
    for i in 0..<other.count where !result.append(other[i]) { return nil }
    return result
  }

  /// Without the first `n` bytes (all of them when there are fewer).
  public func dropping(first n: Int) -> Extranonce {
    var result = Extranonce()
    for i in min(n, count)..<count { _ = result.append(self[i]) }
    return result
  }

  public subscript(index: Int) -> UInt8 {
    withUnsafeBytes(of: words) { $0[index] }
  }

  /// Whether the most significant bytes of a 64-bit nonce are these.
  public func isPrefix(of nonce: UInt64) -> Bool {
    count <= 8 && (0..<count).allSatisfy { self[$0] == UInt8(truncatingIfNeeded: nonce &>> UInt64(56 - 8 * $0)) }
  }

  public var bytes: [UInt8] { (0..<count).map { self[$0] } }
  public var hex: String { Hex.encode(bytes) }

  /// Copies the bytes to `pointer`, which has room for `count` of them.
  public func copy(to pointer: UnsafeMutableRawPointer) {
    withUnsafeBytes(of: words) { raw in
      guard let base = raw.baseAddress else { return }
      pointer.copyMemory(from: base, byteCount: count)
    }
  }

  public static func == (a: Extranonce, b: Extranonce) -> Bool { a.count == b.count && a.words == b.words }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(count)
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}
