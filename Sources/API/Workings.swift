import Orchestrator

/// What the process itself is doing, for metrics and alarms.
public struct Workings: Sendable, Equatable {
  /// The journal of the local pool.
  public struct Journal: Sendable, Equatable {
    public var isHealthy: Bool
    /// How long the database is behind it.
    public var lagSeconds: Double
    /// Records since its beginning.
    public var records: UInt64
    /// Shares that wait for the disk.
    public var waiting: Int

    public init(isHealthy: Bool, lagSeconds: Double, records: UInt64, waiting: Int) {
      self.isHealthy = isHealthy
      self.lagSeconds = lagSeconds
      self.records = records
      self.waiting = waiting
    }
  }

  /// `nil` without a local pool.
  public var journal: Journal?
  /// Between blocks that were found while the process lives.
  public var blockSeconds = CumulativeHistogram.blockSeconds
  /// Decisions of the orchestrator that moved a group of miners.
  public var moves = 0
  public var isPaused = false
  /// Messages of the log by level, from `warning` up.
  public var logMessages: [String: Int] = [:]
  /// Open WebSockets, and those that were closed because their peers did not read.
  public var listeners = 0
  public var droppedListeners = 0

  /// Bans that hold now, by kind.
  public var bans: [BanPage.Kind: Int] = [:]

  /// Miners who have found far fewer blocks than their work should; `nil` without a local pool.
  public var suspectedOfWithholding: Int?

  public init() {}
}
