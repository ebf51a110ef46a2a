import Logging
import Stratum

/// Keeps the money of the pool's blocks and shares in order while it runs: stores what becomes of blocks, splits, books
/// and reverses them, and pays shares under PPS. Everything it does may be repeated.
public actor Accountant {
  private let blocks: BlockTable
  private let database: any Database
  private let settlement: BlockSettlement
  private let pps: PPSBooks
  private let settings: Settings
  private let drain: @Sendable () async throws(StoreError) -> Void
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> UnixTime
  private let news: MoneyNews?
  private let log: Logger
  /// Whether the fund is open and PPS knows where it begins.
  private var isOpen = false
  private var lack = AtomicUnits.zero
  /// Of the last look.
  private var failures: Set<SettlementFailure> = []
  /// Blocks of this process whose shares were not all in the database when they were reported last.
  private var unsplit: [Hash256: BlockRecord] = [:]

  public struct Settings: Sendable {
    public var rules: RewardRules
    /// With how much the bonus fund is opened.
    public var bonusFund: AtomicUnits
    public var ppsFeeBasisPoints: UInt32
    /// What a block would pay now, for PPS; `nil` while nobody knows.
    public var reward: @Sendable () async -> AtomicUnits?
    /// Between two looks at what is due.
    public var intervalSeconds = 5.0

    public init(
      rules: RewardRules, bonusFund: AtomicUnits, ppsFeeBasisPoints: UInt32,
      reward: @escaping @Sendable () async -> AtomicUnits?
    ) {
      self.rules = rules
      self.bonusFund = bonusFund
      self.ppsFeeBasisPoints = ppsFeeBasisPoints
      self.reward = reward
    }
  }

  /// - Parameters:
  ///   - drain: returns when everything that is in this process's journal is in the database.
  ///   - levels: what the consciousness of miners makes of their bonus.
  ///   - news: is told of what was stored.
  public init(
    store: PoolStore, settings: Settings, levels: any MinerLevels,
    drain: @escaping @Sendable () async throws(StoreError) -> Void, news: MoneyNews? = nil,
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> UnixTime, log: Logger
  ) {
    self.news = news
    blocks = BlockTable(pool: store.pool)
    database = store.database
    settlement = BlockSettlement(
      pool: store.pool, database: store.database, rules: settings.rules, levels: levels)
    pps = PPSBooks(pool: store.pool, database: store.database)
    self.settings = settings
    self.drain = drain
    self.clock = clock
    self.now = now
    self.log = log
  }

  /// Takes a change of a block that this process found, and returns when it is stored and its money is where it
  /// belongs. Tries for as long as it takes; the block's own file is the truth until then.
  public func settle(_ block: BlockRecord) async {
    var pause = Duration.milliseconds(100)
    while !Task.isCancelled {
      do {
        try await save(block)
        try await open()
        // Shares that are on their way to the database do not keep what is known of the block from it.
        if try await settlement.freeze(block.hash, journalIsDrained: false, at: now()) == .waiting {
          unsplit[block.hash] = block
        }
        report(try await settlement.book(block.hash, at: now()), of: block)
        return
      } catch let error as SettlementError {
        // Nothing that time cures: an operator must look, and `run` goes on trying.
        return log.error(
          "a block's money is left as it is", metadata: ["height": "\(block.height)", "reason": "\(error)"])
      } catch {
        log.error("a block cannot be settled yet", metadata: ["height": "\(block.height)", "reason": "\(error)"])
      }
      do {
        try await clock.sleep(for: pause)
      } catch {
        return
      }
      pause = min(pause * 2, .seconds(10))
    }
  }

  /// Told only when the database has it, and only what is new to the database: a restart reports every block again.
  private func save(_ block: BlockRecord) async throws {
    let table = blocks
    let before = try await database.write { sql in
      let before = try table.find(block.hash, sql)?.state
      try table.save(block, sql)
      return before
    }
    news?.stored(block, over: before)
  }

  private func report(_ outcome: BookingOutcome, of block: BlockRecord) {
    let metadata: Logger.Metadata = ["height": "\(block.height)", "hash": "\(block.hash.displayHex)"]
    switch outcome {
    case .booked: log.notice("a block's reward is credited", metadata: metadata)
    case .reversed: log.notice("a block's credits are taken back, as the chain took the block", metadata: metadata)
    case .nothing: break
    }
  }

  /// Until cancelled: what other processes and earlier runs have left, and PPS.
  public func run() async {
    var outage = Outage(what: "the ledger cannot be kept now", log: log)
    while !Task.isCancelled {
      do {
        try await round()
        outage.ended()
      } catch {
        guard await outage.wait(because: StoreError(error), on: clock) else { return }
        continue
      }
      do {
        try await clock.sleep(for: .seconds(settings.intervalSeconds))
      } catch {
        return
      }
    }
  }

  /// One look at everything.
  func round() async throws {
    try await open()
    try await splitLate()
    // Another process's journal may hold shares that are older than its block: of those it freezes itself.
    let progress = try await settlement.advance(journalIsDrained: false, at: now())
    // Looked at again and again, and said when it is new.
    let known = failures
    failures = Set(progress.failed)
    for failure in progress.failed where !known.contains(failure) {
      log.error(
        "a block's money is left as it is",
        metadata: ["hash": "\(failure.block.displayHex)", "reason": "\(failure.reason)"])
    }
    guard settings.rules.scheme == .pps, let reward = await settings.reward() else { return }
    try await payShares(PPSSettlement.Terms(reward: reward, feeBasisPoints: settings.ppsFeeBasisPoints))
  }

  private func splitLate() async throws {
    guard !unsplit.isEmpty else { return }
    let late = unsplit
    try await drain()
    for (hash, block) in late {
      do {
        _ = try await settlement.freeze(hash, journalIsDrained: true, at: now())
        report(try await settlement.book(hash, at: now()), of: block)
      } catch let error as SettlementError {
        log.error(
          "a block's money is left as it is", metadata: ["height": "\(block.height)", "reason": "\(error)"])
      }
      unsplit[hash] = nil
    }
  }

  private func open() async throws {
    guard !isOpen else { return }
    let (fund, now) = (settings.bonusFund, now())
    try await database.write { sql in try BonusFund.open(with: fund, at: now, sql) }
    if settings.rules.scheme == .pps { try await pps.begin() } else { try await pps.end() }
    isOpen = true
  }

  private func payShares(_ terms: PPSSettlement.Terms) async throws {
    while !Task.isCancelled {
      switch try await pps.settle(terms, at: now()) {
      case .settled: lack = .zero
      case .upToDate: return
      case .short(let by):
        if by != lack {
          log.error(
            "the PPS reserve cannot pay the next shares; they wait until it is funded (zion ledger deposit)",
            metadata: ["lacks": "\(by.value)"])
        }
        lack = by
        return
      }
    }
  }
}
