import Foundation
import Stratum
import Synchronization
import TestSupport
import Testing

@testable import Pool

/// A store that is away for as many calls as a test says.
final class FlakyStore: ShareStore {
  private let real: PoolStore
  let failures: Mutex<Int>
  let calls = Mutex(0)

  init(_ real: PoolStore, failures: Int = 0) {
    self.real = real
    self.failures = Mutex(failures)
  }

  private func pass() throws(StoreError) {
    calls.withLock { $0 += 1 }
    let fails = failures.withLock { count in
      defer { count = max(0, count - 1) }
      return count > 0
    }
    if fails { throw .unavailable("away") }
  }

  func position(of journal: String) async throws(StoreError) -> JournalPosition? {
    try pass()
    return try await real.position(of: journal)
  }
  func insert(
    _ shares: [NumberedShare], of journal: String, from: JournalPosition, upTo: JournalPosition
  ) async throws(StoreError) -> Int {
    try pass()
    return try await real.insert(shares, of: journal, from: from, upTo: upTo)
  }
  func maintain(now: UnixTime, retentionDays: Int) async throws(StoreError) {
    try await real.maintain(now: now, retentionDays: retentionDays)
  }
  func save(_ block: BlockRecord) async throws(StoreError) { try await real.save(block) }
  func minerSummary(account: String, now: UnixTime) async throws(StoreError) -> MinerSummary? {
    try await real.minerSummary(account: account, now: now)
  }
  func blocks(limit: Int) async throws(StoreError) -> [BlockRecord] { try await real.blocks(limit: limit) }
  func poolTotals(now: UnixTime) async throws(StoreError) -> [AlgorithmTotals] {
    try await real.poolTotals(now: now)
  }
}

/// Time passes as soon as somebody waits for it.
struct HastyClock: Clock {
  typealias Instant = ContinuousClock.Instant
  var now: Instant { ContinuousClock.now }
  var minimumResolution: Duration { .zero }
  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    try Task.checkCancellation()
    await Task.yield()
  }
}

@Suite struct JournalConsumerTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder("consumer") }

  private func consumer(_ journal: ShareJournal, _ store: any ShareStore, batch: Int = 16) -> JournalConsumer {
    var settings = JournalConsumer.Settings()
    settings.batch = batch
    return JournalConsumer(
      journal: journal, store: store, settings: settings, clock: HastyClock(), now: { testTime }, log: quiet)
  }

  private func append(_ numbers: Range<UInt32>, to journal: ShareJournal) async {
    let outlet = journal.attach { _, _ in }
    for number in numbers { #expect(journal.append(number, to: outlet) == .queued) }
    await journal.flush()
    journal.detach(outlet)
  }

  private func storedShares(_ real: PoolStore) async throws -> Int {
    try await real.poolTotals(now: testTime).reduce(0) { $0 + $1.shares }
  }

  @Test(arguments: Backend.allCases)
  func `everything in the journal is taken over, once`(backend: Backend) async throws {
    let real = try await backend.store(in: folder)
    let storage = FakeStorage()
    let journal = try ShareJournal(storage)
    await append(0..<100, to: journal)
    let first = consumer(journal, real)
    try await first.drain()
    #expect(try await storedShares(real) == 100)
    await append(100..<130, to: journal)
    try await first.drain()
    #expect(try await storedShares(real) == 130)
    // A restart of both, and one that lost the position's last step.
    let again = try ShareJournal(storage)
    try await consumer(again, real).drain()
    _ = try await real.insert([], upTo: ShareJournal.beginning)
    try await consumer(again, real).drain()
    #expect(try await storedShares(real) == 130)
    #expect(try await real.position(of: "test") == again.end)
  }

  @Test(arguments: Backend.allCases)
  func `an outage of the database loses nothing`(backend: Backend) async throws {
    let real = try await backend.store(in: folder)
    let journal = try ShareJournal(FakeStorage())
    await append(0..<50, to: journal)
    let store = FlakyStore(real, failures: 12)
    let consumer = consumer(journal, store)
    let running = Task { await consumer.run() }
    try await eventually("the first shares are stored") { try await storedShares(real) == 50 }
    store.failures.withLock { $0 = 7 }
    await append(50..<90, to: journal)
    try await eventually("the later shares are stored") { try await storedShares(real) == 90 }
    #expect(store.calls.withLock { $0 } > 19)
    running.cancel()
    await running.value
  }

  @Test(arguments: Backend.allCases)
  func `draining says when the database is away`(backend: Backend) async throws {
    let real = try await backend.store(in: folder)
    let journal = try ShareJournal(FakeStorage())
    await append(0..<3, to: journal)
    let consumer = consumer(journal, FlakyStore(real, failures: 1))
    await #expect(throws: StoreError.unavailable("away")) { try await consumer.drain() }
    try await consumer.drain()
    #expect(try await storedShares(real) == 3)
  }

  @Test(.timeLimit(.minutes(1)), arguments: Backend.allCases)
  func `several may wait for the end of the journal at once`(backend: Backend) async throws {
    let real = try await backend.store(in: folder)
    let journal = try ShareJournal(FakeStorage())
    await append(0..<200, to: journal)
    let consumer = consumer(journal, real, batch: 1)
    let running = Task { await consumer.run() }
    try await withThrowingTaskGroup { group in
      for _ in 0..<8 { group.addTask { try await consumer.drain() } }
      try await group.waitForAll()
    }
    #expect(try await storedShares(real) == 200)
    running.cancel()
    await running.value
  }

  @Test(arguments: Backend.allCases)
  func `a journal that was begun anew is read from its beginning`(backend: Backend) async throws {
    let real = try await backend.store(in: folder)
    _ = try await real.insert([], upTo: JournalPosition(segment: 77, offset: 1_000))
    let journal = try ShareJournal(FakeStorage())
    await append(0..<5, to: journal)
    try await consumer(journal, real).drain()
    #expect(try await storedShares(real) == 5)
    #expect(try await real.position(of: "test") == journal.end)
  }

  @Test(arguments: 0..<10, Backend.allCases)
  func `failing disks and databases leave every acknowledged share stored once`(
    seed: UInt64, backend: Backend
  ) async throws {
    let real = try await backend.store(in: folder)
    var random = SeededRandom(seed: seed)
    let storage = FakeStorage()
    var settings = ShareJournal.Settings.quick
    settings.segmentByteCount = 2_000
    let journal = try ShareJournal(storage, settings: settings)
    let answers = Answers()
    let outlet = answers.attach(to: journal)
    let store = FlakyStore(real)
    let consumer = consumer(journal, store)
    for number in 0..<UInt32(150) {
      switch Int.random(in: 0..<20, using: &random) {
      case 0: storage.fail(.sync)
      case 1: storage.fail(.write(after: Int.random(in: 0..<200, using: &random)))
      case 2: store.failures.withLock { $0 += 1 }
      case 3...6: _ = await Task { try await consumer.drain() }.result
      default: break
      }
      _ = journal.append(number, to: outlet)
      if Bool.random(using: &random) { await journal.flush() }
    }
    await journal.flush()
    store.failures.withLock { $0 = 0 }
    try await eventually("the disk works again") { journal.health == .healthy }
    try await consumer.drain()
    let stored = try await storedShares(real)
    #expect(stored == answers.accepted.count)
  }
}
