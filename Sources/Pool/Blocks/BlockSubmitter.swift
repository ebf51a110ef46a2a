import Logging
import Stratum

/// Takes found blocks to the nodes and follows each until its reward is mature or lost.
///
/// A block is on disk before it is sent, and its way does not depend on the miner who found it: nothing of a session
/// is held, and a restart takes up what was left.
public actor BlockSubmitter {
  private let node: any ChainNode
  private let files: FoundBlockFiles
  private let rules: BlockProgress.Rules
  private let clock: any Clock<Duration>
  private let now: @Sendable () -> UnixTime
  private let log: Logger
  private let report: @Sendable (BlockRecord) async -> Void
  private var records: [Hash256: BlockRecord] = [:]
  private var tasks: [Hash256: Task<Void, Never>] = [:]
  private var isStopped = false
  /// Waits that a new tip ends.
  private var naps: [Hash256: Task<Void, any Error>] = [:]
  /// How often the tip changed.
  private var tips = 0
  /// Whether a look at all blocks was so short ago that the next waits, and whether one waits.
  private var hasLooked = false
  private var looksAgain = false
  private let permits = AskPermits()

  /// - Parameters:
  ///   - directory: where found blocks are kept; created when missing.
  ///   - maturity: confirmations at which a reward may be spent.
  ///   - watchedDepth: confirmations beyond maturity after which a block is not looked at any more.
  ///   - orphanDepth: confirmations of a competing block at which ours is called orphaned.
  ///   - poll: between two looks at a block that only has to grow older.
  ///   - now: the wall clock, for records.
  ///   - report: gets every change of a record, in order for each block, and again at `resume`; a block's file is kept
  ///     until its last report returned. An orphaned block can become immature again.
  public init(
    node: any ChainNode, directory: String, maturity: UInt32, watchedDepth: UInt32 = 100, orphanDepth: UInt32 = 6,
    poll: Duration = .seconds(30), clock: any Clock<Duration> = ContinuousClock(),
    now: @escaping @Sendable () -> UnixTime, log: Logger, report: @escaping @Sendable (BlockRecord) async -> Void
  ) throws(BlockFileError) {
    self.node = node
    files = try FoundBlockFiles(directory: directory)
    rules = BlockProgress.Rules(
      maturity: maturity, watchedDepth: watchedDepth, orphanDepth: orphanDepth, pollSeconds: poll / .seconds(1))
    self.clock = clock
    self.now = now
    self.log = log
    self.report = report
  }

  /// Takes a block and returns at once; may be called from an event loop.
  @discardableResult
  public nonisolated func submit(_ block: FoundBlock) -> BlockReceipt {
    let receipt = BlockReceipt()
    Task.detached {
      await self.take(block)
      receipt.kept()
    }
    return receipt
  }

  /// Takes up the blocks that an earlier run left unresolved. Call once, at start.
  public func resume() throws(BlockFileError) {
    let (blocks, unreadable) = try files.unresolved()
    for name in unreadable { log.error("found block's file cannot be read", metadata: ["file": "\(name)"]) }
    for (record, bytes) in blocks where records[record.hash] == nil {
      log.info("following a block of an earlier run", metadata: ["height": "\(record.height)"])
      follow(record, bytes: bytes)
    }
  }

  /// The chain has another tip: what is waited for may have come, or have gone.
  public nonisolated func tipChanged() {
    Task.detached { await self.wake() }
  }

  /// However fast tips come, all blocks are looked at once a second at most: there may be hundreds.
  private func wake() {
    guard !hasLooked else {
      looksAgain = true
      return
    }
    (hasLooked, looksAgain) = (true, false)
    tips += 1
    for nap in naps.values { nap.cancel() }
    let clock = clock
    Task {
      do { try await clock.sleep(for: .seconds(1)) } catch { return }
      self.rested()
    }
  }

  private func rested() {
    hasLooked = false
    if looksAgain { wake() }
  }

  /// Sleeps until the time is over or the chain has another tip. `false` when the submitter was stopped.
  private func nap(seconds: Double, for hash: Hash256, since tip: Int) async -> Bool {
    guard tip == tips, seconds > 0 else { return !Task.isCancelled }
    let clock = clock
    let nap = Task { try await clock.sleep(for: .seconds(seconds)) }
    naps[hash] = nap
    await withTaskCancellationHandler {
      _ = await nap.result
    } onCancel: {
      nap.cancel()
    }
    naps[hash] = nil
    return !Task.isCancelled
  }

  /// Blocks that are on their way, lowest first.
  public var unresolved: [BlockRecord] { records.values.sorted { $0.height < $1.height } }

  /// Stops following; what is unresolved is taken up by `resume` of the next run.
  public func stop() async {
    isStopped = true
    for task in tasks.values { task.cancel() }
    for task in tasks.values { await task.value }
  }

  private func take(_ block: FoundBlock) {
    guard records[block.hash] == nil else { return }
    let record = BlockRecord(block)
    log.notice(
      "block found",
      metadata: ["height": "\(block.height)", "hash": "\(block.hash.displayHex)", "finder": "\(block.finder.user)"])
    persist(record, bytes: block.bytes)
    follow(record, bytes: block.bytes)
  }

  private func follow(_ record: BlockRecord, bytes: [UInt8]) {
    guard !isStopped else { return }
    records[record.hash] = record
    tasks[record.hash] = Task {
      await self.run(record, bytes: bytes)
      self.tasks[record.hash] = nil
      self.records[record.hash] = nil
    }
  }

  private func run(_ record: BlockRecord, bytes: [UInt8]) async {
    var record = record
    var progress = BlockProgress(height: record.height, rules: rules, state: record.state)
    var step = progress.firstStep
    var tip = tips
    // Reports wait for each other, and the block does not wait for them: a slow database must not cost it the race.
    var reports = Task { [report, record] in await report(record) }
    while step != .finished {
      if case .ask(let seconds) = step {
        guard await nap(seconds: seconds, for: record.hash, since: tip) else { return }
      }
      tip = tips
      guard let next = await carryOut(step, of: record.hash, bytes: bytes, progress: &progress) else { return }
      step = next
      guard progress.state != record.state else { continue }
      record = turn(record, to: progress.state, bytes: bytes)
      reports = Task { [report, record, reports] in
        await Self.wait(for: reports)
        await report(record)
      }
    }
    await Self.wait(for: reports)
    // A report that was given up is made again by the next run, from the block's file.
    guard !Task.isCancelled else { return }
    do throws(BlockFileError) {
      try files.finish(record)
    } catch {
      log.error("found block's file not moved", metadata: ["error": "\(error)"])
    }
  }

  /// Who is cancelled while it waits gives up what it waits for.
  private static func wait(for reports: Task<Void, Never>) async {
    await withTaskCancellationHandler {
      await reports.value
    } onCancel: {
      reports.cancel()
    }
  }

  /// `nil` when the submitter was stopped.
  private func carryOut(
    _ step: BlockProgress.Step, of hash: Hash256, bytes: [UInt8], progress: inout BlockProgress
  ) async -> BlockProgress.Step? {
    do {
      switch step {
      case .submit, .ask:
        break
      case .submitAgain(let seconds):
        try await clock.sleep(for: .seconds(seconds))
      case .finished:
        return .finished
      }
      try Task.checkCancellation()
    } catch {
      return nil
    }
    switch step {
    case .submit, .submitAgain:
      let result = await node.submit(bytes)
      log.info("block submitted", metadata: ["hash": "\(hash.displayHex)", "result": "\(result)"])
      return progress.received(result)
    case .ask, .finished:
      do throws(NodeError) {
        let (status, tip) = try await ask(for: hash)
        return progress.received(status, tip: tip)
      } catch {
        log.warning("cannot ask for a found block", metadata: ["hash": "\(hash.displayHex)", "error": "\(error)"])
        return progress.failedToAsk()
      }
    }
  }

  private func ask(for hash: Hash256) async throws(NodeError) -> (HeaderStatus, tip: UInt32) {
    await permits.take()
    do throws(NodeError) {
      let answer = (try await node.status(of: hash), tip: try await node.height())
      await permits.give()
      return answer
    } catch {
      await permits.give()
      throw error
    }
  }

  private func turn(_ old: BlockRecord, to state: BlockState, bytes: [UInt8]) -> BlockRecord {
    var record = old
    record.state = state
    record.updatedAt = now()
    records[record.hash] = record
    if old.state.label != state.label {
      log.notice(
        "block changed state",
        metadata: ["height": "\(record.height)", "hash": "\(record.hash.displayHex)", "state": "\(state)"])
      persist(record, bytes: bytes)
    }
    return record
  }

  private func persist(_ record: BlockRecord, bytes: [UInt8]) {
    do throws(BlockFileError) {
      try files.write(record, bytes: bytes)
    } catch {
      // A full disk must not cost a block: it goes to the nodes all the same.
      log.error("found block not on disk", metadata: ["height": "\(record.height)", "error": "\(error)"])
    }
  }
}
