import AsyncHTTPClient
import Glibc
import Hashing
import Logging
import Pool
import Stratum

/// The local pool's parts, wired: node, work, journal, database and found blocks.
struct LocalPoolParts: Sendable {
  /// One for each algorithm.
  let pools: [LocalPool]
  let node: any ChainNode
  let journal: ShareJournal
  let money: MoneyParts
  let submitter: BlockSubmitter
  let watchers: [TemplateWatcher]
  /// With SOLO on a node: what miners' addresses were resolved to.
  let payees: PayeeScripts?
  let logger: Logger

  static func make(
    _ options: LocalPoolOptions, data: String, http: HTTPClient, kawpow: KawPowParts, events: EventSink = .none,
    logger: Logger
  ) async throws -> LocalPoolParts {
    try makeFolder(data)
    let node = try makeNode(options, data: data, http: http, kawpow: kawpow, logger: logger)
    let plan = try await CoinbasePlanning(options, node: node)
    let journal = try ShareJournal(directory: "\(data)/journal", now: Clocks.wall(), log: logger)
    let news = MoneyNews(options, sink: events)
    let money = try await MoneyParts(
      options, data: data, journal: journal, http: http, news: news, logger: logger)
    let accountant = money.accountant
    let submitter = try BlockSubmitter(
      node: node, directory: "\(data)/blocks", maturity: options.maturity, poll: options.blockPoll, now: Clocks.wall,
      log: logger, report: { record in await accountant.settle(record) })
    let payees = options.resolvesPayees ? PayeeScripts(fixed: [options.address: plan.poolScript]) : nil
    let instance = UInt8.random(in: 0...255)
    let pools = options.algorithms.map { algorithm in
      LocalPool(
        name: options.sourceName(of: algorithm), pool: options.name, algorithm: algorithm, instance: instance,
        hashes: Kernels(), journal: journal, submit: { submitter.submit($0) },
        scriptPaying: options.scriptPaying(payees), uptime: Clocks.uptime, wallMilliseconds: Clocks.wallMilliseconds,
        log: logger)
    }
    let watchers = pools.map { pool in
      TemplateWatcher(
        node: node, algorithm: pool.algorithm, plan: { plan.plan(at: $0) }, hashes: Kernels(), uptime: Clocks.uptime,
        log: logger,
        onJob: { job, isClean in
          pool.publish(job, isClean: isClean)
          money.reward.heard(job, at: Clocks.wall())
          guard isClean else { return }
          submitter.tipChanged()
          news.heard(job.height, of: pool.algorithm)
        }, onHealth: { pool.nodeChanged($0) })
    }
    return LocalPoolParts(
      pools: pools, node: node, journal: journal, money: money, submitter: submitter, watchers: watchers,
      payees: payees, logger: logger)
  }

  static func makeFolder(_ path: String) throws {
    var made = path.hasPrefix("/") ? "" : "."
    for part in path.split(separator: "/") {
      made += "/\(part)"
      guard mkdir(made, 0o755) == 0 || errno == EEXIST else {
        throw StartError("cannot make the folder \(made): \(String(cString: strerror(errno)))")
      }
    }
  }

  private static func makeNode(
    _ options: LocalPoolOptions, data: String, http: HTTPClient, kawpow: KawPowParts, logger: Logger
  ) throws -> any ChainNode {
    switch options.node {
    case .embedded(let network, let blockSeconds):
      let parameters = ChainParameters(network: network, blockSeconds: UInt32(blockSeconds))
      return try EmbeddedChain(
        directory: "\(data)/chain-\(network)", parameters: parameters, hashes: Kernels(),
        verifyMix: { kawpow.verifyMix($0) }, now: Clocks.wall, log: logger)
    case .bitcoin(let urls, let pollSeconds):
      var settings = BitcoinNode.Settings()
      settings.pollSeconds = pollSeconds
      let nodes = try urls.map { url in
        try BitcoinNode(
          endpoint: NodeEndpoint(url), algorithm: options.algorithms.first ?? .sha256d, http: http,
          settings: settings)
      }
      return BitcoinNodes(nodes, hashes: Kernels(), uptime: Clocks.uptime, log: logger)
    }
  }

  /// The name of the source that has an algorithm's blocks; the pool's own of one that it no longer serves.
  func source(of algorithm: Algorithm) -> String {
    (pools.first { $0.algorithm == algorithm })?.name ?? pools.first?.pool ?? ""
  }

  /// Runs until cancelled; then the journal is closed and drained into the database, if that can be reached.
  func run() async throws {
    try await submitter.resume()
    await withTaskGroup(of: Void.self) { group in
      for watcher in watchers { group.addTask { await watcher.run() } }
      group.addTask { await money.run() }
      await group.waitForAll()
    }
    // Nobody asks a node any more when its client is gone; what is not settled is taken up by the next start.
    await submitter.stop()
    await journal.close()
    do throws(StoreError) {
      try await money.consumer.drain()
    } catch {
      logger.warning(
        "the last shares stay in the journal until the next start", metadata: ["reason": "\(error)"])
    }
  }
}

/// Why `zion run` cannot start: what, where, and what to do.
struct StartError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Addresses of the configuration turned into scripts once, at start, where a wrong one can still be corrected.
private struct CoinbasePlanning: Sendable {
  let poolScript: [UInt8]
  private let fees: [(option: FeeOption, script: [UInt8])]
  private let tag: String
  private let salt = UInt64.random(in: .min ... .max)

  init(_ options: LocalPoolOptions, node: any ChainNode) async throws {
    poolScript = try await Self.script(options.address, key: "local.address", node)
    var fees: [(option: FeeOption, script: [UInt8])] = []
    for fee in options.fees { fees.append((fee, try await Self.script(fee.address, key: "local.fees", node))) }
    self.fees = fees
    tag = options.coinbaseTag
  }

  func plan(at time: UnixTime) -> CoinbasePlan {
    CoinbasePlan(
      poolScript: poolScript,
      fees: fees.map { fee in
        FeeOutput(
          account: fee.option.to, script: fee.script,
          basisPoints: UInt32(clamping: fee.option.basisPoints(inYear: time.year))
        )
      }, tag: tag, salt: salt)
  }

  /// A node that starts at the same time is given half a minute.
  private static func script(_ address: String, key: String, _ node: any ChainNode) async throws -> [UInt8] {
    var patience = 30
    while true {
      do throws(NodeError) {
        let script = try await node.scriptPubKey(for: address)
        if let script { return script }
        patience = -1
      } catch {
        guard patience > 0 else { throw StartError("\(error); start the node, or correct local.bitcoin.urls") }
      }
      guard patience > 0 else {
        throw StartError("\(key): “\(address)” is not an address of \(node.name); write one of its own")
      }
      patience -= 1
      try await Task.sleep(for: .seconds(1))
    }
  }
}

extension MoneyNews {
  init(_ options: LocalPoolOptions, sink: EventSink) {
    self.init(
      pool: options.name, coin: options.coin, maturity: options.maturity,
      sourceName: { options.sourceName(of: $0) }, sink: sink)
  }
}

extension LocalPoolOptions {
  /// What the source of an algorithm is called: the pool's name, where it has one source alone.
  func sourceName(of algorithm: Algorithm) -> String {
    algorithms.count == 1 ? name : "\(name):\(algorithm.rawValue)"
  }

  /// Whether coinbases pay miners (SOLO) whose addresses only a node knows.
  var resolvesPayees: Bool {
    guard case .bitcoin = node else { return false }
    return rewards.rules.scheme == .solo
  }

  /// With SOLO: where the coinbase's script for an account comes from.
  func scriptPaying(_ payees: PayeeScripts?) -> (@Sendable (String) -> [UInt8]?)? {
    guard rewards.rules.scheme == .solo else { return nil }
    return { account in
      if let payees { return payees.script(paying: account) }
      return EmbeddedChain.script(paying: account)
    }
  }

  /// Confirmations until a block's reward may be spent.
  var maturity: UInt32 {
    switch node {
    case .embedded: ChainParameters().maturity
    case .bitcoin: 100
    }
  }

  /// How often a block that only has to grow older is looked at.
  var blockPoll: Duration {
    switch node {
    case .embedded(_, let blockSeconds): .seconds(min(30, max(1, blockSeconds / 4)))
    case .bitcoin: .seconds(10)
    }
  }
}
