import Stratum
import TestSupport
import Testing

@testable import Pool

@Suite struct JournalFormatTests {
  private func bytes(_ share: ShareRecord, sequence: UInt64) -> [UInt8] {
    var bytes: [UInt8] = []
    JournalFormat.append(share, sequence: sequence, to: &bytes)
    JournalFormat.seal(&bytes)
    return bytes
  }

  private func share(seed: UInt64) -> ShareRecord {
    var random = SeededRandom(seed: seed)
    let texts = ["", "ZION_00ff", "rig-1", "ž🦊", String(repeating: "x", count: ShareRecord.longestText)]
    return ShareRecord(
      time: random.next(), hash: Hash256(number: UInt256(random.next(), random.next(), random.next(), random.next())),
      work: ShareWork(hashes: UInt128(random.next()) << 64 | UInt128(random.next())),
      algorithm: Algorithm.allCases.randomElement(using: &random) ?? .scrypt,
      height: UInt32(truncatingIfNeeded: random.next()), nBits: UInt32(truncatingIfNeeded: random.next()),
      miner: MinerIdentity(
        account: texts.randomElement(using: &random) ?? "", worker: texts.randomElement(using: &random) ?? ""),
      isBlock: random.next() % 2 == 0, sourceJobID: texts.randomElement(using: &random) ?? "")
  }

  @Test(arguments: 0..<200) func `a record is read as it was written`(seed: UInt64) {
    let share = share(seed: seed)
    let bytes = bytes(share, sequence: seed)
    #expect(
      JournalFormat.read(bytes[...])
        == .record(NumberedShare(sequence: seed, share: share), byteCount: bytes.count))
  }

  @Test func `a record that is cut anywhere is incomplete`() {
    let bytes = bytes(share(seed: 3), sequence: 1)
    for count in 0..<bytes.count { #expect(JournalFormat.read(bytes.prefix(count)) == .incomplete) }
  }

  @Test func `no changed bit goes unnoticed`() {
    let bytes = bytes(.numbered(1), sequence: 1)
    let good = JournalFormat.read(bytes[...])
    for bit in 0..<(8 * bytes.count) {
      var changed = bytes
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      let reading = JournalFormat.read(changed[...])
      #expect(reading == .damaged || reading == .incomplete)
      #expect(reading != good)
    }
  }

  @Test(arguments: 0..<300) func `random bytes are never a record`(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var bytes = (0..<400).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    // A plausible length, so that the payload is looked at.
    bytes.replaceSubrange(0..<4, with: [UInt8(80 + seed % 100), 0, 0, 0])
    #expect(JournalFormat.read(bytes[...]) == .damaged)
  }

  /// Source: the check value of CRC-32/ISO-HDLC.
  @Test func `the checksum is the usual CRC-32, whatever the length`() {
    #expect(Array("123456789".utf8).withUnsafeBytes { JournalChecksum.of($0) } == 0xcbf4_3926)
    var random = SeededRandom(seed: 1)
    for count in 0..<100 {
      let bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      #expect(bytes.withUnsafeBytes { JournalChecksum.of($0) } == CRC32.checksum(bytes))
    }
  }

  @Test func `a header names its segment`() {
    let header = JournalFormat.header(segment: 9, firstSequence: 77)
    #expect(header.count == JournalFormat.headerByteCount)
    #expect(JournalFormat.firstSequence(header: header, segment: 9) == 77)
    #expect(JournalFormat.firstSequence(header: header, segment: 8) == nil)
    for index in header.indices {
      var changed = header
      changed[index] ^= 4
      #expect(JournalFormat.firstSequence(header: changed, segment: 9) == nil)
      #expect(JournalFormat.firstSequence(header: header.prefix(index), segment: 9) == nil)
    }
  }
}
