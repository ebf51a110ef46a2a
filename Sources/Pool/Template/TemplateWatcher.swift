import Logging
import Stratum

/// Keeps the newest work of one algorithm: at once when the chain moves, and every so often for fees and time.
public actor TemplateWatcher {
  /// The newest work; `nil` before the first.
  public private(set) var current: JobTemplate?

  private let node: any ChainNode
  private let algorithm: Algorithm
  private let plan: @Sendable (UnixTime) -> CoinbasePlan
  private let hashes: any HashFunctions
  private let refresh: Duration
  private let clock: any Clock<Duration>
  private let uptime: @Sendable () -> MonotonicTime
  private let log: Logger
  private let onJob: @Sendable (JobTemplate, _ isClean: Bool) -> Void
  private let onHealth: @Sendable (NodeHealth) -> Void
  private var watch: TemplateWatch

  /// - Parameters:
  ///   - plan: the coinbase of a block of that time (fees may change with the year).
  ///   - refresh: how old work may become before it is made again with newer fees and time.
  ///   - clock: for waiting; `uptime` for how long the node has been in trouble.
  ///   - onJob: gets every new work, in order. `isClean`: what was sent before is stale.
  ///   - onHealth: gets trouble with the node and its end.
  public init(
    node: any ChainNode, algorithm: Algorithm, plan: @escaping @Sendable (UnixTime) -> CoinbasePlan,
    hashes: any HashFunctions, refresh: Duration = .seconds(30),
    clock: any Clock<Duration> = ContinuousClock(), uptime: @escaping @Sendable () -> MonotonicTime, log: Logger,
    onJob: @escaping @Sendable (JobTemplate, _ isClean: Bool) -> Void,
    onHealth: @escaping @Sendable (NodeHealth) -> Void
  ) {
    self.node = node
    self.algorithm = algorithm
    self.plan = plan
    self.hashes = hashes
    self.refresh = refresh
    self.clock = clock
    self.uptime = uptime
    self.log = log
    self.onJob = onJob
    self.onHealth = onHealth
    watch = TemplateWatch()
  }

  /// Runs until its task is cancelled.
  public func run() async {
    while !Task.isCancelled {
      do throws(NodeError) {
        let template = try await node.template(for: algorithm)
        let job = try make(template)
        try await prove(job)
        current = job
        log.debug("new work", metadata: ["height": "\(job.height)", "node": "\(node.name)"])
        let (action, health) = watch.received(
          previousBlock: template.previousBlock, height: template.height, at: uptime())
        if let health { onHealth(health) }
        if case .publish(let isClean) = action { onJob(job, isClean) }
        try await waitForNext(after: template.id)
      } catch {
        guard error != .cancelled else { return }
        let (_, health) = watch.failed(error.description, at: uptime())
        log.warning("no new work from the node", metadata: ["node": "\(node.name)", "error": "\(error)"])
        if let health { onHealth(health) }
        await pause(.seconds(watch.retrySeconds))
      }
    }
  }

  private func make(_ template: BlockTemplate) throws(NodeError) -> JobTemplate {
    do throws(CoinbaseError) {
      return try JobTemplate(template: template, plan: plan(template.curTime), using: hashes)
    } catch {
      throw .templateRejected(reason: "\(error)")
    }
  }

  /// Asks the node whether it would take a block with our coinbase, before anybody works on it.
  private func prove(_ job: JobTemplate) async throws(NodeError) {
    guard let block = job.proposal() else { return }
    let node = node
    let answer: ProposalResult
    do throws(NodeError) {
      answer = try await within(seconds: Self.proposalSeconds) { () throws(NodeError) in try await node.propose(block) }
    } catch {
      guard error != .cancelled else { throw error }
      // A slow node must not stop the pool: what it cannot answer counts as not asked.
      log.warning("template not proved", metadata: ["node": "\(node.name)", "error": "\(error)"])
      answer = .unsupported
    }
    switch answer {
    case .valid, .unsupported: return
    case .unclear(let reason): log.debug("template not proved", metadata: ["reason": "\(reason)"])
    case .rejected(let reason): throw .templateRejected(reason: reason)
    }
  }

  private static let proposalSeconds = 5.0

  /// Until the node says that something changed, or the work is old.
  private func waitForNext(after id: TemplateID) async throws(NodeError) {
    let (node, clock, refresh) = (node, clock, refresh)
    let outcome = await withTaskGroup(of: Result<Void, NodeError>.self) { group in
      group.addTask {
        do throws(NodeError) {
          try await node.waitForChange(since: id)
          return .success(())
        } catch {
          return .failure(error)
        }
      }
      group.addTask {
        do {
          try await clock.sleep(for: refresh)
          return .success(())
        } catch {
          return .failure(.cancelled)
        }
      }
      let first = await group.next() ?? .success(())
      group.cancelAll()
      return first
    }
    try outcome.get()
  }

  private func pause(_ duration: Duration) async {
    do {
      try await clock.sleep(for: duration)
    } catch {
      // Cancelled: `run` sees it.
    }
  }
}

/// Whether the local pool can trust its work.
public enum NodeHealth: Equatable, Sendable {
  case healthy
  case unhealthy(reason: String)
}
