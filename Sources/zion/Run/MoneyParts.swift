import API
import AsyncHTTPClient
import Logging
import Pool
import Stratum
import Synchronization

/// What turns shares into money, wired: database, its care, the books, levels, payouts.
struct MoneyParts: Sendable {
  let store: PoolStore
  let keeper: DatabaseKeeper
  let consumer: JournalConsumer
  let accountant: Accountant
  let consciousness: ConsciousnessKeeper
  let luck: LuckKeeper
  let reward = LatestReward()
  private let options: LocalPoolOptions
  private let news: MoneyNews
  var rules: RewardRules { options.rewards.rules }
  var unitsPerCoin: Double { (0..<options.coin.decimals).reduce(1) { units, _ in units * 10 } }
  private let http: HTTPClient
  private let logger: Logger

  init(
    _ options: LocalPoolOptions, data: String, journal: ShareJournal, http: HTTPClient, news: MoneyNews,
    logger: Logger
  ) async throws {
    let database = try options.database.open(in: data, pool: options.name, makesFile: true)
    store = PoolStore(pool: options.name, database: database)
    keeper = DatabaseKeeper(store: store, retentionDays: options.retentionDays, now: Clocks.wall, log: logger)
    // A file can be corrected now; a server may come later, and shares wait in the journal until it does.
    if case .sqlite = options.database { try await keeper.migrate() }
    let consumer = JournalConsumer(journal: journal, store: store, now: Clocks.wall, log: logger)
    self.consumer = consumer
    let reward = reward
    let settings = Accountant.Settings(
      rules: options.rewards.rules, bonusFund: options.rewards.bonusFund,
      ppsFeeBasisPoints: options.rewards.ppsFeeBasisPoints, reward: { reward.value })
    accountant = Accountant(
      store: store, settings: settings, levels: ConsciousnessLevels(),
      drain: { () throws(StoreError) in try await consumer.drain() }, news: news, now: Clocks.wall, log: logger)
    consciousness = ConsciousnessKeeper(database: database, now: Clocks.wall, log: logger)
    luck = LuckKeeper(store: store, log: logger)
    self.options = options
    self.news = news
    self.http = http
    self.logger = logger
  }

  /// Until cancelled. Nothing of the database is used before its tables are there.
  func run() async {
    guard await keeper.prepare() else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await keeper.run() }
      group.addTask { await consumer.run() }
      group.addTask { await accountant.run() }
      group.addTask { await consciousness.run() }
      group.addTask { await luck.run() }
      group.addTask { await pay() }
      await group.waitForAll()
    }
  }

  /// A node that does not answer, or a key that cannot be read, is said once and tried again.
  private func pay() async {
    let parts = PayerParts(options: options, database: store.database, http: http, news: news, logger: logger)
    var said = ""
    while !Task.isCancelled {
      do {
        guard let payer = try await parts.make() else { return }
        return await payer.run()
      } catch {
        if said != "\(error)" { logger.warning("payouts cannot begin", metadata: ["reason": "\(error)"]) }
        said = "\(error)"
      }
      do {
        try await Task.sleep(for: .seconds(5))
      } catch {
        return
      }
    }
  }
}

/// What the newest work would pay to the pool, and what it shows of the chain.
final class LatestReward: Sendable {
  private struct State {
    var reward: AtomicUnits?
    var chain: [Algorithm: ChainReport] = [:]
  }

  private let latest = Mutex(State())

  var value: AtomicUnits? { latest.withLock { $0.reward } }
  var chain: [Algorithm: ChainReport] { latest.withLock { $0.chain } }

  func heard(_ job: JobTemplate, at now: UnixTime) {
    latest.withLock { state in
      state.reward = job.poolReward
      let height = job.height - min(job.height, 1)
      let before = state.chain[job.algorithm]
      state.chain[job.algorithm] = ChainReport(
        height: height, networkWork: ShareWork(of: job.template.target),
        lastBlockAt: before?.height == height ? before?.lastBlockAt ?? 0 : Int64(now.seconds),
        reward: job.poolReward.value)
    }
  }
}
