import Orchestrator
import Stratum

/// `/api/miner/{address}`: what is stored, and who is connected now.
public struct MinerPage: Codable, Sendable {
  public struct Worker: Codable, Sendable {
    public let worker: String
    public let work: String
    public let shares: Int
    public let lastShare: Int64?
  }

  public let address: String
  /// Exact hashes of all accepted work, decimal.
  public let work: String
  public let shares: Int
  public let hashrate: Double
  public let hashrateText: String
  public let workers: [Worker]
  public let sessions: [SessionPage]
  public let blocks: [BlockReport]

  init(account: String, stored: MinerReport?, sessions live: [MinerSnapshot], seesAddresses: Bool = false) {
    address = account
    work = String((stored?.work ?? .zero).hashes)
    shares = stored?.shares ?? 0
    let total = live.reduce(Hashrate.zero) { $0 + $1.hashrate }
    hashrate = total.hashesPerSecond
    hashrateText = total.description
    workers = (stored?.workers ?? []).map {
      Worker(worker: $0.worker, work: String($0.work.hashes), shares: $0.shares, lastShare: $0.lastShare)
    }
    sessions = live.prefix(MinersPage.limit).map { SessionPage($0, seesAddress: seesAddresses) }
    blocks = stored?.blocks ?? []
  }
}

/// `/api/miners`: connected miners, fastest first.
public struct MinersPage: Codable, Sendable {
  /// At most so many sessions in one answer.
  static let limit = 1000
  /// Without a word about it. The rest is found in `/api/workers`.
  static let usualLimit = 100

  /// All that are connected; `sessions` may hold fewer.
  public let total: Int
  public let sessions: [SessionPage]

  init(of snapshot: FleetSnapshot, limit: Int = limit) {
    total = snapshot.miners.count
    // What is moved about while sorting are numbers, not miners.
    let order = snapshot.miners.indices.map { index in
      (hashrate: snapshot.miners[index].hashrate, session: snapshot.miners[index].session, index: index)
    }.sorted { ($1.hashrate, $0.session) < ($0.hashrate, $1.session) }
    sessions = order.prefix(limit).map { SessionPage(snapshot.miners[$0.index]) }
  }
}

/// One connected miner.
public struct SessionPage: Codable, Sendable {
  public let account: String
  public let worker: String
  public let algorithm: Algorithm
  public let pool: String?
  public let difficulty: Double
  public let hashrate: Double
  public let hashrateText: String
  /// What the miner says of itself (`eth_submitHashrate`), where it does.
  public let reportedHashrate: Double?
  public let accepted: Int
  public let rejected: Int
  public let connectedSeconds: Double
  public let lastShareSeconds: Double?
  /// Whether it moves between upstreams without a reconnect.
  public let followsExtranonce: Bool
  public let userAgent: String
  /// Where it connects from; for those who may see it.
  public let ip: String?
  /// As the operator's rules or the miner itself say.
  public let region: String?
  public let tags: [String]

  init(_ miner: MinerSnapshot, seesAddress: Bool = false) {
    account = miner.identity.account
    worker = miner.identity.worker
    algorithm = miner.algorithm
    pool = miner.source
    difficulty = miner.difficulty.value
    hashrate = miner.hashrate.hashesPerSecond
    hashrateText = miner.hashrate.description
    reportedHashrate = miner.reportedHashrate?.hashesPerSecond
    accepted = miner.accepted
    rejected = miner.rejected
    connectedSeconds = miner.connectedSeconds
    lastShareSeconds = miner.lastShareSeconds
    followsExtranonce = miner.followsExtranonce
    userAgent = miner.userAgent
    ip = seesAddress ? miner.address : nil
    region = miner.traits.region
    tags = miner.traits.tags.sorted()
  }
}
