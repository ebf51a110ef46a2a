import Dispatch
import Glibc
import Logging
import Stratum
import Synchronization
import TestSupport

@testable import Pool

/// A disk of which a test decides what fails, and what a power cut leaves.
final class FakeStorage: JournalStorage {
  private let id: String

  func identity() -> String { id }

  struct Segment: Sendable {
    /// What readers see.
    var written: [UInt8] = []
    /// What a power cut leaves for certain.
    var synced = 0
  }

  enum Failure: Sendable { case write(after: Int), sync, create }

  struct State: Sendable {
    var segments: [UInt64: Segment] = [:]
    /// What goes wrong next, in order; `nil` for a call that succeeds.
    var failures: [Failure] = []
    var times: [UInt64: UnixTime] = [:]
    /// No segment can be created.
    var isFull = false
  }

  let state: Mutex<State>
  /// Called on the journal's thread before each sync.
  let beforeSync: @Sendable () -> Void
  let afterSync: @Sendable () -> Void

  init(
    _ segments: [UInt64: Segment] = [:], identity: String = "test",
    beforeSync: @escaping @Sendable () -> Void = {}, afterSync: @escaping @Sendable () -> Void = {}
  ) {
    id = identity
    state = Mutex(State(segments: segments))
    self.beforeSync = beforeSync
    self.afterSync = afterSync
  }

  static let error = JournalError.system(call: "write", path: "fake", errno: EIO)

  func segments() -> [UInt64] { state.withLock { $0.segments.keys.sorted() } }
  func name(of segment: UInt64) -> String { "fake/\(segment)" }
  func open(_ segment: UInt64) -> any JournalFile { FakeFile(storage: self, segment: segment) }
  func remove(_ segment: UInt64) { state.withLock { $0.segments[segment] = nil } }
  func lastWritten(_ segment: UInt64) -> UnixTime? {
    state.withLock { state in
      state.segments[segment].map { _ in state.times[segment] ?? UnixTime(seconds: 1_800_000_000) }
    }
  }

  func create(_ segment: UInt64) throws(JournalError) -> any JournalFile {
    let fails = state.withLock { state in
      if state.isFull { return true }
      if case .create = state.failures.first {
        state.failures.removeFirst()
        return true
      }
      state.segments[segment] = Segment()
      return false
    }
    if fails { throw Self.error }
    return FakeFile(storage: self, segment: segment)
  }

  func read(_ segment: UInt64, at offset: Int, count: Int) -> [UInt8] {
    state.withLock { Array(($0.segments[segment]?.written ?? []).dropFirst(offset).prefix(count)) }
  }

  var copy: [UInt64: Segment] { state.withLock { $0.segments } }
  func fail(_ failures: Failure...) { state.withLock { $0.failures += failures } }
}

struct FakeFile: JournalFile {
  let storage: FakeStorage
  let segment: UInt64

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(JournalError) {
    let fails = storage.state.withLock { state in
      var count = bytes.count
      var fails = false
      if case .write(let after) = state.failures.first {
        state.failures.removeFirst()
        (count, fails) = (min(after, count), true)
      }
      var segment = state.segments[segment] ?? FakeStorage.Segment()
      segment.written = Array(segment.written.prefix(offset)) + bytes.prefix(count)
      state.segments[self.segment] = segment
      return fails
    }
    if fails { throw FakeStorage.error }
  }

  func sync() throws(JournalError) {
    storage.beforeSync()
    let fails = storage.state.withLock { state in
      if case .sync = state.failures.first {
        state.failures.removeFirst()
        return true
      }
      let count = state.segments[segment]?.written.count ?? 0
      state.segments[segment]?.synced = count
      return false
    }
    if fails { throw FakeStorage.error }
    storage.afterSync()
  }

  func truncate(to byteCount: Int) {
    storage.state.withLock { state in
      let written = state.segments[segment]?.written ?? []
      state.segments[segment]?.written = Array(written.prefix(byteCount))
      state.segments[segment]?.synced = byteCount
    }
  }
}

/// What a journal told its outlet and observer.
final class Answers: Sendable {
  struct State: Sendable {
    var outcomes: [UInt32: ShareOutcome] = [:]
    var batches: [Int] = []
    var events: [ShareJournal.Event] = []
  }
  let state = Mutex(State())

  func attach(to journal: ShareJournal) -> ShareJournal.Outlet {
    journal.observe { event in self.state.withLock { $0.events.append(event) } }
    return journal.attach { tickets, outcome in
      self.state.withLock { state in
        state.batches.append(tickets.count)
        for ticket in tickets { state.outcomes[ticket.sequence] = outcome }
      }
    }
  }

  var outcomes: [UInt32: ShareOutcome] { state.withLock { $0.outcomes } }
  var batches: [Int] { state.withLock { $0.batches } }
  var events: [ShareJournal.Event] { state.withLock { $0.events } }
  /// Numbers of shares that were acknowledged.
  var accepted: Set<UInt32> { Set(outcomes.filter { $0.value == .accepted }.keys) }
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
let testTime = UnixTime(seconds: 1_800_000_000)

extension ShareRecord {
  /// A share that is told from others by its number.
  static func numbered(_ number: UInt32, account: String = "ZION_A", worker: String = "rig") -> ShareRecord {
    ShareRecord(
      time: UInt64(testTime.seconds) * 1000 + UInt64(number), hash: Hash256(number: UInt256(7, 0, 0, UInt64(number))),
      work: ShareWork(hashes: 1 << 70 + UInt128(number)), algorithm: .sha256d, height: 100, nBits: 0x1d00_ffff,
      miner: MinerIdentity(account: account, worker: worker), isBlock: number % 10 == 0, sourceJobID: "1.0")
  }
}

extension ShareJournal.Settings {
  static var quick: ShareJournal.Settings {
    var settings = ShareJournal.Settings()
    settings.retrySeconds = 0.001...0.002
    return settings
  }
}

extension ShareJournal {
  convenience init(_ storage: FakeStorage, settings: Settings = .quick) throws(JournalError) {
    try self.init(storage: storage, now: testTime, settings: settings, log: quiet)
  }

  /// - Parameter seconds: how much later than its number says.
  func append(_ number: UInt32, to outlet: Outlet, after seconds: UInt64 = 0) -> Admission {
    var share = ShareRecord.numbered(number)
    share.time += seconds * 1000
    return append(share, ticket: ShareTicket(session: 1, sequence: number), outlet: outlet)
  }

  /// Everything that can be read, and what was damaged.
  func readAll(limit: Int = 7) throws -> (numbers: [UInt32], shares: [NumberedShare], damages: [JournalDamage]) {
    var shares: [NumberedShare] = []
    var damages: [JournalDamage] = []
    var position = Self.beginning
    while true {
      let page = try read(from: position, limit: limit)
      damages += page.damages
      shares += page.shares
      if page.shares.isEmpty { break }
      position = page.next
    }
    return (shares.map { UInt32(truncatingIfNeeded: $0.share.hash.number.l0) }, shares, damages)
  }
}
