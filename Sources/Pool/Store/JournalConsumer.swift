import Logging
import Stratum

/// Carries shares from the journal to the store, in batches. A database that is away for any time loses nothing: the
/// journal keeps what was not taken over.
public actor JournalConsumer {
  private let journal: ShareJournal
  private let store: any ShareStore
  private let settings: Settings
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> UnixTime
  private let log: Logger
  private var position: JournalPosition?
  /// What the database has; `nil` before it was asked.
  public var taken: JournalPosition? { position }
  private var running: Task<Result<Bool, StoreError>, Never>?
  private var limit: Int
  /// Read while the shares before it are on their way to the database.
  private var ahead: (from: JournalPosition, page: Task<Result<JournalPage, JournalError>, Never>)?

  public struct Settings: Sendable {
    /// Shares in one transaction.
    public var batch = 5_000
    /// The same when there is more in the journal than that: four times as many each time, until it is so large. Every
    /// batch writes all the sums of all its miners, so that few large ones cost less.
    public var largestBatch = 100_000
    /// Between transactions while there is less than a batch: each costs the disk a sync.
    public var pause = Duration.milliseconds(250)
    /// How long segments are kept after they were taken over.
    public var retentionSeconds: UInt32 = 7 * 24 * 3600

    public init() {}
  }

  /// - Parameters:
  ///   - clock: for waiting.
  ///   - now: the wall clock, for the age of segments.
  public init(
    journal: ShareJournal, store: any ShareStore, settings: Settings = Settings(),
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> UnixTime, log: Logger
  ) {
    self.journal = journal
    self.store = store
    self.settings = settings
    limit = settings.batch
    self.clock = clock
    self.now = now
    self.log = log
  }

  /// Runs until its task is cancelled.
  public func run() async {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    journal.observe { event in if event == .advanced { wake.yield() } }
    wake.yield()
    for await _ in wakes {
      do {
        try await catchUp()
        try await clock.sleep(for: settings.pause)
      } catch {
        // Cancelled: the stream ends too.
        return
      }
    }
  }

  /// Waits out every failure.
  private func catchUp() async throws {
    var outage = Outage(what: "shares not taken over into the database; they wait in the journal", log: log)
    while !Task.isCancelled {
      switch await step() {
      case .success(let more):
        outage.ended()
        guard more else { return }
      case .failure(let error):
        guard await outage.wait(because: error, on: clock) else { throw CancellationError() }
      }
    }
  }

  /// Takes over everything that is in the journal now.
  public func drain() async throws(StoreError) {
    let end = journal.end
    while position.map({ $0 < end }) ?? true { _ = try await step().get() }
  }

  /// Takes over so many batches, as far as there are any.
  func drain(batches: Int) async throws(StoreError) {
    for _ in 0..<batches { _ = try await step().get() }
  }

  /// One batch; whoever asks meanwhile gets the same. `false` when there was nothing left.
  private func step() async -> Result<Bool, StoreError> {
    if let running { return await running.value }
    let task = Task {
      let result = await self.takeBatch()
      // Before anybody hears of it: who asks again must not get the old one again, for ever.
      self.running = nil
      return result
    }
    running = task
    return await task.value
  }

  private func takeBatch() async -> Result<Bool, StoreError> {
    do throws(StoreError) {
      let from = try await start()
      let page: JournalPage
      do throws(JournalError) {
        page = try await self.page(from: from)
      } catch {
        throw .journal(error)
      }
      for damage in page.damages { log.error("share journal damaged", metadata: ["what": "\(damage)"]) }
      guard page.next != from else { return .success(false) }
      let isBehind = page.shares.count >= limit
      limit = isBehind ? max(limit, min(4 * limit, settings.largestBatch)) : settings.batch
      if isBehind { readAhead(from: page.next) }
      let inserted = try await store.insert(page.shares, of: journal.id, from: from, upTo: page.next)
      position = page.next
      log.trace("shares taken over", metadata: ["read": "\(page.shares.count)", "new": "\(inserted)"])
      if page.next.segment != from.segment { discard(before: page.next.segment) }
      return .success(!page.shares.isEmpty)
    } catch {
      return .failure(error)
    }
  }

  private func page(from position: JournalPosition) async throws(JournalError) -> JournalPage {
    let (journal, limit, ahead) = (journal, limit, ahead)
    self.ahead = nil
    if let ahead, ahead.from == position { return try await ahead.page.value.get() }
    return try journal.readAll(from: position, limit: limit)
  }

  private func readAhead(from position: JournalPosition) {
    let (journal, limit) = (journal, limit)
    ahead = (
      position,
      Task.detached {
        Result { () throws(JournalError) in try journal.readAll(from: position, limit: limit) }
      }
    )
  }

  private func start() async throws(StoreError) -> JournalPosition {
    if let position { return position }
    let stored = try await store.position(of: journal.id) ?? ShareJournal.beginning
    guard stored > journal.end else { return stored }
    // The journal is another one than the database was filled from. What is known by hash is passed over.
    log.warning(
      "the database is ahead of the share journal; reading the journal from its beginning",
      metadata: ["position": "\(stored.segment):\(stored.offset)"])
    return ShareJournal.beginning
  }

  private func discard(before segment: UInt64) {
    do throws(JournalError) {
      try journal.discard(
        before: segment, notWrittenSince: now().advanced(by: -Int64(settings.retentionSeconds)))
    } catch {
      log.warning("old journal segments not removed", metadata: ["error": "\(error)"])
    }
  }
}
