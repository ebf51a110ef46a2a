import Stratum

/// Shares that one write takes to disk.
struct JournalBatch: Sendable {
  var bytes: [UInt8] = []
  var firstSequence: UInt64 = 0
  var count = 0
  /// By outlet.
  var tickets: [Int: [ShareTicket]] = [:]
  var hashes: [Hash256] = []
  /// Of blocks that were found by them.
  var blocks: [BlockReceipt] = []
}

/// What the journal knows between two writes; the part that event loops and the writing thread share.
struct JournalState: Sendable {
  var outlets: [Int: @Sendable ([ShareTicket], ShareOutcome) -> Void] = [:]
  var observers: [@Sendable (ShareJournal.Event) -> Void] = []
  var end = JournalPosition(segment: 0, offset: 0)
  var isClosed = false
  private(set) var nextSequence: UInt64 = 1
  private(set) var damages: [JournalDamage] = []
  private(set) var health = ShareJournal.Health.unavailable(reason: "it is being opened")
  /// Where segments end that were given up: what may stand behind was never acknowledged.
  var ends: [UInt64: Int] = [:]
  private var queued = JournalBatch()
  private var seen = SeenShares()
  /// The blocks that were mined on last. Every algorithm has a watcher, and each sees a new block at its own time: one
  /// may still report the block before when others are past it.
  private var recentBlocks: [Hash256] = []
  /// A drain is running or on its way, or the journal waits to be opened again.
  private var isWriting = true
  private var outletCount = 0

  var waitingCount: Int { queued.count }

  /// The older half of what was seen is forgotten at the next share: the block has changed.
  private var isTurnDue = false
  /// The time of the share at which it was forgotten last.
  private var turnedAt: UInt64?

  private static let recentBlockLimit = 16
  /// Nothing is forgotten sooner. A share can be sent again for as long as its nTime runs ahead of the clock, should the
  /// chain go back to its block.
  static let memoryMilliseconds = UInt64(Limits.nTimeAheadSeconds) * 1000

  /// What earlier runs wrote: readable from now on.
  mutating func adopt(_ recovery: JournalRecovery) {
    end = JournalPosition(segment: recovery.nextSegment, offset: 0)
    nextSequence = recovery.nextSequence
    damages = recovery.damages
    for hash in recovery.recentHashes { _ = seen.insert(hash) }
  }

  mutating func isTroubled(by reason: String) { health = .unavailable(reason: reason) }

  mutating func attach(
    _ answer: @escaping @Sendable ([ShareTicket], ShareOutcome) -> Void
  ) -> ShareJournal.Outlet {
    outletCount += 1
    outlets[outletCount] = answer
    return ShareJournal.Outlet(index: outletCount)
  }

  /// The second value: whether the writing thread must be woken.
  mutating func append(
    _ share: ShareRecord, ticket: ShareTicket, outlet: ShareJournal.Outlet, after block: BlockReceipt?, limit: Int
  ) -> (ShareJournal.Admission, wakes: Bool) {
    guard health == .healthy, !isClosed, queued.count < limit, share.isStorable else {
      return (.refused(.storageUnavailable), false)
    }
    forget(at: share.time)
    guard seen.insert(share.hash) else { return (.refused(.duplicate), false) }
    if queued.count == 0 { queued.firstSequence = nextSequence }
    JournalFormat.append(share, sequence: nextSequence, to: &queued.bytes)
    nextSequence += 1
    queued.count += 1
    queued.tickets[outlet.index, default: []].append(ticket)
    queued.hashes.append(share.hash)
    if let block { queued.blocks.append(block) }
    defer { isWriting = true }
    return (.queued, !isWriting)
  }

  mutating func blockChanged(to block: Hash256) {
    guard !recentBlocks.contains(block) else { return }
    recentBlocks.append(block)
    if recentBlocks.count > Self.recentBlockLimit { recentBlocks.removeFirst() }
    isTurnDue = true
  }

  /// What was seen before two blocks, and longer ago than any share can be sent again.
  private mutating func forget(at now: UInt64) {
    guard let last = turnedAt else { return turnedAt = now }
    guard isTurnDue, now >= last + Self.memoryMilliseconds else { return }
    (isTurnDue, turnedAt) = (false, now)
    seen.turn()
  }

  /// Everything that is queued; `nil` when there is nothing, and the next share wakes the thread.
  mutating func takeBatch() -> JournalBatch? {
    guard queued.count > 0 else {
      isWriting = false
      return nil
    }
    defer { queued = JournalBatch() }
    return queued
  }

  /// Gives up the batch and all that is queued. Their hashes may be sent again.
  mutating func fail(
    _ batch: JournalBatch, reason: String
  ) -> (end: JournalPosition, queued: JournalBatch?, observers: [@Sendable (ShareJournal.Event) -> Void]) {
    health = .unavailable(reason: reason)
    ends[end.segment] = end.offset
    let rest = queued.count > 0 ? queued : nil
    queued = JournalBatch()
    for hash in batch.hashes + (rest?.hashes ?? []) { seen.remove(hash) }
    return (end, rest, observers)
  }

  mutating func recover(at start: JournalPosition) -> [@Sendable (ShareJournal.Event) -> Void] {
    end = start
    health = .healthy
    isWriting = false
    return observers
  }
}

/// The segment that is being written.
struct JournalWriter: Sendable {
  private let storage: any JournalStorage
  private let segmentByteCount: Int
  private var nextSegment: UInt64
  private var file: (any JournalFile)?
  private var position = JournalPosition(segment: 0, offset: 0)

  init(storage: any JournalStorage, nextSegment: UInt64, segmentByteCount: Int) {
    self.storage = storage
    self.nextSegment = nextSegment
    self.segmentByteCount = segmentByteCount
  }

  /// Begins a new segment. A number that failed once is not used again.
  mutating func openNext(firstSequence: UInt64) throws(JournalError) -> JournalPosition {
    file = nil
    let segment = nextSegment
    nextSegment += 1
    let new = try storage.create(segment)
    do throws(JournalError) {
      try Self.write(JournalFormat.header(segment: segment, firstSequence: firstSequence), to: new, at: 0)
    } catch {
      // An empty file that cannot be removed is passed over by every reader.
      _ = Result { () throws(JournalError) in try storage.remove(segment) }
      throw error
    }
    file = new
    position = JournalPosition(segment: segment, offset: JournalFormat.headerByteCount)
    return position
  }

  /// Returns where the records end, once they are on disk.
  mutating func write(_ bytes: [UInt8], firstSequence: UInt64) throws(JournalError) -> JournalPosition {
    if file == nil || position.offset >= segmentByteCount { _ = try openNext(firstSequence: firstSequence) }
    guard let file else { preconditionFailure("a segment was opened") }
    try Self.write(bytes, to: file, at: position.offset)
    position.offset += bytes.count
    return position
  }

  /// Leaves the segment and cuts what was never acknowledged: all, in one that was only just begun.
  /// - Returns: where it ends now for readers, also where cutting failed too; `nil` when none is open.
  mutating func abandon(at end: JournalPosition) -> JournalPosition? {
    guard let file else { return nil }
    self.file = nil
    let offset = end.segment == position.segment ? end.offset : JournalFormat.headerByteCount
    _ = Result { () throws(JournalError) in try file.truncate(to: offset) }
    return JournalPosition(segment: position.segment, offset: offset)
  }

  private static func write(_ bytes: [UInt8], to file: any JournalFile, at offset: Int) throws(JournalError) {
    let written = bytes.withUnsafeBytes { raw in
      Result { () throws(JournalError) in try file.write(raw, at: offset) }
    }
    try written.get()
    try file.sync()
  }
}
