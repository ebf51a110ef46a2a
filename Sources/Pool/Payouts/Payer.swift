import Logging
import Stratum

/// Pays miners: plans batches, and takes each from its reservation to its last confirmation. What is decided is in
/// `PayoutPlan` and `PayoutMachine`; this asks the wallet, and stores every change before the step that follows from it.
public actor Payer {
  /// A wallet, by what it can do.
  public enum Purse: Sendable {
    case signing(any SigningWallet)
    case sending(any SendingWallet)

    public var wallet: any Wallet {
      switch self {
      case .signing(let wallet): wallet
      case .sending(let wallet): wallet
      }
    }
  }

  public struct Settings: Sendable {
    public var rules: PayoutRules
    public var machine = PayoutMachine.Rules()
    public var approvers: Approvers
    /// Between two looks at who is to be paid.
    public var intervalSeconds = 3_600.0

    public init(rules: PayoutRules, approvers: Approvers) {
      self.rules = rules
      self.approvers = approvers
    }
  }

  let database: any Database
  let table: PayoutTable
  let purse: Purse
  let settings: Settings
  let destination: @Sendable (_ address: String) async -> PayoutCandidate.Destination
  let now: @Sendable () -> UnixTime
  let news: MoneyNews?
  let log: Logger
  private let clock: any Clock<Duration>
  private let machine: PayoutMachine
  private var pending: [PayoutBatchID: Pending] = [:]

  /// What is to be done with a batch, and when.
  private struct Pending {
    /// Of the batch that it was decided for.
    var version: Int64
    var step: PayoutStep
    var wait: WallWait
  }

  /// - Parameters:
  ///   - destination: what pays an address, as the node says.
  ///   - news: is told of what was stored.
  ///   - now: the wall clock, by which patience is counted.
  public init(
    database: any Database, pool: String, purse: Purse, settings: Settings,
    destination: @escaping @Sendable (_ address: String) async -> PayoutCandidate.Destination, news: MoneyNews? = nil,
    clock: any Clock<Duration> = ContinuousClock(), now: @escaping @Sendable () -> UnixTime, log: Logger
  ) {
    self.database = database
    table = PayoutTable(pool: pool)
    self.purse = purse
    self.settings = settings
    self.destination = destination
    self.news = news
    self.clock = clock
    self.now = now
    self.log = log
    machine = PayoutMachine(rules: settings.machine)
  }

  /// The right that one payer at a time has.
  private var right: String { "payouts-\(table.pool)" }

  /// Pays until its task is cancelled. While another process has the right to pay it waits.
  public func run() async {
    var isWaiting = false
    var said = ""
    while !Task.isCancelled {
      do {
        if let lease = try await database.lease(right) {
          if isWaiting { log.notice("this process pays now") }
          (isWaiting, said) = (false, "")
          try await pay(under: lease)
          await lease.end()
        } else if !isWaiting {
          isWaiting = true
          log.notice("another process pays; this one waits for its turn")
        }
      } catch {
        if said != "\(error)" { log.warning("payouts stopped; beginning anew", metadata: ["reason": "\(error)"]) }
        said = "\(error)"
      }
      guard await pause(seconds: 5) else { return }
    }
  }

  /// One look at who is to be paid, and one turn for every open batch.
  /// - Throws: `PayerError.anotherPays`, and whatever keeps the database or the wallet from answering.
  public func runOnce() async throws -> [PayoutBatch] {
    guard let lease = try await database.lease(right) else { throw PayerError.anotherPays(right: right) }
    do {
      pending = [:]
      try await settleLocks()
      try await plan()
      for batch in try await openBatches() { try await turn(batch) }
      let table = table
      let all = try await database.read { sql in try table.newest(1_000, sql).map(\.batch) }
      await lease.end()
      return all
    } catch {
      await lease.end()
      throw error
    }
  }

  private func pay(under lease: any DatabaseLease) async throws {
    pending = [:]
    try await settleLocks()
    var untilPlan: WallWait?
    while !Task.isCancelled {
      guard await lease.holds() else { throw PayerError.rightLost }
      if untilPlan?.isOver(at: now()) ?? true {
        try await settleLocks()
        try await plan()
        untilPlan = WallWait(seconds: settings.intervalSeconds, from: now())
      }
      let open = try await openBatches()
      pending = pending.filter { id, _ in open.contains { $0.order.id == id } }
      for batch in open where isDue(batch) { try await turn(batch) }
      guard await pause(seconds: open.isEmpty ? min(5, settings.intervalSeconds) : 1) else { return }
    }
  }

  private func openBatches() async throws -> [PayoutBatch] {
    let table = table
    return try await database.read { sql in try table.open(sql) }
  }

  private func isDue(_ batch: PayoutBatch) -> Bool {
    guard let pending = pending[batch.order.id], pending.version == batch.version else { return true }
    return pending.wait.isOver(at: now())
  }

  /// Takes a batch as far as it goes without waiting.
  private func turn(_ batch: PayoutBatch) async throws {
    var batch = batch
    var step: PayoutStep
    if let wait = pending.removeValue(forKey: batch.order.id), wait.version == batch.version {
      step = wait.step
    } else {
      guard let (stored, first) = try await apply(.advance, to: batch) else { return }
      (batch, step) = (stored, first)
    }
    while let event = await carryOut(step, of: batch) {
      guard let (stored, next) = try await apply(event, to: batch) else { return }
      if case .waitForApprovals = next, batch.version == stored.version {
        return wait(stored, next, seconds: 2)
      }
      (batch, step) = (stored, next)
      if next.delaySeconds > 0 { return wait(batch, step, seconds: next.delaySeconds) }
    }
    // Until somebody changes it from outside, or an hour has passed.
    wait(batch, .pause(seconds: 0), seconds: 3_600)
  }

  private func wait(_ batch: PayoutBatch, _ step: PayoutStep, seconds: Double) {
    pending[batch.order.id] = Pending(
      version: batch.version, step: step, wait: WallWait(seconds: seconds, from: now()))
  }

  /// Stores what an event makes of a batch. `nil` when another has changed it: it is read anew.
  private func apply(_ event: PayoutEvent, to batch: PayoutBatch) async throws -> (PayoutBatch, PayoutStep)? {
    let now = now()
    let change = machine.next(batch, event, at: now)
    guard change.batch.version != batch.version else { return (batch, change.step) }
    let table = table
    let isStored = try await database.write { sql in try table.store(change, over: batch, at: now, sql) }
    guard isStored else { return nil }
    report(change.batch)
    news?.stored(change.batch, over: batch.state)
    return (change.batch, change.step)
  }

  private func pause(seconds: Double) async -> Bool {
    do {
      try await clock.sleep(for: .seconds(seconds))
      return true
    } catch {
      return false
    }
  }
}

/// Why nothing is paid now.
public enum PayerError: Error, Equatable, Sendable, CustomStringConvertible {
  case anotherPays(right: String)
  case rightLost

  public var description: String {
    switch self {
    case .anotherPays(let right):
      "another process pays (it holds “\(right)”): it will do what is to be done; stop it if you want to do it by hand"
    case .rightLost: "the right to pay was lost, with the connection that held it"
    }
  }
}

extension PayoutStep {
  /// How long to wait before it.
  var delaySeconds: Double {
    switch self {
    case .broadcast(_, let seconds), .lookUp(let seconds), .ask(_, let seconds), .pause(let seconds): seconds
    case .waitForApprovals, .prepare, .submit, .release, .review, .finished: 0
    }
  }
}
