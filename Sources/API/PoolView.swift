import Stratum

/// What is stored of the local pool: its blocks, money and miners. Everything is read from roll-ups and indexed rows;
/// whatever is thrown is answered 503, but for `MalformedAddress` and `PoolRefusal`.
public protocol PoolView: Sendable {
  var facts: PoolFacts { get }
  /// The chain, as the newest jobs show it.
  func chain() -> [Algorithm: ChainReport]
  /// How the database was when it was last asked, never waiting for it: `connected`, `unavailable`, or `connecting`.
  func databaseStatus() -> String
  func totals() async throws -> PoolTotals
  /// Work and miners over time, oldest first; of one algorithm, or of all. `seconds` is 600, 3600 or 86400.
  func performance(
    of algorithm: Algorithm?, from: Int64, seconds: Int64
  ) async throws -> [PerformanceReport]
  /// Newest first. `states` are those of `BlockReport`; none means all.
  func blocks(of algorithm: Algorithm?, states: Set<String>, _ page: PageRequest) async throws -> Paged<FoundReport>
  func blocks(at height: UInt32) async throws -> [StatementReport]
  func payments(to address: String?, _ page: PageRequest) async throws -> Paged<PaymentReport>
  /// What was booked to an address and from it, newest first; with its account, `nil` for one that was never seen.
  func entries(
    of address: String, _ page: PageRequest
  ) async throws -> (entries: Paged<EntryReport>, account: AccountReport?)
  /// What was paid on each UTC day, newest first.
  func paidByDay(to address: String, _ page: PageRequest) async throws -> Paged<DayReport>
  /// An account, `nil` for one that was never seen, and its workers over time, from one state of what is stored.
  func account(
    _ address: String, _ question: PieceQuestion
  ) async throws -> (account: AccountReport?, pieces: PieceAnswer)
  func pieces(of address: String, _ question: PieceQuestion) async throws -> PieceAnswer
  func threshold(of address: String) async throws -> ThresholdReport
  /// - Throws: `PoolRefusal` when it is not the miner's or the operator's to have.
  func setThreshold(_ order: ThresholdOrder) async throws -> ThresholdReport
  /// `nil` for an address that was never seen.
  func profile(_ address: String) async throws -> ProfileReport?
  func leaderboard(limit: Int) async throws -> [ProfileReport]
  func batches(_ page: PageRequest) async throws -> Paged<BatchReport>
  /// With whom it pays; `nil` for one that there is not.
  func batch(_ id: String) async throws -> BatchReport?
  func audit() async throws -> AuditStatus
  /// Everybody's, who has least of it first.
  func luck() async throws -> LuckPage
}

/// Which pieces of a miner's time are looked at.
public struct PieceQuestion: Sendable {
  /// Starts of those that are over; seconds since 1970. What began later is wanted too.
  public var over: Range<Int64>
  /// The length of each: 60, 600, 3600 or 86400.
  public var seconds: Int64
  /// How many shares the account had in those that are over, where they are known. When it is still the same, they are
  /// left out of the answer.
  public var known: Int?

  public init(over: Range<Int64>, seconds: Int64, known: Int? = nil) {
    self.over = over
    self.seconds = seconds
    self.known = known
  }
}

public struct PieceAnswer: Sendable {
  /// Of the account, in the pieces that are over.
  public var shares: Int
  /// Whether those are in `pieces`.
  public var isWhole: Bool
  /// Oldest first.
  public var pieces: [WorkerPerformance]

  public init(shares: Int, isWhole: Bool, pieces: [WorkerPerformance]) {
    self.shares = shares
    self.isWhole = isWhole
    self.pieces = pieces
  }
}

/// Why a change is not made.
public struct PoolRefusal: Error, Equatable, Sendable {
  /// Whether the one who asks is not who may ask.
  public var isForbidden: Bool
  public var reason: String

  public init(isForbidden: Bool, reason: String) {
    self.isForbidden = isForbidden
    self.reason = reason
  }
}

/// What does not change of the local pool while the process lives. Amounts are atomic units.
public struct PoolFacts: Sendable, Equatable {
  public struct Fee: Sendable, Equatable {
    /// `humanitarian`, `development`, `genesis`, `pool`, or an address.
    public var name: String
    public var address: String
    /// Hundredths of a percent in each year from the present on; one entry when it is always the same.
    public var basisPoints: [(year: Int, amount: Int)]

    public init(name: String, address: String, basisPoints: [(year: Int, amount: Int)]) {
      self.name = name
      self.address = address
      self.basisPoints = basisPoints
    }

    public static func == (a: Fee, b: Fee) -> Bool {
      a.name == b.name && a.address == b.address && a.basisPoints.elementsEqual(b.basisPoints, by: ==)
    }

    public func basisPoints(in year: Int) -> Int {
      (basisPoints.last { $0.year <= year } ?? basisPoints.first)?.amount ?? 0
    }
  }

  public struct Level: Sendable, Equatable {
    public var number: Int
    public var name: String
    public var summary: String
    public var icon: String
    public var multiplier: Double
    public var experience: Int64

    public init(number: Int, name: String, summary: String, icon: String, multiplier: Double, experience: Int64) {
      self.number = number
      self.name = name
      self.summary = summary
      self.icon = icon
      self.multiplier = multiplier
      self.experience = experience
    }
  }

  public var name = ""
  public var coin = Coin.zion
  /// `main`, `test` or `dev`, and what people call the network.
  public var network = "main"
  public var networkName = ""
  public var address = ""
  public var scheme = "pplns"
  public var stratumPort = 0
  /// Miners may speak TLS there.
  public var takesTLS = false
  public var apiPort = 0
  public var startDifficulty: [Algorithm: Double] = [:]
  public var vardiffSeconds = 15.0
  public var fees: [Fee] = []
  public var paysOut = false
  public var threshold: Int64 = 0
  public var minimum: Int64 = 0
  public var bonusPerBlock: Int64 = 0
  public var eco: [Algorithm: Double] = [:]
  public var levels: [Level] = []
  public var maturity: UInt32 = 100
  public var windowFactor = 2.0
  /// What the source of each algorithm is called.
  public var sources: [Algorithm: String] = [:]
  /// How often the node is asked for a new block.
  public var pollMilliseconds = 500

  public init() {}
}

/// What the newest job of an algorithm shows of its chain.
public struct ChainReport: Sendable, Equatable {
  /// Of the newest block.
  public var height: UInt32
  /// Expected hashes for the next one.
  public var networkWork: ShareWork
  /// Seconds since 1970, when the newest block was heard of.
  public var lastBlockAt: Int64
  /// Coinbase for the pool, atomic units.
  public var reward: Int64

  public init(height: UInt32, networkWork: ShareWork, lastBlockAt: Int64, reward: Int64) {
    self.height = height
    self.networkWork = networkWork
    self.lastBlockAt = lastBlockAt
    self.reward = reward
  }
}

public struct PoolTotals: Sendable, Equatable {
  public var paid: Int64 = 0
  /// What miners have that was not paid.
  public var pending: Int64 = 0
  public var shares: [Algorithm: Int] = [:]
  /// Found blocks that were not rejected or orphaned.
  public var blocks: [Algorithm: Int] = [:]
  /// Seconds since 1970.
  public var lastBlockAt: [Algorithm: Int64] = [:]
  /// Accepted work since the last block.
  public var roundWork: [Algorithm: ShareWork] = [:]

  public init() {}
}

public struct PerformanceReport: Sendable, Equatable {
  /// Seconds since 1970.
  public var start: Int64
  public var algorithm: Algorithm
  public var shares: Int
  public var work: ShareWork
  /// Accounts with an accepted share.
  public var miners: Int

  public init(start: Int64, algorithm: Algorithm, shares: Int, work: ShareWork, miners: Int) {
    self.start = start
    self.algorithm = algorithm
    self.shares = shares
    self.work = work
    self.miners = miners
  }
}

public struct WorkerPerformance: Sendable, Equatable {
  public var start: Int64
  public var worker: String
  public var algorithm: Algorithm
  public var shares: Int
  public var work: ShareWork
  /// Seconds since 1970.
  public var lastShare: Int64

  public init(start: Int64, worker: String, algorithm: Algorithm, shares: Int, work: ShareWork, lastShare: Int64) {
    self.start = start
    self.worker = worker
    self.algorithm = algorithm
    self.shares = shares
    self.work = work
    self.lastShare = lastShare
  }
}
