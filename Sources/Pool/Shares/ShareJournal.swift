import Dispatch
import Logging
import Stratum
import Synchronization

/// The shares of the local pool, on disk before they are acknowledged: the source of truth for all credit.
///
/// Event loops append; one thread writes everything that was queued while its last write ran, waits for the disk once,
/// and answers all of it. After a failed write or sync nothing of that batch is acknowledged and nothing is written
/// behind it: what the kernel still holds of such a file cannot be trusted. The journal goes on in a new segment.
public final class ShareJournal: Sendable {
  public struct Settings: Sendable {
    /// A segment that reached this size is followed by another.
    public var segmentByteCount = 64 << 20
    /// Shares that wait for the disk; one more is refused.
    public var pendingLimit = 65_536
    /// Shares not older than this are known as duplicates after a restart.
    public var recallSeconds: UInt32 = 600
    /// Between two attempts to write again: doubles from the first to the second.
    public var retrySeconds = 0.1...5.0

    public init() {}
  }

  public enum Health: Equatable, Sendable {
    case healthy
    /// Shares are refused until the journal can be written again.
    case unavailable(reason: String)
  }

  public enum Event: Equatable, Sendable {
    /// More records can be read.
    case advanced
    case health(Health)
  }

  /// Where the answers of one event loop go.
  public struct Outlet: Hashable, Sendable {
    let index: Int
  }

  public enum Admission: Equatable, Sendable {
    /// The outlet gets the answer once the disk has the share.
    case queued
    /// Not stored; there is no other answer.
    case refused(RejectReason)
  }

  /// What this journal is called in databases.
  public let id: String
  /// What was found damaged at start.
  public let damages: [JournalDamage]

  let storage: any JournalStorage
  let state: Mutex<JournalState>
  private let settings: Settings
  private let writer: Mutex<JournalWriter>
  private let thread = DispatchQueue(label: "zion.share-journal", qos: .userInitiated)
  private let log: Logger

  /// Opens or creates the journal and reads back what it needs.
  /// - Parameter now: decides which shares count as recent.
  public convenience init(
    directory: String, now: UnixTime, settings: Settings = Settings(), log: Logger
  ) throws(JournalError) {
    let folder = try JournalDirectory(directory)
    #if CHAOS
      let storage: any JournalStorage = TroubledDisk(over: folder) ?? folder
    #else
      let storage = folder
    #endif
    try self.init(storage: storage, now: now, settings: settings, log: log)
  }

  init(
    storage: any JournalStorage, now: UnixTime, settings: Settings = Settings(), log: Logger
  ) throws(JournalError) {
    let recovery = try JournalRecovery(
      of: storage, hashesSince: now.advanced(by: -Int64(settings.recallSeconds)))
    var writer = JournalWriter(
      storage: storage, nextSegment: recovery.nextSegment, segmentByteCount: settings.segmentByteCount)
    // A disk that is full at start is no other than one that fills up later: the miners of other pools are served.
    let opened = Result { () throws(JournalError) in try writer.openNext(firstSequence: recovery.nextSequence) }
    let start = (try? opened.get()) ?? JournalPosition(segment: recovery.nextSegment, offset: 0)
    let trouble: JournalError? = if case .failure(let error) = opened { error } else { nil }
    id = try storage.identity()
    self.storage = storage
    self.settings = settings
    self.log = log
    damages = recovery.damages
    state = Mutex(JournalState(recovery: recovery, end: start, trouble: trouble?.description))
    self.writer = Mutex(writer)
    for damage in recovery.damages { log.error("share journal damaged", metadata: ["what": "\(damage)"]) }
    if let trouble {
      log.error("share journal cannot be written; shares are refused", metadata: ["error": "\(trouble)"])
      retry(in: settings.retrySeconds.lowerBound)
    }
  }

  /// A way for answers: `answer` is called on the journal's thread, once for each outlet and batch.
  public func attach(
    _ answer: @escaping @Sendable (_ tickets: [ShareTicket], _ outcome: ShareOutcome) -> Void
  ) -> Outlet {
    state.withLock { $0.attach(answer) }
  }

  /// Answers still on their way to this outlet are dropped.
  public func detach(_ outlet: Outlet) { state.withLock { $0.outlets[outlet.index] = nil } }

  /// Tells `observer`, on the journal's thread, what happens from now on.
  public func observe(_ observer: @escaping @Sendable (Event) -> Void) {
    state.withLock { $0.observers.append(observer) }
  }

  /// Takes a share; returns at once. Duplicates are refused here, where all event loops meet.
  /// - Parameter block: what the share found; the share is acknowledged once that is on disk too.
  public func append(
    _ share: ShareRecord, ticket: ShareTicket, outlet: Outlet, after block: BlockReceipt? = nil
  ) -> Admission {
    let limit = settings.pendingLimit
    let (admission, wakes) = state.withLock {
      $0.append(share, ticket: ticket, outlet: outlet, after: block, limit: limit)
    }
    if wakes { thread.async { self.drain() } }
    return admission
  }

  /// A new block is being mined: what was seen two blocks ago, and ten minutes, cannot come again. The same block twice
  /// counts once.
  public func blockChanged(to previousBlock: Hash256) { state.withLock { $0.blockChanged(to: previousBlock) } }

  public var health: Health { state.withLock { $0.health } }

  /// Shares that were ever taken, and those of them that wait for the disk.
  public var counts: (records: UInt64, waiting: Int) { state.withLock { ($0.nextSequence, $0.waitingCount) } }

  /// Where the next record will be; everything before it is on disk.
  public var end: JournalPosition { state.withLock { $0.end } }

  /// Returns when everything appended before is answered.
  public func flush() async {
    await withCheckedContinuation { continuation in thread.async { continuation.resume() } }
  }

  /// Refuses every later share, and returns when all earlier ones are answered.
  public func close() async {
    state.withLock { $0.isClosed = true }
    await flush()
  }
}

// On the journal's thread.
extension ShareJournal {
  private func drain() {
    while var batch = state.withLock({ $0.takeBatch() }) {
      do throws(JournalError) {
        JournalFormat.seal(&batch.bytes)
        let end = try writer.withLock { writer throws(JournalError) in
          try writer.write(batch.bytes, firstSequence: batch.firstSequence)
        }
        let observers = state.withLock { state in
          state.end = end
          return state.observers
        }
        for block in batch.blocks { block.wait() }
        answer(batch, .accepted)
        for observer in observers { observer(.advanced) }
      } catch {
        return fail(batch, because: error)
      }
    }
  }

  private func answer(_ batch: JournalBatch, _ outcome: ShareOutcome) {
    let outlets = state.withLock { $0.outlets }
    for (index, tickets) in batch.tickets { outlets[index]?(tickets, outcome) }
  }

  private func fail(_ batch: JournalBatch, because error: JournalError) {
    let (end, queued, observers) = state.withLock { $0.fail(batch, reason: error.description) }
    log.error("share journal cannot be written; shares are refused", metadata: ["error": "\(error)"])
    answer(batch, .rejected(.storageUnavailable))
    if let queued { answer(queued, .rejected(.storageUnavailable)) }
    for observer in observers { observer(.health(.unavailable(reason: error.description))) }
    writer.withLock { $0.abandon(at: end) }
    retry(in: settings.retrySeconds.lowerBound)
  }

  private func retry(in seconds: Double) {
    thread.asyncAfter(deadline: .now() + seconds) { self.reopen(waited: seconds) }
  }

  private func reopen(waited: Double) {
    do throws(JournalError) {
      let sequence = state.withLock { $0.nextSequence }
      let start = try writer.withLock { writer throws(JournalError) in try writer.openNext(firstSequence: sequence) }
      let observers = state.withLock { $0.recover(at: start) }
      log.notice("share journal can be written again", metadata: ["file": "\(storage.name(of: start.segment))"])
      for observer in observers { observer(.health(.healthy)) }
    } catch {
      log.warning("share journal still cannot be written", metadata: ["error": "\(error)"])
      retry(in: min(2 * waited, settings.retrySeconds.upperBound))
    }
  }
}
