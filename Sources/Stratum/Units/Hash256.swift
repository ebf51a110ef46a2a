/// A 32-byte digest, held as the number it is compared as: byte 31 most significant (little-endian).
///
/// Source: Bitcoin developer reference, "Block headers"; design.md §5.
public struct Hash256: Hashable, Sendable {
  public var number: UInt256

  public init(number: UInt256) { self.number = number }

  /// From 32 bytes in digest order. `nil` for any other count.
  public init?(bytes: some Collection<UInt8>) {
    guard let number = UInt256(littleEndian: bytes) else { return nil }
    self.number = number
  }

  /// From the first 32 bytes at `pointer`, in digest order.
  @inlinable
  public init(at pointer: UnsafeRawPointer) {
    let limb = { (offset: Int) in
      UInt64(littleEndian: pointer.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    number = UInt256(limb(24), limb(16), limb(8), limb(0))
  }

  public static let zero = Hash256(number: .zero)

  /// The 32 bytes in digest order.
  public var bytes: [UInt8] { number.littleEndianBytes }

  /// Writes the 32 bytes in digest order to `pointer`.
  @inlinable
  public func store(to pointer: UnsafeMutableRawPointer) {
    pointer.storeBytes(of: number.l0.littleEndian, toByteOffset: 0, as: UInt64.self)
    pointer.storeBytes(of: number.l1.littleEndian, toByteOffset: 8, as: UInt64.self)
    pointer.storeBytes(of: number.l2.littleEndian, toByteOffset: 16, as: UInt64.self)
    pointer.storeBytes(of: number.l3.littleEndian, toByteOffset: 24, as: UInt64.self)
  }

  /// The low limb alone: a digest is uniform in every part, and the high one is near zero for a share.
  @inlinable
  public func hash(into hasher: inout Hasher) { hasher.combine(number.l0) }

  /// 64 hex digits in the order that nodes and explorers show (most significant byte first).
  public var displayHex: String { number.hex }

  /// From 64 hex digits in display order.
  public init?(displayHex: some StringProtocol) {
    guard let number = UInt256(hex: displayHex) else { return nil }
    self.number = number
  }
}
