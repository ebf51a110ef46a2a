/// The 80 bytes that are hashed.
///
/// version LE ‖ previous block ‖ merkle root ‖ nTime LE ‖ nBits LE ‖ nonce LE.
/// Source: Bitcoin developer reference, "Block headers".
public struct BlockHeader: Hashable, Sendable {
  public static let byteCount = 80

  public var version: UInt32
  public var previousBlock: Hash256
  public var merkleRoot: Hash256
  public var nTime: UnixTime
  public var nBits: UInt32
  public var nonce: UInt32

  public init(
    version: UInt32, previousBlock: Hash256, merkleRoot: Hash256, nTime: UnixTime, nBits: UInt32, nonce: UInt32
  ) {
    self.version = version
    self.previousBlock = previousBlock
    self.merkleRoot = merkleRoot
    self.nTime = nTime
    self.nBits = nBits
    self.nonce = nonce
  }

  /// From exactly 80 bytes.
  public init?(bytes: some Collection<UInt8>) {
    let bytes = Array(bytes)
    guard bytes.count == Self.byteCount, let previous = Hash256(bytes: bytes[4..<36]),
      let root = Hash256(bytes: bytes[36..<68])
    else { return nil }
    let word = { (at: Int) in (0..<4).reduce(UInt32(0)) { $0 | UInt32(bytes[at + $1]) << UInt32(8 * $1) } }
    self.init(
      version: word(0), previousBlock: previous, merkleRoot: root, nTime: UnixTime(seconds: word(68)),
      nBits: word(72), nonce: word(76))
  }

  /// Runs `body` on the 80 bytes, which live on the stack.
  @inlinable @inline(__always)
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) -> R) -> R {
    withUnsafeTemporaryAllocation(byteCount: Self.byteCount, alignment: 16) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("80 bytes were allocated") }
      base.storeBytes(of: version.littleEndian, toByteOffset: 0, as: UInt32.self)
      previousBlock.store(to: base + 4)
      merkleRoot.store(to: base + 36)
      base.storeBytes(of: nTime.seconds.littleEndian, toByteOffset: 68, as: UInt32.self)
      base.storeBytes(of: nBits.littleEndian, toByteOffset: 72, as: UInt32.self)
      base.storeBytes(of: nonce.littleEndian, toByteOffset: 76, as: UInt32.self)
      return body(UnsafeRawBufferPointer(raw))
    }
  }

  public var bytes: [UInt8] { withBytes { Array($0) } }

  /// What a KawPow miner hashes with its nonces: double SHA-256 of a header that has the height where others have their
  /// nonce, in the order of the wire (the reverse of what nodes store).
  ///
  /// Source: Ravencoin, `CKAWPOWInput`.
  public func kawpowHeaderHash(using hashes: some HashFunctions) -> Hash256 {
    Hash256(number: withBytes { hashes.sha256d($0) }.number.byteSwapped)
  }
}
