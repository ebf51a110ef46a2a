import API
import Hashing
import Logging
import Orchestrator
import Pool
import Proxy
import Stratum

/// Where everything meets: the fleet is looked at, the policy asked, the plan carried out, and the API answered.
actor FleetDesk: FleetView {
  nonisolated let about: About
  nonisolated let startedAt = Clocks.uptime()
  nonisolated let stored: LocalPoolView?
  nonisolated let trail: APITrail
  nonisolated let bans: (any BanView)?
  nonisolated let receipts: (any ReceiptView)?

  let proxy: ProxyServer
  let local: LocalPoolParts?
  private let names: MinerNames
  private let caches: KawPowCaches?
  var policies: PolicyDesk
  let economics: EconomicsDesk
  let logger: Logger
  var planner = RoutePlanner()
  var outlooks: [Algorithm: BonusOutlook] = [:]
  var bonusTrouble: String?
  let records: OrchestratorRecords
  let events: EventSink
  var told = ToldEvents()
  /// Decisions of the log that `records` has been told of.
  var recordedCount = 0
  private var alarmed: Set<String> = []
  var blockTimes = BlockTimes()
  var journalLag = JournalLag()
  var journalLagSeconds = 0.0
  let logCounts: LogCounts
  var alerts: AlertBook
  let post: AlertPost
  let banCounts: @Sendable () -> [BanPage.Kind: Int]

  init(
    about: About, proxy: ProxyServer, local: LocalPoolParts?, names: MinerNames, caches: KawPowCaches?,
    policies: PolicyDesk, economics: EconomicsDesk, pool: LocalPoolView?, bans: BanDesk,
    receipts: (any ReceiptView)? = nil, data: String,
    events: EventSink = .none, logCounts: LogCounts, alerts: AlertBook, post: AlertPost, logger: Logger
  ) {
    self.events = events
    stored = pool
    self.bans = bans
    self.receipts = receipts
    banCounts = { bans.counts }
    self.alerts = alerts
    self.post = post
    self.logCounts = logCounts
    trail = APITrail(data: data, database: local?.money.store.database, logger: logger)
    records = OrchestratorRecords(data: data, logger: logger)
    self.about = about
    self.proxy = proxy
    self.local = local
    self.names = names
    self.caches = caches
    self.policies = policies
    self.economics = economics
    self.logger = logger
  }

  /// Looks and decides once a second, until cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.watchBonuses() }
      group.addTask { await self.planEverySecond() }
      await group.waitForAll()
    }
  }

  private func planEverySecond() async {
    while !Task.isCancelled {
      let snapshot = await look()
      await plan(snapshot)
      watchCounters(snapshot)
      await tell(snapshot)
      await watchWorkings(snapshot)
      watchAlerts(snapshot)
      caches?.tick()
      do {
        try await Task.sleep(for: .seconds(1))
      } catch {
        return
      }
    }
  }

  private func plan(_ snapshot: FleetSnapshot) async {
    proxy.apply(planner.plan(snapshot, policy: policies.policy, wallSeconds: Int(Clocks.wall().seconds)))
    await record(snapshot)
  }

  /// Takes effect at once, not at the next tick.
  func use(_ policy: Policy, text: String? = nil) async {
    policies.use(policy, text: text, atWallSeconds: Int(Clocks.wall().seconds))
    tellPolicy()
    await plan(await look())
  }

  /// The file does not say what is in use, and why; empty when it does again.
  func keepPolicy(because problems: [ConfigurationProblem]) {
    policies.keep(because: problems)
    tellPolicy()
  }

  func policy() async -> PolicyReport { policies.report }

  /// Two counters: what we told miners, and what the pool told us. Apart by more than two percent is an alarm.
  private func watchCounters(_ snapshot: FleetSnapshot) {
    for source in snapshot.sources {
      let counters = source.counters
      guard let agreement = counters.agreement, counters.sourceAccepted + counters.sourceRejected >= 50 else {
        continue
      }
      if agreement < 0.98, alarmed.insert(source.name).inserted {
        logger.error(
          "the pool rejects shares that miners were told are accepted",
          metadata: ["pool": "\(source.name)", "accepted_by_pool": "\(Decimal.fixed(agreement * 100, decimals: 1)) %"])
      } else if agreement >= 0.985 {
        alarmed.remove(source.name)
      }
    }
  }

  nonisolated func snapshot() async -> FleetSnapshot { await economics.fill(proxy.snapshot()) }

  nonisolated func parts() async -> [PartHealth] {
    guard let local else { return [] }
    let trouble = local.pools.compactMap(\.trouble).first
    return [PartHealth(name: "local pool", healthy: trouble == nil, reason: trouble)]
  }

  nonisolated var pool: (any PoolView)? { stored }

  /// Hex digits of a ZION address are credited in upper case; people ask in either.
  nonisolated func canonical(_ account: String) -> String {
    guard local?.node is EmbeddedChain else { return account }
    do throws(AddressError) {
      return try ZionAddresses(accounts: []).canonical(account)
    } catch {
      return account
    }
  }

  nonisolated func miner(_ account: String, minutes: Int64) async throws -> MinerStanding {
    guard let stored else { return MinerStanding() }
    // Credited under one spelling, asked for in any.
    var account = account
    if let zion = names.zion {
      do throws(AddressError) {
        account = try zion.canonical(account)
      } catch {
        throw MalformedAddress(reason: "\(error)")
      }
    }
    return try await stored.standing(of: account, minutes: minutes)
  }

  nonisolated func books() async throws -> BooksReport? {
    guard let money = local?.money else { return nil }
    let (store, unit) = (money.store, money.unitsPerCoin)
    let table = PayoutTable(pool: store.pool)
    return try await store.database.read { sql in
      let open = try table.open(sql).map(\.state.label)
      return BooksReport(
        imbalance: try Balances.imbalance(sql).value, walletHolds: -(try Balances.balance(of: .wallet, sql).value),
        bonusFund: try Balances.balance(of: .bonusFund, sql).value,
        reserve: try Balances.balance(of: .reserve, sql).value,
        openPayouts: Dictionary(open.map { ($0, 1) }, uniquingKeysWith: +),
        pendingCoins: Double(try Balances.pending(sql).value) / unit)
    }
  }

  nonisolated func blocks(limit: Int) async throws -> [BlockReport] {
    guard let local else { return [] }
    return try await local.money.store.blocks(limit: limit).map {
      BlockReport($0, source: local.source(of: $0.algorithm))
    }
  }

  func move(to name: String, worker: String?) async throws(MoveError) -> MoveReport {
    guard name != "auto" else {
      planner.release(worker: worker)
      return MoveReport(moved: 0, reconnecting: 0, refused: 0)
    }
    let snapshot = await proxy.snapshot()
    do throws(ForceError) {
      try planner.force(to: name, worker: worker, in: snapshot)
    } catch {
      throw MoveError(error, known: snapshot.sources.map(\.name))
    }
    // Both without a pause: a look at the fleet that ends between them would move the miners by its plan, uncounted.
    let parts = proxy.move(to: name, worker: worker)
    var result = MoveResult()
    for part in parts { result.add((try? await part.get()) ?? MoveResult()) }
    let times = result.moved.sorted()
    logger.info(
      "miners moved by an operator",
      metadata: ["to": "\(name)", "moved": "\(times.count)", "reconnecting": "\(result.reconnecting)"])
    return MoveReport(
      moved: times.count, reconnecting: result.reconnecting, refused: result.refused,
      medianSwitchMilliseconds: times.isEmpty ? nil : times[times.count / 2] * 1000,
      worstSwitchMilliseconds: times.last.map { $0 * 1000 })
  }
}

extension MoveError {
  fileprivate init(_ error: ForceError, known: [String]) {
    switch error {
    case .unknownSource: self = .unknownPool(known: known)
    case .notReady(let why): self = .notReady(why)
    case .unknownWorker: self = .unknownWorker
    case .otherAlgorithm(let source, let worker): self = .otherAlgorithm(pool: source, worker: worker)
    }
  }
}
