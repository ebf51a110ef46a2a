import Stratum

/// Records of the journal, in order.
public struct JournalPage: Equatable, Sendable {
  public var shares: [NumberedShare]
  /// Where to read on.
  public var next: JournalPosition
  /// What had to be passed over on the way.
  public var damages: [JournalDamage]

  public init(shares: [NumberedShare], next: JournalPosition, damages: [JournalDamage]) {
    self.shares = shares
    self.next = next
    self.damages = damages
  }
}

// For the consumer: may be called on any thread, at any time.
extension ShareJournal {
  /// Where a reader begins that has read nothing.
  public static let beginning = JournalPosition(segment: 0, offset: 0)

  /// At most `limit` shares that are on disk, from `position` on. No shares: that was all, for now.
  public func read(from position: JournalPosition, limit: Int) throws(JournalError) -> JournalPage {
    var page = JournalPage(shares: [], next: position, damages: [])
    let (end, ends) = state.withLock { ($0.end, $0.ends) }
    while page.shares.isEmpty, page.next < end {
      let bound = page.next.segment == end.segment ? end.offset : ends[page.next.segment]
      if try readSegment(into: &page, bound: bound, limit: limit) { continue }
      guard page.next.segment < end.segment else { break }
      let segments = try storage.segments()
      guard let following = segments.first(where: { $0 > page.next.segment }) else { break }
      page.next = JournalPosition(segment: following, offset: 0)
    }
    return page
  }

  /// The same, from as many pieces of the files as it takes.
  func readAll(from position: JournalPosition, limit: Int) throws(JournalError) -> JournalPage {
    var page = try read(from: position, limit: limit)
    var isWhole = page.shares.isEmpty
    while !isWhole, page.shares.count < limit {
      let more = try read(from: page.next, limit: limit - page.shares.count)
      isWhole = more.shares.isEmpty
      page.shares += more.shares
      page.damages += more.damages
      page.next = more.next
    }
    return page
  }

  /// Reads on in one segment. `false`: nothing more will come from it.
  private func readSegment(into page: inout JournalPage, bound: Int?, limit: Int) throws(JournalError) -> Bool {
    let segment = page.next.segment
    if page.next.offset < JournalFormat.headerByteCount {
      let header = try storage.read(segment, at: 0, count: JournalFormat.headerByteCount)
      guard JournalFormat.firstSequence(header: header, segment: segment) != nil else {
        if header.count == JournalFormat.headerByteCount {
          page.damages.append(
            .damaged(file: storage.name(of: segment), offset: 0, unreadByteCount: try byteCount(of: segment)))
        }
        return false
      }
      page.next.offset = JournalFormat.headerByteCount
    }
    let room = bound.map { max(0, $0 - page.next.offset) } ?? .max
    let bytes = try storage.read(segment, at: page.next.offset, count: min(SegmentScan.pieceByteCount, room))
    var rest = bytes[...]
    while page.shares.count < limit {
      guard case .record(let share, let count) = JournalFormat.read(rest) else { break }
      page.shares.append(share)
      page.next.offset += count
      rest = rest.dropFirst(count)
    }
    guard page.shares.isEmpty else { return true }
    if !rest.isEmpty {
      let unread = try byteCount(of: segment) - page.next.offset
      page.damages.append(
        .damaged(file: storage.name(of: segment), offset: page.next.offset, unreadByteCount: unread))
    }
    return false
  }

  private func byteCount(of segment: UInt64) throws(JournalError) -> Int {
    var count = 0
    while true {
      let piece = try storage.read(segment, at: count, count: SegmentScan.pieceByteCount)
      guard !piece.isEmpty else { return count }
      count += piece.count
    }
  }

  /// Removes segments before `segment` that were not written since `time`.
  public func discard(before segment: UInt64, notWrittenSince time: UnixTime) throws(JournalError) {
    let current = end.segment
    for old in try storage.segments() where old < min(segment, current) {
      if let written = try storage.lastWritten(old), written < time { try storage.remove(old) }
    }
  }
}
