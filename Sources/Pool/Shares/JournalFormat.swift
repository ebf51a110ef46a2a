import Stratum

/// The bytes of a journal segment. All numbers are little-endian.
///
/// Segment: `ZIONSHRS` ‖ version 32 ‖ CRC-32 32 ‖ segment number 64 ‖ first sequence 64, then records.
/// Record: payload length 32 ‖ CRC-32 of the payload 32 ‖ payload.
/// Payload: sequence 64 ‖ milliseconds 64 ‖ hash 256 ‖ work 128 ‖ height 32 ‖ nBits 32 ‖ algorithm 8 ‖ flags 8 ‖
/// account, worker, source job (each length 16 ‖ UTF-8).
enum JournalFormat {
  static let headerByteCount = 32
  static let recordHeadByteCount = 8
  private static let magic = Array("ZIONSHRS".utf8)
  private static let version: UInt32 = 1
  private static let fixedByteCount = 74
  static let longestPayload = fixedByteCount + 3 * (2 + ShareRecord.longestText)

  static func header(segment: UInt64, firstSequence: UInt64) -> [UInt8] {
    var numbers: [UInt8] = []
    numbers.append(littleEndian: segment)
    numbers.append(littleEndian: firstSequence)
    var bytes = magic
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: CRC32.checksum(numbers))
    return bytes + numbers
  }

  /// The first sequence of the segment; `nil` when the bytes are not the header of segment `segment`.
  static func firstSequence(header: some Collection<UInt8>, segment: UInt64) -> UInt64? {
    let bytes = Array(header.prefix(headerByteCount))
    guard bytes.count == headerByteCount else { return nil }
    let sequence = bytes[24...].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return bytes == self.header(segment: segment, firstSequence: sequence) ? sequence : nil
  }

  /// Appends a record whose checksum is still zero: `seal` fills it in, on the thread that writes.
  static func append(_ share: ShareRecord, sequence: UInt64, to bytes: inout [UInt8]) {
    let texts = (share.miner.account, share.miner.worker, share.sourceJobID)
    let length = fixedByteCount + 6 + texts.0.utf8.count + texts.1.utf8.count + texts.2.utf8.count
    withUnsafeTemporaryAllocation(byteCount: recordHeadByteCount + fixedByteCount, alignment: 16) { raw in
      guard let base = raw.baseAddress else { preconditionFailure("82 bytes were allocated") }
      raw.storeBytes(of: UInt32(length).littleEndian, as: UInt32.self)
      raw.storeBytes(of: 0, toByteOffset: 4, as: UInt32.self)
      raw.storeBytes(of: sequence.littleEndian, toByteOffset: 8, as: UInt64.self)
      raw.storeBytes(of: share.time.littleEndian, toByteOffset: 16, as: UInt64.self)
      share.hash.store(to: base + 24)
      raw.storeBytes(of: share.work.hashes.littleEndian, toByteOffset: 56, as: UInt128.self)
      raw.storeBytes(of: share.height.littleEndian, toByteOffset: 72, as: UInt32.self)
      raw.storeBytes(of: share.nBits.littleEndian, toByteOffset: 76, as: UInt32.self)
      raw[80] = share.algorithm.number
      raw[81] = share.isBlock ? 1 : 0
      bytes.append(contentsOf: raw)
    }
    append(texts.0, to: &bytes)
    append(texts.1, to: &bytes)
    append(texts.2, to: &bytes)
  }

  private static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(littleEndian: UInt16(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  /// Fills in the checksums of whole records that `append` made.
  static func seal(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { raw in
      var offset = 0
      while offset + recordHeadByteCount <= raw.count {
        let length = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        let payload = raw[offset + recordHeadByteCount..<offset + recordHeadByteCount + length]
        let checksum = JournalChecksum.of(UnsafeRawBufferPointer(rebasing: payload))
        raw.storeBytes(of: checksum.littleEndian, toByteOffset: offset + 4, as: UInt32.self)
        offset += recordHeadByteCount + length
      }
    }
  }

  /// What stands at some place in a segment.
  enum Reading: Equatable {
    case record(NumberedShare, byteCount: Int)
    /// The bytes end before the record does.
    case incomplete
    /// Never written by us, or changed since.
    case damaged
  }

  static func read(_ bytes: ArraySlice<UInt8>) -> Reading {
    guard bytes.count >= recordHeadByteCount else { return .incomplete }
    return bytes.withUnsafeBytes { raw in
      let word = { UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self)) }
      let length = Int(word(0))
      guard length >= fixedByteCount + 6, length <= longestPayload else { return .damaged }
      let end = recordHeadByteCount + length
      guard raw.count >= end else { return .incomplete }
      let payload = UnsafeRawBufferPointer(rebasing: raw[recordHeadByteCount..<end])
      guard JournalChecksum.of(payload) == word(4), let share = share(payload) else { return .damaged }
      return .record(share, byteCount: end)
    }
  }

  private static func share(_ payload: UnsafeRawBufferPointer) -> NumberedShare? {
    func number<T: FixedWidthInteger>(_ offset: Int, _: T.Type = T.self) -> T {
      T(littleEndian: payload.loadUnaligned(fromByteOffset: offset, as: T.self))
    }
    var offset = fixedByteCount
    func text() -> String? {
      guard offset + 2 <= payload.count else { return nil }
      let end = offset + 2 + Int(number(offset, UInt16.self))
      guard end <= payload.count else { return nil }
      defer { offset = end }
      return String(validating: payload[offset + 2..<end], as: UTF8.self)
    }
    guard let base = payload.baseAddress, let algorithm = Algorithm(number: payload[72]), payload[73] <= 1,
      let account = text(), let worker = text(), let job = text(), offset == payload.count
    else { return nil }
    return NumberedShare(
      sequence: number(0),
      share: ShareRecord(
        time: number(8), hash: Hash256(at: base + 16), work: ShareWork(hashes: number(48)), algorithm: algorithm,
        height: number(64), nBits: number(68), miner: MinerIdentity(account: account, worker: worker),
        isBlock: payload[73] == 1, sourceJobID: job))
  }
}
