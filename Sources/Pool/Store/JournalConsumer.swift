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
  private var running: Task<Result<Bool, StoreError>, Never>?

  public struct Settings: Sendable {
    /// Shares in one transaction.
    public var batch = 5_000
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

  /// Waits out every failure: 0.25 s, doubling to 30 s.
  private func catchUp() async throws {
    var failures = 0
    while !Task.isCancelled {
      switch await step() {
      case .success(let more):
        failures = 0
        guard more else { return }
      case .failure(let error):
        log.warning("shares not taken over into the database; trying again", metadata: ["error": "\(error)"])
        try await clock.sleep(for: .seconds(min(30, 0.25 * Double(1 << min(failures, 7)))))
        failures += 1
      }
    }
  }

  /// Takes over everything that is in the journal now.
  public func drain() async throws(StoreError) {
    let end = journal.end
    while position.map({ $0 < end }) ?? true { _ = try await step().get() }
  }

  /// One batch; whoever asks meanwhile gets the same. `false` when there was nothing left.
  private func step() async -> Result<Bool, StoreError> {
    if let running { return await running.value }
    let task = Task { await self.takeBatch() }
    running = task
    defer { running = nil }
    return await task.value
  }

  private func takeBatch() async -> Result<Bool, StoreError> {
    do throws(StoreError) {
      let from = try await start()
      let page: JournalPage
      do throws(JournalError) {
        page = try journal.read(from: from, limit: settings.batch)
      } catch {
        throw .journal(error)
      }
      for damage in page.damages { log.error("share journal damaged", metadata: ["what": "\(damage)"]) }
      guard page.next != from else { return .success(false) }
      let inserted = try await store.insert(page.shares, of: journal.id, from: from, upTo: page.next)
      position = page.next
      log.trace("shares taken over", metadata: ["read": "\(page.shares.count)", "new": "\(inserted)"])
      if page.next.segment != from.segment { discard(before: page.next.segment) }
      return .success(!page.shares.isEmpty)
    } catch {
      return .failure(error)
    }
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
