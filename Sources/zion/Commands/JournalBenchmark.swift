import Bench
import Dispatch
import Glibc
import Logging
import Pool
import Stratum
import Synchronization

/// The local pool's share journal against the disk that it waits for.
enum JournalBenchmark {
  /// Shares that wait for the disk at any time: as many as busy miners that each wait for an answer.
  private static let waiting = 2000

  static func run(_ options: BenchOptions) async throws -> [Finding] {
    var ours: [Double] = []
    var raw: [Double] = []
    var batches: [Double] = []
    for round in 1...options.rounds {
      options.progress("journal: round \(round) of \(options.rounds), \(waiting) shares wait at any time")
      let result = try await journal(options)
      ours.append(result.perSecond)
      batches.append(result.batch)
      raw.append(
        try RawJournal.recordsPerSecond(
          recordBytes: result.recordBytes, batch: max(1, Int(result.batch.rounded())), seconds: options.seconds,
          directory: options.directory))
    }
    return [
      Finding(
        "journal, fdatasync on, batches of \(Int(Median.of(batches).rounded()))", unit: "shares per s",
        ours: Median.of(ours), baseline: Median.of(raw), aim: .atLeast(0.8), judged: .ratio)
    ]
  }

  private struct Result {
    var perSecond: Double
    /// Shares that one wait for the disk covered, on average.
    var batch: Double
    var recordBytes: Int
  }

  private static func journal(_ options: BenchOptions) async throws -> Result {
    let folder = try BenchFolder(in: options.directory)
    let journal = try ShareJournal(
      directory: folder.path, now: UnixTime(seconds: UInt32(clamping: time(nil))),
      log: Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() }))
    let recordBytes = try await measureRecord(journal)
    let miners = WaitingMiners(journal: journal)
    let clock = ContinuousClock()
    let start = clock.now
    miners.begin(count: waiting)
    try await clock.sleep(for: .seconds(options.seconds))
    let counts = miners.end()
    let seconds = start.duration(to: clock.now) / .seconds(1)
    await journal.close()
    guard counts.refused == 0, counts.acknowledged > 0 else {
      throw BenchError.server("the journal refused \(counts.refused) shares and took \(counts.acknowledged)")
    }
    return Result(
      perSecond: Double(counts.acknowledged) / seconds,
      batch: Double(counts.acknowledged) / Double(max(counts.answers, 1)), recordBytes: recordBytes)
  }

  /// Bytes that a usual share takes in the journal.
  private static func measureRecord(_ journal: ShareJournal) async throws -> Int {
    let before = journal.end
    let outlet = journal.attach { _, _ in }
    let ticket = ShareTicket(session: 0, sequence: 0)
    guard journal.append(ShareExample.share(1 << 40), ticket: ticket, outlet: outlet) == .queued else {
      throw BenchError.server("the journal refused its first share")
    }
    await journal.flush()
    journal.detach(outlet)
    return journal.end.offset - before.offset
  }
}

/// Miners that send a share and wait for its acknowledgement before the next, on one event loop's behalf.
private final class WaitingMiners: Sendable {
  struct Counts: Sendable {
    var acknowledged = 0
    var refused = 0
    /// Times that acknowledgements came, each for one batch.
    var answers = 0
    var sent: UInt64 = 0
    var isEnding = false
    var outlet: ShareJournal.Outlet?
  }

  private let journal: ShareJournal
  private let loop = DispatchQueue(label: "zion.bench.loop")
  private let counts = Mutex(Counts())

  init(journal: ShareJournal) { self.journal = journal }

  func begin(count: Int) {
    let outlet = journal.attach { tickets, outcome in
      self.loop.async { self.heard(outcome, count: tickets.count) }
    }
    counts.withLock { $0.outlet = outlet }
    loop.async { self.send(count) }
  }

  /// No more shares; what is counted until now.
  func end() -> Counts {
    counts.withLock {
      $0.isEnding = true
      return $0
    }
  }

  private func heard(_ outcome: ShareOutcome, count: Int) {
    let isEnding = counts.withLock {
      $0.answers += 1
      if outcome == .accepted { $0.acknowledged += count } else { $0.refused += count }
      return $0.isEnding
    }
    if !isEnding { send(count) }
  }

  private func send(_ count: Int) {
    let (first, outlet) = counts.withLock { counts in
      defer { counts.sent += UInt64(count) }
      return (counts.sent, counts.outlet)
    }
    guard let outlet else { return }
    for number in first..<first + UInt64(count) {
      let ticket = ShareTicket(session: number % 2000, sequence: UInt32(truncatingIfNeeded: number))
      if journal.append(ShareExample.share(number), ticket: ticket, outlet: outlet) != .queued {
        counts.withLock { $0.refused += 1 }
      }
    }
  }
}

/// Shares as a miner of the local pool sends them.
enum ShareExample {
  private static let miners = (0..<2000).map {
    MinerIdentity(account: "ZION_00112233445566778899aabbccddeeff00112233", worker: "w\($0)")
  }

  static func share(_ number: UInt64) -> ShareRecord {
    // Its low limb is spread like a digest's.
    let digest = UInt256(0, number, 2, number &* 0x9e37_79b9_7f4a_7c15)
    return ShareRecord(
      time: 1_760_000_000_000 + number, hash: Hash256(number: digest),
      work: ShareWork(hashes: 4_294_967_296), algorithm: .sha256d, height: 1000, nBits: 0x1b00_ffff,
      miner: miners[Int(number % UInt64(miners.count))],
      isBlock: false, sourceJobID: "1a2b")
  }
}
