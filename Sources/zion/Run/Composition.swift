import API
import AsyncHTTPClient
import Encryption
import Hashing
import Logging
import NIOCore
import NIOPosix
import Orchestrator
import Pool
import Proxy
import ServiceLifecycle
import Stratum

/// The whole program, wired: what `zion run` starts, in which order, and who knows whom.
struct Composition {
  let configuration: Configuration
  /// Where that was read from, and is read again at SIGHUP.
  var file: String?
  let logger: Logger
  /// What `logger` has logged.
  var logCounts = LogCounts()

  /// Runs until SIGTERM or SIGINT.
  func run() async throws {
    try raiseDescriptorLimit()
    warnOfOpenSecrets()
    let earlier = try HandOver.received()
    // What is taken over is in as many shards as it was.
    let threads = earlier?.proxy.shardCount ?? (configuration.threads > 0 ? configuration.threads : System.coreCount)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    for loop in group.makeIterator() { loop.execute { ThreadPriority.runSoon() } }
    let http = HTTPClient(eventLoopGroupProvider: .shared(group), configuration: BitcoinNode.httpConfiguration)
    // Those who listen and ask share no event loop with miners.
    let apiGroup = MultiThreadedEventLoopGroup(numberOfThreads: min(threads, Self.apiThreads))
    // Whoever asks for pages as fast as they come shall not be felt by miners.
    for loop in apiGroup.makeIterator() { loop.execute { ThreadPriority.runBelow() } }
    do {
      try await run(on: group, apiGroup, http: http, threads: threads, earlier: earlier)
    } catch {
      try? await http.shutdown()
      throw error
    }
    try await http.shutdown()
    try await apiGroup.shutdownGracefully()
    try await group.shutdownGracefully()
  }

  /// At most: statistics need less than shares.
  private static let apiThreads = 4

  private func run(
    on group: MultiThreadedEventLoopGroup, _ apiGroup: MultiThreadedEventLoopGroup, http: HTTPClient, threads: Int,
    earlier: HandOver?
  ) async throws {
    let events = EventBus()
    let certificates = try ServedCertificates(configuration, logger: logger)
    let kawpow = KawPowParts(
      data: configuration.data, threads: max(1, threads - 1), isNeeded: configuration.serves(.kawpow), logger: logger)
    let local =
      configuration.local.isEnabled
      ? try await LocalPoolParts.make(
        configuration.local, data: configuration.data, http: http, kawpow: kawpow, events: events.sink,
        logger: logger) : nil
    for pool in local?.pools ?? [] {
      if let saved = earlier?.pools[pool.name] { pool.restore(saved) }
    }
    let names = MinerNames(
      local: local, options: configuration.local, hasUpstreams: configuration.pools.contains(where: \.isEnabled))
    let bans = BanDesk(
      configuration.bans, database: try local?.money.store.database ?? openOwnDatabase(), migrates: local == nil,
      events: events.sink, logger: logger)
    let receipts = try openReceipts()
    let proxy = try await startProxy(
      on: group, local: local, names: names, kawpow: kawpow, gate: bans, events: events.sink,
      receipts: receipts?.sink, tls: certificates.listen?.tls, threads: threads, earlier: earlier)
    let endpoint = try await proxy.listen(
      host: configuration.listen.host, port: configuration.listen.port, bound: earlier?.proxy.listener, on: group)
    let stratum = HostPort(
      host: configuration.listen.host, port: endpoint.localAddress?.port ?? configuration.listen.port)
    if let earlier {
      logger.notice("took over", metadata: ["miners": "\(earlier.proxy.minerCount)", "version": "\(Version.current)"])
    }
    let about = About(
      version: "zion \(Version.current)", stratum: stratum.description, network: local?.node.name,
      policy: configuration.policy.name)
    let economics = EconomicsDesk(pools: configuration.poolTerms, prices: configuration.prices.book)
    let post = AlertPost(configuration.alerts, http: http, logger: logger)
    let desk = FleetDesk(
      about: about, proxy: proxy, local: local, names: names, caches: kawpow.caches,
      policies: PolicyDesk(
        configuration.policy, source: configuration.policySource, atWallSeconds: Int(Clocks.wall().seconds)),
      economics: economics, pool: local.map { localPoolView($0, stratumPort: stratum.port) }, bans: bans,
      receipts: receipts.map(ReceiptDesk.init), data: configuration.data,
      events: events.sink, logCounts: logCounts, alerts: AlertBook(configuration.alerts), post: post, logger: logger)
    let manager = ServiceManager()
    let banner = Banner(configuration: configuration, stratum: stratum, network: local?.node.name)
    let api = APIServer(
      view: desk, host: configuration.api.listen.host, port: configuration.api.listen.port,
      access: configuration.api.access, events: events, webSockets: WebSocketOptions(configuration.api),
      tls: certificates.api?.tls, group: apiGroup, logger: logger, pages: Dashboard().file(at:),
      socket: configuration.api.socket,
      onListening: { port in
        banner.show(apiPort: port)
        manager.tell(.ready)
      })
    let upgrade = Upgrade(
      proxy: proxy, endpoint: endpoint, pools: local?.pools ?? [], image: ProcessImage(), logger: logger)
    var services: [any Service] = [
      // The API hears of a shutdown by itself, and lets requests finish.
      Part(isCancelled: false) { try await api.run() }, Part { await desk.run() },
      Part(isCancelled: false) {
        try await gracefulShutdown()
        guard !upgrade.isReady else { return }
        manager.tell(.stopping)
        do {
          try await endpoint.close()
        } catch {
          logger.warning("the endpoint did not close", metadata: ["reason": "\(error)"])
        }
        await proxy.stop()
      },
    ]
    services.append(Part { try await upgrade.run() })
    let watchdog = Watchdog(
      Array(group.makeIterator()) + Array(apiGroup.makeIterator()), manager: manager, logger: logger)
    services.append(Part { await watchdog.run() })
    if let source = configuration.policySource {
      let reload = PolicyReload(source: source, names: configuration.policyNames, desk: desk, logger: logger)
      services.append(Part { await reload.run() })
    }
    let feeds = PriceFeeds(configuration, reader: FeedReader(http: http), desk: economics, logger: logger)
    services.append(Part { await feeds.run() })
    services.append(Part { await post.run() })
    services.append(Part { await bans.run() })
    if let file {
      let reload = ConfigurationReload(file: file, logger: logger) { new in
        bans.use(new.bans)
        proxy.use(ShardConfiguration(new, threads: threads))
      }
      services.append(Part { await reload.run(from: configuration) })
    }
    if let receipts { services.append(Part { await receipts.run() }) }
    for reload in certificates.all { services.append(Part { await reload.run() }) }
    if let local { services.insert(Part { try await local.run() }, at: 0) }
    try await ServiceGroup(
      configuration: .init(
        services: services.map { .init(service: $0, successTerminationBehavior: .gracefullyShutdownGroup) },
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    ).run()
    // Miners are gone: no receipt comes any more.
    await receipts?.close()
    try upgrade.replaceProcess()
  }

  private func openReceipts() throws -> ReceiptBook? {
    guard configuration.receipts.isEnabled else { return nil }
    try LocalPoolParts.makeFolder(configuration.data)
    return try ReceiptBook(
      directory: "\(configuration.data)/receipts", settings: configuration.receipts.settings, now: Clocks.wall,
      log: logger)
  }

  /// Without a local pool: where bans are.
  private func openOwnDatabase() throws -> any Database {
    try LocalPoolParts.makeFolder(configuration.data)
    return try configuration.openDatabase(makesFile: true)
  }

  private func localPoolView(_ local: LocalPoolParts, stratumPort: Int) -> LocalPoolView {
    let year = Clocks.wall().year
    let facts = PoolFacts(configuration, network: local.node.name, stratumPort: stratumPort, year: year)
    return LocalPoolView(facts: facts, money: local.money)
  }

  private func startProxy(
    on group: MultiThreadedEventLoopGroup, local: LocalPoolParts?, names: MinerNames, kawpow: KawPowParts,
    gate: any Gate, events: EventSink, receipts: ReceiptSink?, tls: ServerTLS?, threads: Int, earlier: HandOver?
  ) async throws -> ProxyServer {
    let upstreams = configuration.pools.filter(\.isEnabled).map(UpstreamConfiguration.init)
    let connector = try UpstreamConnector(needsTLS: upstreams.contains { $0.endpoints.contains(where: \.usesTLS) })
    let all = upstreams.map(\.name) + (local?.pools.map(\.name) ?? [])
    let order = configuration.policy.order.isEmpty ? all : configuration.policy.order
    let reply = configuration.reply
    let logger = logger
    var shards = ShardConfiguration(configuration, threads: threads)
    shards.door = DoorSettings(
      tls: tls, requiresTLS: configuration.door.requiresTLS, proxies: configuration.door.proxies)
    return try await ProxyServer.start(
      on: group, configuration: shards,
      plan: RoutingPlan(order: order),
      names: names, verifier: kawpow.verifier, caches: kawpow.caches, gate: gate, events: events,
      receipts: receipts, saved: earlier?.proxy, logger: logger
    ) { context in
      var sources: [any WorkSource] = upstreams.map { upstream in
        UpstreamSource(
          upstream, replyPolicy: reply, loop: context.loop, connector: connector, makeFeedID: context.makeFeedID,
          clock: context.clock, logger: logger)
      }
      for pool in local?.pools ?? [] {
        sources.append(
          pool.makeSource(shard: UInt8(clamping: context.index), on: context.loop, makeFeedID: context.makeFeedID))
      }
      return sources
    }
  }

  /// Secrets that others on this machine may read: the pool starts all the same, whoever reads its log hears of it.
  private func warnOfOpenSecrets() {
    guard let file else { return }
    for finding in SecretChecks(path: file).run() where finding.level != .ok {
      logger.warning("\(finding.what)", metadata: ["remedy": "\(finding.remedy ?? "")"])
    }
  }

  /// Every miner is a descriptor. Says what fits when the system's limit is below what was configured.
  private func raiseDescriptorLimit() throws {
    let limit = DescriptorLimit.raised()
    let needed = configuration.limits.connections + 500
    if limit < needed {
      logger.warning(
        "the descriptor limit is below limits.connections",
        metadata: ["limit": "\(limit)", "fits": "\(max(0, limit - 500))", "remedy": "ulimit -n \(needed)"])
    }
  }
}

/// A part that runs until it is told to stop: a graceful shutdown cancels it, unless it listens for one itself.
private struct Part: Service {
  let isCancelled: Bool
  let body: @Sendable () async throws -> Void

  init(isCancelled: Bool = true, _ body: @escaping @Sendable () async throws -> Void) {
    self.isCancelled = isCancelled
    self.body = body
  }

  func run() async throws {
    guard isCancelled else { return try await body() }
    try await cancelWhenGracefulShutdown { try await body() }
  }
}

extension Configuration {
  /// Whether any pool here has work of that algorithm.
  func serves(_ algorithm: Algorithm) -> Bool {
    local.isEnabled && local.algorithms.contains(algorithm)
      || pools.contains { $0.isEnabled && $0.algorithm == algorithm }
  }
}

extension ShardConfiguration {
  init(_ configuration: Configuration, threads: Int) {
    let own = configuration.difficulty(of: configuration.algorithm)
    self.init(
      algorithm: configuration.algorithm, vardiff: own.vardiff, startDifficulty: own.start,
      others: Dictionary(uniqueKeysWithValues: Algorithm.allCases.map { ($0, configuration.difficulty(of: $0)) }),
      staleGraceSeconds: configuration.local.shareGraceSeconds,
      maximumConnections: max(1, configuration.limits.connections / threads + (threads > 1 ? 64 : 0)))
    minerRules = configuration.minerRules
    accept = configuration.limits.accept
    firstShareSeconds = configuration.limits.firstShareSeconds
    conduct = configuration.bans.rules.conduct
    judgesConduct = configuration.bans.isEnabled
  }
}

extension WebSocketOptions {
  init(_ options: APIOptions) {
    self.init()
    listeners = options.listeners
    origins = Set(options.origins)
  }
}

extension UpstreamConfiguration {
  init(_ pool: PoolOptions) {
    self.init(
      name: pool.name, algorithm: pool.algorithm,
      endpoints: pool.urls.map { .init(host: $0.endpoint.host, port: $0.endpoint.port, usesTLS: $0.isEncrypted) },
      user: pool.user, password: pool.password, workerTemplate: pool.worker,
      minerExtranonce2: pool.extranonce2ByteCount)
    trust = pool.trust
  }
}
