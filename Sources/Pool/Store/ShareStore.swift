import Stratum

/// Where shares and blocks can be asked for: filled from the journal, which stays the source of truth.
public protocol ShareStore: Sendable {
  /// How far a journal was taken over; `nil` when nothing was.
  func position(of journal: String) async throws(StoreError) -> JournalPosition?
  /// Takes over shares and the position behind them, together or not at all. Shares that are there already (by hash)
  /// change nothing. Returns how many were new.
  /// - Parameter from: where the shares were read. When the database is at the same place none of them can be there.
  func insert(
    _ shares: [NumberedShare], of journal: String, from: JournalPosition, upTo: JournalPosition
  ) async throws(StoreError) -> Int
  /// Makes room for the coming days, and lets go of what is older than the retention.
  func maintain(now: UnixTime, retentionDays: Int) async throws(StoreError)
  /// Keeps the newest state of a found block.
  func save(_ block: BlockRecord) async throws(StoreError)

  /// `nil` when no share of this account was ever accepted.
  /// - Parameter now: the end of the window over which hashrates are estimated.
  func minerSummary(account: String, now: UnixTime) async throws(StoreError) -> MinerSummary?
  /// Newest first.
  func blocks(limit: Int) async throws(StoreError) -> [BlockRecord]
  func poolTotals(now: UnixTime) async throws(StoreError) -> [AlgorithmTotals]
}

/// Accepted shares of one algorithm, since ever; work of different algorithms does not add up.
public struct AlgorithmTotals: Equatable, Sendable {
  public var algorithm: Algorithm
  public var shares: Int
  /// Exact.
  public var work: ShareWork
  /// Milliseconds since 1970.
  public var lastShare: UInt64
  /// Work of the last ten minutes over their length.
  public var hashrate: Hashrate

  public init(algorithm: Algorithm, shares: Int, work: ShareWork, lastShare: UInt64, hashrate: Hashrate) {
    self.algorithm = algorithm
    self.shares = shares
    self.work = work
    self.lastShare = lastShare
    self.hashrate = hashrate
  }
}

/// What one machine of an account did with one algorithm.
public struct WorkerSummary: Equatable, Sendable {
  /// Empty when the miner gave no name.
  public var worker: String
  public var totals: AlgorithmTotals

  public init(worker: String, totals: AlgorithmTotals) {
    self.worker = worker
    self.totals = totals
  }
}

/// What an account did here.
public struct MinerSummary: Equatable, Sendable {
  public var account: String
  /// Ordered by name, then algorithm.
  public var workers: [WorkerSummary]
  public var blocksFound: Int

  public init(account: String, workers: [WorkerSummary], blocksFound: Int) {
    self.account = account
    self.workers = workers
    self.blocksFound = blocksFound
  }

  /// Over all workers, one for each algorithm that was mined.
  public var totals: [AlgorithmTotals] {
    Algorithm.allCases.compactMap { algorithm in
      let parts = workers.map(\.totals).filter { $0.algorithm == algorithm }
      guard var sum = parts.first else { return nil }
      for part in parts.dropFirst() {
        sum.shares += part.shares
        sum.work += part.work
        sum.lastShare = max(sum.lastShare, part.lastShare)
        sum.hashrate = sum.hashrate + part.hashrate
      }
      return sum
    }
  }
}

/// The window over which hashrates are estimated, in whole minutes as work is kept.
struct HashrateWindow {
  static let minuteCount: Int64 = 10
  let now: UnixTime

  var minutes: ClosedRange<Int64> {
    let last = Int64(now.seconds) / 60
    return (last - Self.minuteCount + 1)...last
  }

  /// - Parameter firstShare: milliseconds since 1970; who began within the window is measured from there, over at
  ///   least a minute.
  func rate(of work: ShareWork, since firstShare: UInt64) -> Hashrate {
    let start = max(Double(minutes.lowerBound * 60), Double(firstShare) / 1000)
    return Hashrate(work.approximate / max(60, Double(now.seconds) - start))
  }
}
