import Dispatch
import Hashing
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

  let storage: any JournalStorage
  let state = Mutex(JournalState())
  private let settings: Settings
  /// Shares not older than this are looked for in what earlier runs wrote.
  private let recallSince: UnixTime
  /// `nil` until what earlier runs wrote has been read.
  private let writer = Mutex<JournalWriter?>(nil)
  private let thread = DispatchQueue(label: "zion.share-journal", qos: .userInitiated)
  private let log: Logger

  /// Opens or creates the journal and reads back what it needs. A disk on which that fails is tried again, and no share
  /// is taken until then.
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
    id = try storage.identity()
    self.storage = storage
    self.settings = settings
    self.log = log
    recallSince = now.advanced(by: -Int64(settings.recallSeconds))
    // A disk that fails at start is no other than one that fails later: shares wait, and miners of other pools do not.
    do throws(JournalError) {
      _ = try open()
    } catch {
      // What does not get better by waiting is for whoever started us.
      guard case .system = error else { throw error }
      state.withLock { $0.isTroubled(by: error.description) }
      log.error("share journal cannot be written; shares are refused", metadata: ["error": "\(error)"])
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

  /// What was found damaged when earlier runs' segments were read.
  public var damages: [JournalDamage] { state.withLock { $0.damages } }

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

// On the journal's thread, or before it is used.
extension ShareJournal {
  /// Begins a segment; before the first, reads what earlier runs wrote.
  private func open() throws(JournalError) -> (start: JournalPosition, observers: [@Sendable (Event) -> Void]) {
    let start = try writer.withLock { writer throws(JournalError) in
      var opened: JournalWriter
      if let writer {
        opened = writer
      } else {
        let recovery = try JournalRecovery(of: storage, hashesSince: recallSince)
        for damage in recovery.damages { log.error("share journal damaged", metadata: ["what": "\(damage)"]) }
        state.withLock { $0.adopt(recovery) }
        opened = JournalWriter(
          storage: storage, nextSegment: recovery.nextSegment, segmentByteCount: settings.segmentByteCount)
      }
      let sequence = state.withLock { $0.nextSequence }
      let start = Result { () throws(JournalError) in try opened.openNext(firstSequence: sequence) }
      // A number that failed once is not used again.
      writer = opened
      return try start.get()
    }
    return (start, state.withLock { $0.recover(at: start) })
  }

  private func drain() {
    // Dispatch has lent the queue a thread, which may be another one each time. Miners wait for it.
    ThreadPriority.runSoon()
    while var batch = state.withLock({ $0.takeBatch() }) {
      do throws(JournalError) {
        JournalFormat.seal(&batch.bytes)
        let end = try writer.withLock { writer throws(JournalError) in
          try writer?.write(batch.bytes, firstSequence: batch.firstSequence)
        }
        guard let end else { preconditionFailure("shares are taken when the journal is open") }
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
    if let left = writer.withLock({ $0?.abandon(at: end) }) {
      state.withLock { $0.ends[left.segment] = left.offset }
    }
    retry(in: settings.retrySeconds.lowerBound)
  }

  private func retry(in seconds: Double) {
    thread.asyncAfter(deadline: .now() + seconds) { self.reopen(waited: seconds) }
  }

  private func reopen(waited: Double) {
    do throws(JournalError) {
      let (start, observers) = try open()
      log.notice("share journal can be written again", metadata: ["file": "\(storage.name(of: start.segment))"])
      for observer in observers { observer(.health(.healthy)) }
    } catch {
      log.warning("share journal still cannot be written", metadata: ["error": "\(error)"])
      retry(in: min(2 * waited, settings.retrySeconds.upperBound))
    }
  }
}
