import Logging
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

/// When miners get new work, and when the node counts as sick.
struct TemplateWatcherTests {
  private func at(_ seconds: Double) -> MonotonicTime { .zero.advanced(bySeconds: seconds) }
  private func hash(_ number: UInt64) -> Hash256 { Hash256(number: UInt256(number)) }

  @Test func `work is clean when the block below changes, and only then`() {
    var watch = TemplateWatch()
    #expect(watch.received(previousBlock: hash(1), height: 5, at: at(0)).action == .publish(isClean: true))
    #expect(watch.received(previousBlock: hash(1), height: 5, at: at(30)).action == .publish(isClean: false))
    #expect(watch.received(previousBlock: hash(2), height: 6, at: at(40)).action == .publish(isClean: true))
    #expect(watch.received(previousBlock: hash(3), height: 6, at: at(41)).action == .publish(isClean: true))
  }

  @Test func `a node is sick at once without work, later with it, and says each turn once`() {
    var watch = TemplateWatch(patienceSeconds: 10)
    #expect(watch.failed("down", at: at(0)).health == .unhealthy(reason: "down"))
    #expect(watch.failed("down", at: at(1)).health == nil)
    #expect(watch.received(previousBlock: hash(1), height: 5, at: at(2)).health == .healthy)
    #expect(watch.received(previousBlock: hash(1), height: 5, at: at(3)).health == nil)
    #expect(watch.failed("down", at: at(12.9)).health == nil)
    #expect(watch.failed("down", at: at(13)).health == .unhealthy(reason: "down"))
    #expect(watch.received(previousBlock: hash(1), height: 5, at: at(14)).health == .healthy)
  }

  @Test func `tries come later and later, and soon again after a success`() {
    var watch = TemplateWatch()
    var waits: [Double] = []
    for _ in 0..<7 {
      _ = watch.failed("down", at: at(0))
      waits.append(watch.retrySeconds)
    }
    #expect(waits == [0.5, 1, 2, 4, 8, 8, 8])
    _ = watch.received(previousBlock: hash(1), height: 5, at: at(2))
    _ = watch.failed("down", at: at(3))
    #expect(watch.retrySeconds == 0.5)
  }

  /// What the watcher said, in order.
  private final class Listener: Sendable {
    private let jobs = Mutex<[(height: UInt32, isClean: Bool)]>([])
    private let health = Mutex<[NodeHealth]>([])
    var heights: [UInt32] { jobs.withLock { $0.map(\.height) } }
    var clean: [Bool] { jobs.withLock { $0.map(\.isClean) } }
    var turns: [NodeHealth] { health.withLock { $0 } }
    func heard(_ job: JobTemplate, _ isClean: Bool) { jobs.withLock { $0.append((job.height, isClean)) } }
    func heard(_ turn: NodeHealth) { health.withLock { $0.append(turn) } }
  }

  private func watcher(
    _ node: any ChainNode, algorithm: Algorithm, refresh: Duration, listener: Listener
  ) -> TemplateWatcher {
    let start = ContinuousClock.now
    return TemplateWatcher(
      node: node, algorithm: algorithm,
      plan: { _ in CoinbasePlan(poolScript: [4] + Array("POOL".utf8), fees: [], salt: 1) }, hashes: EasyHashes(),
      refresh: refresh, uptime: { .zero.advanced(bySeconds: seconds(since: start)) }, log: .silent,
      onJob: { listener.heard($0, $1) }, onHealth: { listener.heard($0) })
  }

  @Test(.timeLimit(.minutes(1))) func `a new block brings new work at once`() async throws {
    let folder = try TemporaryFolder("watch")
    let chain = try openChain(in: folder.url.path)
    let listener = Listener()
    let running = Task {
      await watcher(chain, algorithm: .scrypt, refresh: .seconds(3600), listener: listener).run()
    }
    try await eventually("the first work") { listener.heights == [1] }
    for height in 2...4 as ClosedRange<UInt32> {
      #expect(await chain.submit(try BlockMaker().block(await chain.template(for: .scrypt))) == .accepted)
      try await eventually("work for height \(height)") { listener.heights.last == height }
    }
    #expect(listener.clean == [true, true, true, true])
    #expect(listener.turns == [.healthy])
    running.cancel()
    await running.value
  }

  @Test(.timeLimit(.minutes(1))) func `work is made again for fees and time`() async throws {
    let folder = try TemporaryFolder("watch")
    let chain = try openChain(in: folder.url.path)
    let listener = Listener()
    let running = Task {
      await watcher(chain, algorithm: .scrypt, refresh: .milliseconds(5), listener: listener).run()
    }
    try await eventually("three times the same height") { listener.heights.count >= 3 }
    #expect(listener.clean.prefix(3) == [true, false, false])
    running.cancel()
    await running.value
  }

  @Test(.timeLimit(.minutes(1))) func `a template that our coinbase breaks is never mined`() async throws {
    let node = ScriptedNode("strict")
    node.set {
      $0.template = .success(NodesTests.template(height: 11))
      $0.proposal = .success(.rejected(reason: "bad-cb-amount"))
    }
    let listener = Listener()
    let running = Task {
      await watcher(node, algorithm: .sha256d, refresh: .seconds(3600), listener: listener).run()
    }
    try await eventually("the node is called sick") { !listener.turns.isEmpty }
    guard case .unhealthy(let reason) = listener.turns.first else {
      Issue.record("a refused coinbase is trouble")
      return
    }
    #expect(reason.contains("bad-cb-amount"))
    #expect(listener.heights.isEmpty)
    node.set { $0.proposal = .success(.valid) }
    try await eventually("work after the cure") { listener.heights == [11] }
    #expect(listener.turns.last == .healthy)
    running.cancel()
    await running.value
  }
}
