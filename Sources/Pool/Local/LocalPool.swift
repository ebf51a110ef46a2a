import Logging
import NIOCore
import Stratum
import Synchronization

/// The local pool of one algorithm: takes work from a node's watcher to the shards, and shares from them to the
/// journal. One `LocalSource` per shard does the talking; this is what they share.
///
/// Wiring: a `TemplateWatcher`'s `onJob` calls `publish`, its `onHealth` calls `nodeChanged`.
public final class LocalPool: Sendable {
  /// Unique in the process.
  public let name: String
  /// The operator's name for the whole pool, whatever algorithms it has.
  public let pool: String
  public let algorithm: Algorithm
  /// Tells pool processes apart that mine for the same address: the first byte of every extranonce.
  public let instance: UInt8

  let hashes: any HashFunctions
  let journal: ShareJournal
  let submit: @Sendable (FoundBlock) -> BlockReceipt
  /// With SOLO: the script that pays an account, where it is known.
  let scriptPaying: (@Sendable (String) -> [UInt8]?)?
  let uptime: @Sendable () -> MonotonicTime
  let wallMilliseconds: @Sendable () -> UInt64
  let log: Logger
  private let state = Mutex(State())

  private struct State {
    var jobs = PublishedJobs()
    var published: UInt64 = 0
    var node = NodeHealth.unhealthy(reason: "no template from the node yet")
    var journal = ShareJournal.Health.healthy
    var listeners: [Int: @Sendable (PoolNews) -> Void] = [:]
    var listenerCount = 0
    var lanes: UInt32 = 0
  }

  /// - Parameters:
  ///   - journal: may be shared by the pools of several algorithms on the same chain.
  ///   - submit: takes a found block, at once (`BlockSubmitter.submit`).
  ///   - scriptPaying: makes this a pool whose coinbase pays the finder (SOLO): the script of an account, asked on event
  ///     loops. A miner whose script is not known gets no work.
  ///   - wallMilliseconds: since 1970, for share records.
  public init(
    name: String, pool: String? = nil, algorithm: Algorithm, instance: UInt8 = 0, hashes: any HashFunctions,
    journal: ShareJournal,
    submit: @escaping @Sendable (FoundBlock) -> BlockReceipt, scriptPaying: (@Sendable (String) -> [UInt8]?)? = nil,
    uptime: @escaping @Sendable () -> MonotonicTime,
    wallMilliseconds: @escaping @Sendable () -> UInt64, log: Logger
  ) {
    self.name = name
    self.pool = pool ?? name
    self.algorithm = algorithm
    self.instance = instance
    self.hashes = hashes
    self.journal = journal
    self.submit = submit
    self.scriptPaying = scriptPaying
    self.uptime = uptime
    self.wallMilliseconds = wallMilliseconds
    self.log = log
    journal.observe { [weak self] event in
      if case .health(let health) = event { self?.journalChanged(health) }
    }
    // What changes from now on comes after this.
    state.withLock { $0.journal = journal.health }
  }

  /// The pool as one shard sees it.
  /// - Parameters:
  ///   - shard: different for each; the second byte of the shard's extranonces.
  ///   - makeFeedID: gives ids that nobody else in the shard uses.
  public func makeSource(
    shard: UInt8, on loop: any EventLoop, makeFeedID: @escaping () -> FeedID
  ) -> LocalSource {
    LocalSource(pool: self, shard: shard, loop: loop, makeFeedID: makeFeedID)
  }

  /// New work; call in order. `isClean`: what was sent before is stale.
  public func publish(_ template: JobTemplate, isClean: Bool) {
    // Before the shards send it: a share of this block never meets the memory of the one before the last.
    if isClean { journal.blockChanged(to: template.template.previousBlock) }
    guard let native = template.work(lane: 0) else {
      return log.error("a template has no room for the pool's extranonce", metadata: ["height": "\(template.height)"])
    }
    let (job, listeners) = state.withLock { state in
      state.published += 1
      let job = PublishedJob(
        number: state.published, template: template, isClean: isClean, nativeWork: native, at: uptime())
      _ = state.jobs.insert(job)
      return (job, state.listeners.values)
    }
    for listener in listeners { listener(.job(job)) }
  }

  /// Trouble with the node, or its end.
  public func nodeChanged(_ health: NodeHealth) {
    let listeners = state.withLock { state in
      state.node = health
      return state.listeners.values
    }
    for listener in listeners { listener(.readiness) }
  }

  private func journalChanged(_ health: ShareJournal.Health) {
    let listeners = state.withLock { state in
      state.journal = health
      return state.listeners.values
    }
    for listener in listeners { listener(.readiness) }
  }

  /// Why no miner should be sent here; `nil` when all is well.
  public var trouble: String? {
    let now = uptime()
    return state.withLock { state in
      if case .unavailable(let reason) = state.journal { return "share journal cannot be written: \(reason)" }
      if case .unhealthy(let reason) = state.node { return "node: \(reason)" }
      guard let job = state.jobs.current else { return "no template from the node yet" }
      let age = now.seconds(since: job.at)
      guard age <= Self.oldestTemplateSeconds else {
        return "no new template for \(Decimal.fixed(age, decimals: 0)) s"
      }
      return nil
    }
  }

  /// A watcher makes work every half minute: after six missed ones something hangs that does not say so.
  static let oldestTemplateSeconds = 180.0

  func listen(_ listener: @escaping @Sendable (PoolNews) -> Void) -> (token: Int, job: PublishedJob?) {
    state.withLock { state in
      state.listenerCount += 1
      state.listeners[state.listenerCount] = listener
      return (state.listenerCount, state.jobs.current)
    }
  }

  func unlisten(_ token: Int) { state.withLock { $0.listeners[token] = nil } }

  /// What another process image goes on with: the work that miners have, so that a block found on it is whole.
  public func save() -> SavedLocalPool {
    state.withLock { SavedLocalPool($0.jobs, published: $0.published, lanes: $0.lanes) }
  }

  /// Before any source is made.
  public func restore(_ saved: SavedLocalPool) {
    let jobs = saved.jobs(using: hashes)
    state.withLock { state in
      (state.published, state.lanes) = (saved.published, saved.lanes)
      state.jobs = jobs
      // Until the watcher says otherwise; the age of the work is looked at all the same.
      if jobs.current != nil { state.node = .healthy }
    }
  }

  /// The work that was published lately.
  var published: PublishedJobs { state.withLock { $0.jobs } }

  /// A lane number that no shard has: two lanes have different coinbases, so their shares never meet.
  func makeLane() -> UInt32 {
    state.withLock { state in
      state.lanes = state.lanes == .max ? 1 : state.lanes + 1
      return state.lanes
    }
  }
}

/// What the shards hear from the pool.
enum PoolNews: Sendable {
  case job(PublishedJob)
  /// `trouble` may be another.
  case readiness
}

/// A template on its way to miners.
struct PublishedJob: Sendable {
  let number: UInt64
  let template: JobTemplate
  let isClean: Bool
  /// Lane 0, the same in every shard.
  let nativeWork: Work
  let at: MonotonicTime
}
