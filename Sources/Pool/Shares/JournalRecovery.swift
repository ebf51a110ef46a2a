import Stratum

/// Something in the journal that is not as it was written.
public enum JournalDamage: Equatable, Sendable {
  /// The last segment ended within a record: a crash cut a write that nobody was told had happened.
  case tornTail(file: String, offset: Int, removedByteCount: Int)
  /// A record, or a segment's header, is not what was written; what follows it in this file is not read.
  case damaged(file: String, offset: Int, unreadByteCount: Int)
}

extension JournalDamage: CustomStringConvertible {
  public var description: String {
    switch self {
    case .tornTail(let file, let offset, let count):
      "\(file) ended within a record at byte \(offset): \(count) bytes removed (no share of them was acknowledged)"
    case .damaged(let file, let offset, let count):
      "\(file) is damaged at byte \(offset): \(count) bytes not read; restore the file from a copy, shares are missing"
    }
  }
}

/// What the journal's files say at start.
struct JournalRecovery {
  private(set) var nextSegment: UInt64 = 1
  private(set) var nextSequence: UInt64 = 1
  /// Hashes of shares not older than the time that was asked for, oldest first.
  private(set) var recentHashes: [Hash256] = []
  private(set) var damages: [JournalDamage] = []

  /// Segments and shares are counted up from 1: a higher number is not of our making, and would leave too few.
  static let highestNumber = UInt64(1) << 62

  /// Reads the segments that matter: the last whole, and older ones as long as they were written since `since`.
  /// What a crash left half-written at the end of the last one is removed.
  ///
  /// - Parameter since: seconds since 1970.
  init(of storage: any JournalStorage, hashesSince since: UnixTime) throws(JournalError) {
    let segments = try storage.segments()
    guard let last = segments.last else { return }
    guard last <= Self.highestNumber else { throw .exhausted(file: storage.name(of: last)) }
    nextSegment = last + 1
    try cutTail(of: last, in: storage)
    var newest: [[Hash256]] = []
    for segment in segments.reversed() {
      let isRecent = try storage.lastWritten(segment).map { $0 >= since } ?? false
      guard segment == last || nextSequence == 1 || isRecent else { break }
      newest.append(try read(segment, in: storage, since: since))
    }
    recentHashes = newest.reversed().flatMap { $0 }
  }

  private mutating func cutTail(of segment: UInt64, in storage: any JournalStorage) throws(JournalError) {
    var scan = SegmentScan(storage: storage, segment: segment)
    let end = try scan.run { _ in }
    let name = storage.name(of: segment)
    guard scan.hasHeader else {
      // Nothing is written before the header is on disk: shorter than a header, it never held a share.
      if scan.byteCount <= JournalFormat.headerByteCount {
        try storage.remove(segment)
      } else {
        damages.append(.damaged(file: name, offset: 0, unreadByteCount: scan.byteCount))
      }
      return
    }
    let file = try storage.open(segment)
    guard end < scan.byteCount else {
      // What the last run wrote may still be in memory only: on disk before anybody is told of a duplicate.
      return try file.sync()
    }
    // Only a crash leaves a torn end, and nothing whole behind it: anything else must not be removed.
    guard try !scan.hasRecord(after: end) else { return }
    try file.truncate(to: end)
    damages.append(.tornTail(file: name, offset: end, removedByteCount: scan.byteCount - end))
  }

  private mutating func read(
    _ segment: UInt64, in storage: any JournalStorage, since: UnixTime
  ) throws(JournalError) -> [Hash256] {
    var scan = SegmentScan(storage: storage, segment: segment)
    var hashes: [Hash256] = []
    var sequence = nextSequence
    let end = try scan.run { record in
      sequence = max(sequence, min(record.sequence, Self.highestNumber) + 1)
      if record.share.time / 1000 >= UInt64(since.seconds) { hashes.append(record.share.hash) }
    }
    nextSequence = max(sequence, scan.firstSequence ?? 1)
    guard nextSequence <= Self.highestNumber else { throw .exhausted(file: storage.name(of: segment)) }
    if end < scan.byteCount, scan.hasHeader {
      damages.append(
        .damaged(file: storage.name(of: segment), offset: end, unreadByteCount: scan.byteCount - end))
    }
    return hashes
  }
}

/// Reads one segment from its start, a piece at a time.
struct SegmentScan {
  let storage: any JournalStorage
  let segment: UInt64
  private(set) var firstSequence: UInt64?
  /// Bytes in the file, once `run` has returned.
  private(set) var byteCount = 0
  var hasHeader: Bool { firstSequence != nil }

  static let pieceByteCount = 1 << 20

  init(storage: any JournalStorage, segment: UInt64) {
    self.storage = storage
    self.segment = segment
  }

  /// Hands over every whole record; returns where they end.
  mutating func run(_ visit: (NumberedShare) -> Void) throws(JournalError) -> Int {
    var bytes = try storage.read(segment, at: 0, count: Self.pieceByteCount)
    byteCount = bytes.count
    firstSequence = JournalFormat.firstSequence(header: bytes, segment: segment)
    guard hasHeader else {
      try countRest()
      return 0
    }
    var start = JournalFormat.headerByteCount
    var base = 0
    while true {
      switch JournalFormat.read(bytes[start...]) {
      case .record(let record, let count):
        visit(record)
        start += count
      case .damaged:
        try countRest()
        return base + start
      case .incomplete:
        base += start
        bytes.removeFirst(start)
        start = 0
        let more = try storage.read(segment, at: byteCount, count: Self.pieceByteCount)
        guard !more.isEmpty else { return base }
        bytes += more
        byteCount += more.count
      }
    }
  }

  /// Whether a whole record stands somewhere behind `offset`.
  func hasRecord(after offset: Int) throws(JournalError) -> Bool {
    let rest = try storage.read(segment, at: offset, count: max(0, byteCount - offset))
    return rest.indices.dropFirst().contains { start in
      if case .record = JournalFormat.read(rest[start...]) { true } else { false }
    }
  }

  private mutating func countRest() throws(JournalError) {
    while true {
      let more = try storage.read(segment, at: byteCount, count: Self.pieceByteCount)
      guard !more.isEmpty else { return }
      byteCount += more.count
    }
  }
}
