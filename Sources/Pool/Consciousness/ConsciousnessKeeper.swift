import Logging
import Stratum

/// Brings stored profiles up to date from time to time. Several processes may do so at once: each looks at the facts,
/// and who comes second finds nothing to do.
public actor ConsciousnessKeeper {
  private let database: any Database
  private let interval: Duration
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> UnixTime
  private let log: Logger

  /// Accounts in one transaction: other writes come between.
  private static let piece = 500

  /// - Parameters:
  ///   - interval: between two looks.
  ///   - clock: for waiting.
  ///   - now: the wall clock, for the level history.
  public init(
    database: any Database, interval: Duration = .seconds(15), clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> UnixTime, log: Logger
  ) {
    self.database = database
    self.interval = interval
    self.clock = clock
    self.now = now
    self.log = log
  }

  /// Runs until its task is cancelled; a database that is away is tried again.
  public func run() async {
    while !Task.isCancelled {
      do throws(StoreError) {
        try await update()
      } catch {
        log.warning("consciousness profiles not brought up to date; trying again", metadata: ["error": "\(error)"])
      }
      do {
        try await clock.sleep(for: interval)
      } catch {
        return
      }
    }
  }

  /// Once.
  /// - Returns: the levels that changed.
  @discardableResult
  public func update() async throws(StoreError) -> [LevelStep] {
    let now = now()
    do {
      let changes = try await database.read { sql in try ProfileChanges(sql) }
      var steps: [LevelStep] = []
      var rest = changes.accounts.sorted()[...]
      while !rest.isEmpty {
        let piece = rest.prefix(Self.piece)
        rest = rest.dropFirst(Self.piece)
        steps += try await database.write { sql in try ProfileTable.update(piece, at: now, sql) }
      }
      if !changes.upTo.isEmpty { try await database.write { sql in try changes.close(sql) } }
      for step in steps {
        log.info(
          "consciousness level", metadata: ["account": "\(step.account)", "level": "\(step.level.name)"])
      }
      return steps
    } catch {
      throw StoreError(error)
    }
  }
}
