import Logging
import Synchronization

@testable import Pool
@testable import Stratum

extension FuzzTarget {
  /// Segments as a crash, a bad disk or somebody else left them: a start, all that can be read, and another start.
  static let journal = FuzzTarget("journal", upTo: 8192) { input in
    let disk = SegmentsInMemory(input)
    let left = disk.contents
    do {
      let journal = try ShareJournal(disk)
      let found = try shares(in: journal)
      for (segment, shares) in Dictionary(grouping: found, by: \.segment) {
        var bytes: [UInt8] = []
        for share in shares { JournalFormat.append(share.share.share, sequence: share.share.sequence, to: &bytes) }
        JournalFormat.seal(&bytes)
        try promise(
          left[segment].map { $0.dropFirst(JournalFormat.headerByteCount).starts(with: bytes) } == true,
          "what was read from segment \(segment) is not what stands in it")
      }
      try go(on: journal)
      let again = try ShareJournal(disk)
      try promise(try shares(in: again) == found, "another start reads other shares")
      let torn = again.damages.contains { if case .tornTail = $0 { true } else { false } }
      try promise(!torn, "what was cut off is found again")
    } catch JournalError.system(let call, _, _) {
      throw Broken("memory failed at \(call)")
    }
  }

  private static func go(on journal: ShareJournal) throws {
    let outlet = journal.attach { _, _ in }
    let share = ShareRecord(
      time: 1_800_000_000_000, hash: Hash256(number: UInt256(1)), work: .zero, algorithm: .sha256d, height: 1,
      nBits: 1, miner: MinerIdentity(account: "A", worker: ""), isBlock: false, sourceJobID: "1")
    // Not written: the journal's thread has nothing to do with recovery.
    _ = journal.state.withLock {
      $0.append(share, ticket: ShareTicket(session: 1, sequence: 1), outlet: outlet, after: nil, limit: 10)
    }
  }

  private struct Found: Equatable {
    var segment: UInt64
    var share: NumberedShare
  }

  private static func shares(in journal: ShareJournal) throws -> [Found] {
    var found: [Found] = []
    var position = ShareJournal.beginning
    while true {
      let page = try journal.read(from: position, limit: 3)
      found += page.shares.map { Found(segment: page.next.segment, share: $0) }
      guard !page.shares.isEmpty else { return found }
      try promise(page.next > position, "reading goes from \(position) to \(page.next)")
      position = page.next
    }
  }
}

extension ShareJournal {
  fileprivate convenience init(_ disk: SegmentsInMemory) throws(JournalError) {
    try self.init(
      storage: disk, now: UnixTime(seconds: 1_800_000_000),
      log: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() })
  }
}

/// A disk with the segments that an input describes. Each is a byte of options, a number of 8 bytes where one says so, the
/// number of its bytes in 2, and the bytes; all little-endian. Checksums are made right where an option says so: no
/// mutation would find them.
final class SegmentsInMemory: JournalStorage {
  private let state = Mutex<[UInt64: [UInt8]]>([:])

  var contents: [UInt64: [UInt8]] { state.withLock { $0 } }

  init(_ input: [UInt8]) {
    var rest = input[...]
    var last: UInt64 = 0
    func number(_ count: Int) -> UInt64 {
      defer { rest = rest.dropFirst(count) }
      return rest.prefix(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    var segments: [UInt64: [UInt8]] = [:]
    while segments.count < 4, let options = rest.popFirst() {
      let segment = options & 1 != 0 ? number(8) : last &+ 1
      let bytes = Array(rest.prefix(Int(number(2))))
      rest = rest.dropFirst(bytes.count)
      segments[segment] = options & 2 != 0 ? Self.sealed(bytes, segment) : bytes
      last = segment
    }
    state.withLock { $0 = segments }
  }

  /// With a good header, but for the first sequence, and with good checksums.
  private static func sealed(_ bytes: [UInt8], _ segment: UInt64) -> [UInt8] {
    let sequence = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    var bytes = JournalFormat.header(segment: segment, firstSequence: sequence) + bytes.dropFirst(8)
    var start = JournalFormat.headerByteCount
    while start + 8 <= bytes.count {
      let length = bytes[start..<start + 4].reversed().reduce(0) { $0 << 8 | Int($1) }
      let end = start + 8 + length
      guard end <= bytes.count else { break }
      let checksum = bytes[start + 8..<end].withUnsafeBytes { JournalChecksum.of($0) }
      for index in 0..<4 { bytes[start + 4 + index] = UInt8(truncatingIfNeeded: checksum >> UInt32(8 * index)) }
      start = end
    }
    return bytes
  }

  func identity() -> String { "fuzz" }
  func segments() -> [UInt64] { contents.keys.sorted() }
  func name(of segment: UInt64) -> String { "\(segment)" }
  func open(_ segment: UInt64) -> any JournalFile { Segment(disk: self, number: segment) }
  func remove(_ segment: UInt64) { state.withLock { $0[segment] = nil } }
  func lastWritten(_ segment: UInt64) -> UnixTime? { contents[segment].map { _ in UnixTime(seconds: 1_800_000_000) } }

  func create(_ segment: UInt64) -> any JournalFile {
    state.withLock { $0[segment] = [] }
    return Segment(disk: self, number: segment)
  }

  func read(_ segment: UInt64, at offset: Int, count: Int) -> [UInt8] {
    Array((contents[segment] ?? []).dropFirst(offset).prefix(count))
  }

  private struct Segment: JournalFile {
    let disk: SegmentsInMemory
    let number: UInt64

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) {
      disk.state.withLock { $0[number] = Array(($0[number] ?? []).prefix(offset)) + bytes }
    }
    func sync() {}
    func truncate(to byteCount: Int) {
      disk.state.withLock { $0[number] = Array(($0[number] ?? []).prefix(byteCount)) }
    }
  }
}
