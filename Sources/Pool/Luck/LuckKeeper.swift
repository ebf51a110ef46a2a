import Logging
import Stratum

/// Everybody's luck over as long as the process has known of, and all that was kept before.
public struct LuckReport: Sendable, Equatable {
  /// Since when work and blocks are counted; `nil` before the first whole page of shares.
  public var since: UnixTime?
  /// Who has least of it comes first.
  public var accounts: [AccountLuck] = []

  public init() {}

  public var suspects: [AccountLuck] { accounts.filter(\.isSuspicious) }
}

/// Looks from time to time whether somebody finds far fewer blocks than his work should: block withholding.
///
/// It tells people, and does nothing else.
public actor LuckKeeper {
  private let pool: String
  private let database: any Database
  private let pageBits: Int64
  private let interval: Duration
  private let clock: any Clock<Duration>
  private let log: Logger

  /// Of pages that will not change any more.
  private var expected: [String: Double] = [:]
  private var since: UnixTime?
  /// The page that is read next.
  private var next: Int64?
  private var said: Set<String> = []
  public private(set) var report = LuckReport()

  /// Pages in one transaction.
  private static let piece: Int64 = 64

  /// - Parameter interval: between two looks.
  public init(
    store: PoolStore, pageBits: Int64? = nil, interval: Duration = .seconds(600),
    clock: any Clock<Duration> = ContinuousClock(), log: Logger
  ) {
    pool = store.pool
    database = store.database
    self.pageBits = pageBits ?? ShareTake.pageBits
    self.interval = interval
    self.clock = clock
    self.log = log
  }

  /// Runs until its task is cancelled; a database that is away is tried again.
  public func run() async {
    while !Task.isCancelled {
      do throws(StoreError) {
        try await look()
      } catch {
        log.warning("miners' luck is not known; trying again", metadata: ["error": "\(error)"])
      }
      do {
        try await clock.sleep(for: interval)
      } catch {
        return
      }
    }
  }

  /// Once.
  @discardableResult
  public func look() async throws(StoreError) -> LuckReport {
    let (pool, pageBits) = (pool, pageBits)
    func read<Value: Sendable>(_ body: @escaping @Sendable (LuckTable) throws -> Value) async throws(StoreError)
      -> Value
    {
      do {
        return try await database.read { sql in try body(LuckTable(pool: pool, pageBits: pageBits, sql: sql)) }
      } catch {
        throw StoreError(error)
      }
    }
    guard let pages = try await read({ try $0.pages() }) else { return report }
    let first = next ?? pages.lowerBound
    if next == nil {
      since = try await read { table in try table.start(of: first) }.map {
        UnixTime(seconds: UInt32(clamping: $0 / 1000))
      }
    }
    guard let since else { return report }
    var page = first
    while page < pages.upperBound {
      let (low, high) = (page, min(page + Self.piece, pages.upperBound) - 1)
      let new = try await read { try $0.expected(from: low, to: high) }
      expected.merge(new) { $0 + $1 }
      page = high + 1
      next = page
    }
    next = page
    let newest = page
    let (growing, found) = try await read { table in
      (try table.expected(from: newest, to: newest), try table.found(since: Int64(since.seconds)))
    }
    tell(expected.merging(growing) { $0 + $1 }, found)
    return report
  }

  private func tell(_ expected: [String: Double], _ found: [String: Int]) {
    report.since = since
    report.accounts = expected.map { account, expected in
      AccountLuck(account: account, expected: expected, found: found[account] ?? 0)
    }.sorted { a, b in a.chance != b.chance ? a.chance < b.chance : a.account.precedesByBytes(b.account) }
    for suspect in report.suspects where said.insert(suspect.account).inserted {
      log.warning(
        "a miner has found far fewer blocks than its work should: it may withhold them, or its software loses them",
        metadata: [
          "account": "\(suspect.account)", "expected": "\(Stratum.Decimal.fixed(suspect.expected, decimals: 1))",
          "found": "\(suspect.found)", "chance": "\(suspect.chance)",
        ])
    }
  }
}
