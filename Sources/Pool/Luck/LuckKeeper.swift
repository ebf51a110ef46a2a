import Logging
import Stratum

/// Everybody's luck over all that is kept, and over its last days.
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
  private var history = LuckHistory()
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
    guard var since = try await read({ [next] in try $0.start(of: next ?? pages.lowerBound) }) else { return report }
    var page = next ?? pages.lowerBound
    while page < pages.upperBound {
      var last = min(page + Self.piece, pages.upperBound) - 1
      guard var end = try await read({ [last] in try $0.start(of: last + 1) }) else { return report }
      // Not more together than a day's.
      while last > page, end > since + LuckHistory.sliceSeconds {
        last = page + (last - page) / 2
        end = try await read { [last] in try $0.start(of: last + 1) } ?? end
      }
      let new = try await read { [page, last] in try $0.expected(from: page, to: last) }
      history.add(new, since: since, until: end)
      (page, since) = (last + 1, end)
      next = page
    }
    next = page
    // The newest page still grows: it is not kept.
    var now = history
    let growing = try await read { [page] in try $0.expected(from: page, to: page) }
    now.add(growing, since: since, until: since)
    let looks = now.looks()
    let found = try await read { table in try looks.map { try table.found(since: $0.since) } }
    tell(looks, found)
    return report
  }

  /// Of each account the window in which it has least luck; of equal ones the longest.
  private func tell(_ looks: [LuckHistory.Window], _ found: [[String: Int]]) {
    guard let all = looks.first else { return }
    report.since = UnixTime(seconds: UInt32(clamping: all.since))
    report.accounts = all.expected.keys.map { account in
      let lucks = zip(looks, found).map { look, found in
        AccountLuck(
          account: account, since: UnixTime(seconds: UInt32(clamping: look.since)),
          expected: look.expected[account] ?? 0, found: found[account] ?? 0)
      }
      return lucks.dropFirst().reduce(lucks[0]) { $1.chance < $0.chance ? $1 : $0 }
    }.sorted { a, b in a.chance != b.chance ? a.chance < b.chance : a.account.precedesByBytes(b.account) }
    for suspect in report.suspects where said.insert(suspect.account).inserted {
      log.warning(
        "a miner has found far fewer blocks than its work should: it may withhold them, or its software loses them",
        metadata: [
          "account": "\(suspect.account)", "since": "\(suspect.since.seconds)",
          "expected": "\(Stratum.Decimal.fixed(suspect.expected, decimals: 1))",
          "found": "\(suspect.found)", "chance": "\(suspect.chance)",
        ])
    }
  }
}
