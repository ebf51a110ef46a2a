import Orchestrator
import Stratum

/// What the HTTP interface can see and do: the running process, seen from outside.
public protocol FleetView: Sendable {
  var about: About { get }
  /// On the clock of the snapshots.
  var startedAt: MonotonicTime { get }
  func snapshot() async -> FleetSnapshot
  /// Parts that are no sources: journal, database, node. A part that is not healthy makes `/api/health` answer 503.
  func parts() async -> [PartHealth]
  /// The spelling under which an account is credited, where addresses have several.
  func canonical(_ account: String) -> String
  /// What is stored about an account; `nil` when it was never seen. Its live sessions are in the snapshot.
  /// - Throws: `MalformedAddress`; anything else is answered 503.
  /// - Parameter minutes: those since this time come with it, seconds since 1970.
  func miner(_ account: String, minutes: Int64) async throws -> MinerStanding
  /// Found blocks, newest first.
  func blocks(limit: Int) async throws -> [BlockReport]
  /// What the books say of themselves; `nil` without a local pool.
  func books() async throws -> BooksReport?
  /// What the process itself is doing.
  func workings() async -> Workings
  /// Prices of all configured coins, by name.
  func prices() async -> [PriceReport]
  /// `to` is a source's name, or `auto` to give the miners back to the policy. `worker` is `worker` or
  /// `ACCOUNT.worker`; `nil` is everyone. Returns when the miners have moved, or when it is clear that they will not.
  func move(to: String, worker: String?) async throws(MoveError) -> MoveReport
  /// What the orchestrator thinks now.
  func orchestrator() async -> OrchestratorPage
  /// Decisions that moved someone, oldest first.
  func decisions() async -> [DecisionLog.Entry]
  func order(_ order: OrchestratorOrder) async
  /// What a policy would do now; nothing is changed.
  func explain(policy text: String) async throws(PolicyProblems) -> ExplanationPage
  /// The policy that is in use.
  func policy() async -> PolicyReport
  /// What is stored of the local pool; `nil` without one.
  var pool: (any PoolView)? { get }
  /// Who is kept out; `nil` where nobody can be.
  var bans: (any BanView)? { get }
  /// What miners can hold against us; `nil` where nothing is kept.
  var receipts: (any ReceiptView)? { get }
  /// Writes down who asked for a change.
  func record(_ write: APIWrite) async
}

extension FleetView {
  public var pool: (any PoolView)? { nil }
  public var bans: (any BanView)? { nil }
  public var receipts: (any ReceiptView)? { nil }
  public func record(_ write: APIWrite) async {}
  public func canonical(_ account: String) -> String { account }
  public func parts() async -> [PartHealth] { [] }
  public func books() async throws -> BooksReport? { nil }
  public func workings() async -> Workings { Workings() }
  public func orchestrator() async -> OrchestratorPage {
    OrchestratorPage(policy: about.policy, mode: "", orderedMode: nil, paused: false, decisions: [])
  }
  public func decisions() async -> [DecisionLog.Entry] { [] }
  public func order(_ order: OrchestratorOrder) async {}
  public func explain(policy text: String) async throws(PolicyProblems) -> ExplanationPage {
    throw PolicyProblems(lines: ["nothing can be explained here"])
  }
  public func policy() async -> PolicyReport { PolicyReport(name: about.policy, mode: "failover") }
  public func prices() async -> [PriceReport] { [] }
}

/// The state of the ledger, in atomic units.
public struct BooksReport: Sendable, Equatable {
  /// The sum of all accounts: 0, or something is wrong.
  public var imbalance: Int64
  /// What the pool's wallet should hold.
  public var walletHolds: Int64
  public var bonusFund: Int64
  public var reserve: Int64
  /// Batches by state, without those that are closed.
  public var openPayouts: [String: Int]
  /// What miners have earned and were not paid yet, in coins.
  public var pendingCoins: Double

  public init(
    imbalance: Int64, walletHolds: Int64, bonusFund: Int64, reserve: Int64, openPayouts: [String: Int],
    pendingCoins: Double = 0
  ) {
    self.imbalance = imbalance
    self.walletHolds = walletHolds
    self.bonusFund = bonusFund
    self.reserve = reserve
    self.openPayouts = openPayouts
    self.pendingCoins = pendingCoins
  }
}

/// What does not change while the process lives.
public struct About: Sendable, Codable, Equatable {
  /// `zion 0.1.0`
  public var version: String
  /// Where miners connect: `0.0.0.0:3333`.
  public var stratum: String
  /// What an operator must know of the chain, such as `embedded chain zion-dev: for development only`.
  public var network: String?
  /// Name of the policy.
  public var policy: String

  public init(version: String, stratum: String, network: String? = nil, policy: String) {
    self.version = version
    self.stratum = stratum
    self.network = network
    self.policy = policy
  }
}

/// One part of the process, with what is wrong with it.
public struct PartHealth: Sendable, Codable, Equatable {
  public var name: String
  public var healthy: Bool
  /// Why it is not healthy, and what to do.
  public var reason: String?

  public init(name: String, healthy: Bool, reason: String? = nil) {
    self.name = name
    self.healthy = healthy
    self.reason = reason
  }
}

/// The account is not written as accounts are.
public struct MalformedAddress: Error, Equatable, Sendable {
  /// What was expected.
  public let reason: String
  public init(reason: String) { self.reason = reason }
}

/// What is stored about an account.
public struct MinerReport: Sendable, Equatable {
  public var account: String
  /// Work of all its accepted shares.
  public var work: ShareWork
  public var shares: Int
  public var workers: [WorkerReport]
  public var blocks: [BlockReport]

  public init(account: String, work: ShareWork, shares: Int, workers: [WorkerReport], blocks: [BlockReport]) {
    self.account = account
    self.work = work
    self.shares = shares
    self.workers = workers
    self.blocks = blocks
  }
}

/// All that is stored about a miner, from one state of it.
public struct MinerStanding: Sendable, Equatable {
  /// `nil` when no share of it was ever accepted.
  public var report: MinerReport?
  /// `nil` without a local pool, and when nothing was booked either.
  public var account: AccountReport?
  /// The account's minutes with accepted shares, oldest first; `worker` is empty.
  public var minutes: [WorkerPerformance]

  public init(report: MinerReport? = nil, account: AccountReport? = nil, minutes: [WorkerPerformance] = []) {
    self.report = report
    self.account = account
    self.minutes = minutes
  }
}

/// What is stored about one worker of an account.
public struct WorkerReport: Sendable, Equatable {
  public var worker: String
  public var work: ShareWork
  public var shares: Int
  /// Seconds since 1970.
  public var lastShare: Int64?

  public init(worker: String, work: ShareWork, shares: Int, lastShare: Int64? = nil) {
    self.worker = worker
    self.work = work
    self.shares = shares
    self.lastShare = lastShare
  }
}

/// A block that a miner of ours found.
public struct BlockReport: Sendable, Codable, Equatable {
  public var height: UInt32
  /// Hex, most significant byte first, as explorers show it.
  public var hash: String
  public var algorithm: Algorithm
  public var source: String
  public var account: String
  public var worker: String
  /// `found`, `submitted`, `accepted`, `rejected`, `matured`, `orphaned` or what the source calls it.
  public var state: String
  /// Why it was rejected or orphaned.
  public var reason: String?
  /// Atomic units that the coinbase creates; `nil` where the source does not say.
  public var reward: Int64?
  /// Seconds since 1970.
  public var foundAt: Int64

  public init(
    height: UInt32, hash: String, algorithm: Algorithm, source: String, account: String, worker: String, state: String,
    reason: String? = nil, reward: Int64? = nil, foundAt: Int64
  ) {
    self.height = height
    self.hash = hash
    self.algorithm = algorithm
    self.source = source
    self.account = account
    self.worker = worker
    self.state = state
    self.reason = reason
    self.reward = reward
    self.foundAt = foundAt
  }
}

/// Why an order to move was not carried out.
public enum MoveError: Error, Equatable, Sendable {
  case unknownPool(known: [String])
  case unknownWorker
  /// With the source's own words, where it has some.
  case notReady(String?)
  case otherAlgorithm(pool: Algorithm, worker: Algorithm)
}

/// What became of an order to move.
public struct MoveReport: Sendable, Codable, Equatable {
  /// Sessions that now mine where they should, without a reconnect.
  public var moved: Int
  /// Sessions that were asked to reconnect, because they follow no other extranonce.
  public var reconnecting: Int
  /// Sessions that stay where they are: no seat was free.
  public var refused: Int
  /// From the order to the last byte of the new job written to the miner; `nil` when nobody moved.
  public var medianSwitchMilliseconds: Double?
  public var worstSwitchMilliseconds: Double?

  public init(
    moved: Int, reconnecting: Int, refused: Int, medianSwitchMilliseconds: Double? = nil,
    worstSwitchMilliseconds: Double? = nil
  ) {
    self.moved = moved
    self.reconnecting = reconnecting
    self.refused = refused
    self.medianSwitchMilliseconds = medianSwitchMilliseconds
    self.worstSwitchMilliseconds = worstSwitchMilliseconds
  }
}
