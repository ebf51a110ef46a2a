import Orchestrator
import Stratum

/// A pool that a Miningcore client means: one of our sources, or the local pool with all its algorithms.
struct NamedPool: Sendable {
  let id: String
  let sources: [SourceSnapshot]
  /// Of the whole fleet; `miners` are its own.
  private let all: [MinerSnapshot]
  /// `nil` for all of the local pool's.
  let algorithm: Algorithm?
  let isLocal: Bool

  /// `nil` when nothing is called so.
  init?(_ name: String, in snapshot: FleetSnapshot) {
    let exact = snapshot.sources.filter { $0.name == name }
    sources = exact.isEmpty ? snapshot.sources.filter { $0.pool == name } : exact
    guard let first = sources.first else { return nil }
    id = name
    algorithm = sources.count == 1 ? first.algorithm : nil
    isLocal = first.kind == .local
    all = snapshot.miners
  }

  /// Looks at every miner of the fleet, which most questions about a pool need not.
  var miners: [MinerSnapshot] { own(all) }

  /// Those of some miners that work here.
  func own(_ miners: [MinerSnapshot]) -> [MinerSnapshot] {
    let names = Set(sources.map(\.name))
    return miners.filter { $0.source.map(names.contains) ?? false }
  }

  /// Of the accounts that are connected, fastest first.
  var rates: [Miningcore.MinerRate] { Self.rates(of: miners) }

  static func rates(of miners: [MinerSnapshot]) -> [Miningcore.MinerRate] {
    var sums: [String: (hashrate: Double, shares: Double)] = [:]
    for miner in miners {
      var sum = sums[miner.identity.account] ?? (0, 0)
      sum.hashrate += miner.hashrate.hashesPerSecond
      sum.shares += miner.sharesPerSecond
      sums[miner.identity.account] = sum
    }
    return sums.map { Miningcore.MinerRate(miner: $0, hashrate: $1.hashrate, sharesPerSecond: $1.shares) }
      .sorted { ($1.hashrate, $0.miner) < ($0.hashrate, $1.miner) }
  }

  func sum<Value: AdditiveArithmetic>(_ values: [Algorithm: Value]) -> Value {
    values.reduce(.zero) { $0 + (algorithm == nil || algorithm == $1.key ? $1.value : .zero) }
  }
}

extension MinerSnapshot {
  /// Accepted, since it connected.
  var sharesPerSecond: Double { Double(accepted) / max(1, connectedSeconds) }
}

/// What a Miningcore page of a pool is made from.
struct MiningcoreFacts: Sendable {
  var facts: PoolFacts?
  var chain: [Algorithm: ChainReport] = [:]
  var totals = PoolTotals()
  var port = 0
  var year = 2026

  /// Seconds between two blocks, for the network's hashrate; of one algorithm of a chain that has several, its own.
  static let blockSeconds = 120.0
}

extension Miningcore.Pool {
  init(_ pool: NamedPool, _ known: MiningcoreFacts) {
    let facts = pool.isLocal ? known.facts : nil
    let source = pool.sources.first
    let algorithm = pool.algorithm ?? source?.algorithm ?? .sha256d
    let traits = source?.traits
    let symbol = facts?.coin.symbol ?? traits?.coin ?? ""
    id = pool.id
    coin = Miningcore.Coin(
      type: symbol, name: symbol.isEmpty ? pool.id : symbol, symbol: symbol, family: "bitcoin",
      algorithm: pool.algorithm?.rawValue ?? "several", canonicalName: symbol.isEmpty ? nil : symbol)
    let difficulty = facts?.startDifficulty[algorithm] ?? 0
    ports = [
      "\(known.port)": Miningcore.Port(
        listenAddress: "0.0.0.0", name: pool.id, difficulty: difficulty,
        varDiff: Miningcore.VarDiff(
          minDiff: algorithm.difficultyBounds.lowerBound.value, targetTime: facts?.vardiffSeconds ?? 15,
          retargetTime: facts?.vardiffSeconds ?? 15, variancePercent: 30),
        tls: known.facts?.takesTLS ?? false)
    ]
    let minimum = facts.map { $0.coin.number($0.threshold) } ?? 0
    paymentProcessing = Miningcore.PaymentProcessing(
      enabled: facts?.paysOut ?? false, minimumPayment: minimum,
      payoutScheme: (facts?.scheme ?? traits?.scheme.rawValue ?? "").uppercased(),
      payoutSchemeConfig: .init(factor: facts?.windowFactor ?? 0))
    // A miner that is silent is not closed.
    clientConnectionTimeout = 0
    jobRebroadcastTimeout = Int(Limits.notifyGapSeconds)
    blockRefreshInterval = facts?.pollMilliseconds ?? 0
    poolFeePercent =
      facts.map { $0.feePercent(in: known.year, of: "pool") } ?? (traits?.fee ?? 0) * 100
    address = facts?.address ?? ""
    addressInfoLink = ""
    let last = pool.lastBlock(known.totals)
    let miners = pool.miners
    poolStats = Miningcore.PoolStats(
      connectedMiners: miners.count,
      poolHashrate: pool.sources.reduce(0) { $0 + $1.hashrate.hashesPerSecond },
      sharesPerSecond: miners.reduce(0) { $0 + $1.sharesPerSecond }, lastPoolBlockTime: last)
    networkStats = Miningcore.NetworkStats(pool, known, algorithm)
    topMiners = Array(NamedPool.rates(of: miners).prefix(15))
    totalPaid = facts.map { $0.coin.number(known.totals.paid) } ?? 0
    totalBlocks = pool.isLocal ? pool.sum(known.totals.blocks) : pool.sources.reduce(0) { $0 + $1.counters.blocks }
    lastPoolBlockTime = last
    let network = known.chain[algorithm].map { Double($0.networkWork.hashes) } ?? 0
    let work = known.totals.roundWork[algorithm].map { Double($0.hashes) } ?? 0
    poolEffort = pool.isLocal && network > 0 ? work / network : 0
  }
}

extension Miningcore.NetworkStats {
  init(_ pool: NamedPool, _ known: MiningcoreFacts, _ algorithm: Algorithm) {
    let economics = pool.sources.first?.economics
    let chain = pool.isLocal ? known.chain[algorithm] : nil
    let hashes = chain.map { Double($0.networkWork.hashes) } ?? economics?.hashesPerBlock ?? 0
    networkType = pool.isLocal ? known.facts?.network ?? "main" : "main"
    networkHashrate = hashes / (economics?.blockIntervalSeconds ?? MiningcoreFacts.blockSeconds)
    networkDifficulty = hashes / Difficulty.hashesAtOne(algorithm)
    nextNetworkTarget = ""
    nextNetworkBits = ""
    lastNetworkBlockTime = chain.map { PageTime.text($0.lastBlockAt) }
    blockHeight = Int(chain?.height ?? 0)
    connectedPeers = pool.sources.reduce(0) { $0 + $1.connections }
    rewardType = "POW"
  }
}

extension NamedPool {
  fileprivate func lastBlock(_ totals: PoolTotals) -> String? {
    guard isLocal else { return nil }
    return totals.lastBlockAt.filter { algorithm == nil || algorithm == $0.key }.values.max().map(PageTime.text)
  }
}

extension Miningcore.Block {
  init(_ found: FoundReport, pool: String, facts: PoolFacts) {
    let block = found.block
    poolId = pool
    blockHeight = block.height
    let network = Double(found.networkWork.hashes)
    networkDifficulty = network / Difficulty.hashesAtOne(block.algorithm)
    status = Self.status(block.state)
    type = "block"
    confirmationProgress =
      block.state == "mature" ? 1 : min(1, Double(found.confirmations) / Double(max(1, facts.maturity)))
    effort = found.roundWork.map { network > 0 ? Double($0.hashes) / network : 0 }
    transactionConfirmationData = block.hash
    reward = facts.coin.number(block.reward ?? 0)
    infoLink = ""
    hash = block.hash
    miner = block.account
    source = block.source
    created = PageTime.text(block.foundAt)
  }

  static let statuses = ["Confirmed", "Pending", "Orphaned"]

  private static func status(_ state: String) -> String {
    switch state {
    case "mature": "confirmed"
    case "orphaned", "rejected": "orphaned"
    default: "pending"
    }
  }

  /// Our states that one of Miningcore's means.
  static func states(_ status: String) -> [String] {
    switch status.lowercased() {
    case "confirmed": ["mature"]
    case "orphaned": ["orphaned", "rejected"]
    default: ["found", "submitted", "immature"]
    }
  }
}

extension Miningcore.Payment {
  init(_ payment: PaymentReport, coin symbol: Coin) {
    id = payment.id
    coin = symbol.symbol
    address = payment.address
    addressInfoLink = ""
    amount = symbol.number(payment.amount)
    transactionConfirmationData = payment.txid
    transactionInfoLink = ""
    created = PageTime.text(payment.at)
  }
}
