import NIOCore
import Stratum

/// One stream of jobs as the shard sends it out, and the sessions that mine it.
final class JobFeed {
  let id: FeedID
  let source: any WorkSource
  private(set) var members: [MinerConnection] = []
  private(set) var current: Job?
  /// Its notify in the Bitcoin dialect, without and with `clean_jobs`: the same bytes for every member that speaks it.
  private(set) var line = ByteBuffer()
  private(set) var cleanLine = ByteBuffer()
  private(set) var lastSent: MonotonicTime = .zero
  /// Its seats are void; late shares for its jobs are still judged.
  var isLost = false
  var lostAt: MonotonicTime?
  /// The id under which a miner was moved here last.
  var movedWith: JobID?

  /// Shares that are or were with the verifiers: nobody makes us verify the same one twice.
  var tried = SeenShares(limit: 100_000)

  private var received: MonotonicTime = .zero
  private var sent: [JobID] = []
  /// Oldest first, those whose grace is over left out but for the newest.
  private var cleans: [Clean] = []
  private let graceSeconds: Double

  /// Jobs before `from` became stale at `at`.
  struct Clean: Codable, Sendable {
    var from: JobID
    var at: MonotonicTime
  }

  /// - Parameter graceSeconds: how long a share counts after its job was replaced.
  init(id: FeedID, source: any WorkSource, graceSeconds: Double) {
    self.id = id
    self.source = source
    self.graceSeconds = graceSeconds
  }

  func add(_ connection: MinerConnection) {
    guard connection.memberIndex == nil else { return }
    connection.memberIndex = members.count
    members.append(connection)
  }

  func remove(_ connection: MinerConnection) {
    guard let index = connection.memberIndex, index < members.count, members[index] === connection else { return }
    connection.memberIndex = nil
    let last = members.removeLast()
    if last !== connection {
      members[index] = last
      last.memberIndex = index
    }
  }

  /// Takes a job as the current one. Returns ids that are now forgotten.
  func take(_ job: Job, isClean: Bool, at now: MonotonicTime) -> [JobID] {
    if isClean {
      cleans.removeAll { now.seconds(since: $0.at) >= graceSeconds }
      cleans.append(Clean(from: job.id, at: now))
      tried.turn()
    }
    if current?.work != job.work { received = now }
    current = job
    lastSent = now
    sent.append(job.id)
    writeLines(of: job)
    guard sent.count > Limits.jobsPerFeed else { return [] }
    let forgotten = Array(sent.prefix(Limits.jobsPerFeed / 4))
    sent.removeFirst(forgotten.count)
    return forgotten
  }

  private func writeLines(of job: Job) {
    guard let work = job.work.bitcoin else { return }
    line = Self.notify(job, work, clean: false)
    cleanLine = Self.notify(job, work, clean: true)
  }

  private static func notify(_ job: Job, _ work: BitcoinWork, clean: Bool) -> ByteBuffer {
    var bytes: [UInt8] = []
    MessageWriter.notify(job.id, work, nBits: job.work.nBits, nTime: job.nTime, clean: clean, into: &bytes)
    return ByteBuffer(bytes: bytes)
  }

  /// The current work under a new id and with the time moved on, so that a miner which starts over does not repeat
  /// what it has sent.
  func reissued(as id: JobID, at now: MonotonicTime) -> Job? {
    guard let job = current else { return nil }
    var nTime = job.nTime
    if let work = job.work.bitcoin {
      let elapsed = Int64(now.seconds(since: received))
      nTime = max(work.nTime.advanced(by: elapsed), job.nTime.advanced(by: 1))
    }
    return Job(
      id: id, feed: job.feed, work: job.work, sourceJobID: job.sourceJobID, sourceTarget: job.sourceTarget,
      versionMask: job.versionMask, nTime: nTime)
  }

  /// Whether a share for `job` counts now: nothing made it stale, or not long ago.
  func isCurrent(_ job: JobID, at now: MonotonicTime) -> Bool {
    guard let end = cleans.first(where: { job < $0.from }) else { return true }
    return now.seconds(since: end.at) < graceSeconds
  }

  var allJobs: [JobID] { sent }

  /// What it remembers of its jobs, for another process image. What was tried is verified again when it comes again.
  struct History: Codable, Sendable {
    var lastSent: MonotonicTime
    var isLost: Bool
    var lostAt: MonotonicTime?
    var movedWith: JobID?
    var received: MonotonicTime
    var sent: [JobID]
    var cleans: [Clean]
  }

  var history: History {
    History(
      lastSent: lastSent, isLost: isLost, lostAt: lostAt, movedWith: movedWith, received: received, sent: sent,
      cleans: cleans)
  }

  convenience init(id: FeedID, source: any WorkSource, graceSeconds: Double, history: History, current: Job?) {
    self.init(id: id, source: source, graceSeconds: graceSeconds)
    (lastSent, isLost, lostAt, movedWith) = (history.lastSent, history.isLost, history.lostAt, history.movedWith)
    (received, sent, cleans) = (history.received, history.sent, history.cleans)
    self.current = current
    if let current { writeLines(of: current) }
  }
}
