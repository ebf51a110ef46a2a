import Logging
import Stratum

/// Sees to a pool's database: its tables at start, whenever it can be reached, and once an hour its partitions and what
/// is too old.
public struct DatabaseKeeper: Sendable {
  private let store: PoolStore
  private let retentionDays: Int
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> UnixTime
  private let log: Logger

  /// - Parameters:
  ///   - retentionDays: how long single shares are kept.
  ///   - clock: for waiting.
  ///   - now: the wall clock, which says what is too old.
  public init(
    store: PoolStore, retentionDays: Int, clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> UnixTime, log: Logger
  ) {
    self.store = store
    self.retentionDays = retentionDays
    self.clock = clock
    self.now = now
    self.log = log
  }

  /// Brings the tables up to date.
  public func migrate() async throws(StoreError) {
    do {
      for step in try await store.database.migrate() {
        log.notice("database brought up to date", metadata: ["step": "\(step)"])
      }
    } catch {
      throw StoreError(error)
    }
  }

  /// Waits until the tables are up to date, however long the database is away. `false` when cancelled meanwhile.
  public func prepare() async -> Bool {
    var outage = Outage(what: "the database cannot be used yet; shares wait in the journal", log: log)
    while !Task.isCancelled {
      do throws(StoreError) {
        try await migrate()
        outage.ended()
        return true
      } catch {
        guard await outage.wait(because: error, on: clock) else { return false }
      }
    }
    return false
  }

  /// Maintains the tables now and every hour, until cancelled.
  public func run() async {
    var outage = Outage(what: "the database could not be maintained", log: log)
    while !Task.isCancelled {
      do throws(StoreError) {
        try await store.maintain(now: now(), retentionDays: retentionDays)
        outage.ended()
      } catch {
        guard await outage.wait(because: error, on: clock) else { return }
        continue
      }
      do {
        try await clock.sleep(for: .seconds(3600))
      } catch {
        return
      }
    }
  }
}

/// Failures of one kind in a row: waits longer after each, and says each reason once.
struct Outage {
  let what: String
  let log: Logger
  private var failures = 0
  private var reason = ""

  init(what: String, log: Logger) {
    self.what = what
    self.log = log
  }

  /// 0.25 s, doubling to 4 s. `false` when cancelled meanwhile.
  mutating func wait(because error: StoreError, on clock: any Clock<Duration>) async -> Bool {
    let text = "\(error)"
    if text != reason { log.warning("\(what)", metadata: ["reason": "\(text)"]) }
    reason = text
    let pause = Duration.seconds(0.25 * Double(1 << min(failures, 4)))
    failures += 1
    do {
      try await clock.sleep(for: pause)
      return true
    } catch {
      return false
    }
  }

  mutating func ended() {
    if failures > 0 { log.notice("the database works again", metadata: ["failures": "\(failures)"]) }
    failures = 0
    reason = ""
  }
}
