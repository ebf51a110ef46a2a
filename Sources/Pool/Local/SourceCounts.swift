import Orchestrator
import Stratum

/// A source's counts, and how long the journal takes to answer.
struct SourceCounts {
  private(set) var report = SourceReport()
  private(set) var latency = SourceLatency()
  /// One share is timed at a time: its neighbours wait for the same disk.
  private var timed: (ticket: ShareTicket, since: MonotonicTime)?

  mutating func delivered(_ ticket: ShareTicket, at now: MonotonicTime) {
    report.forwarded += 1
    if timed == nil { timed = (ticket, now) }
  }

  mutating func answered(_ ticket: ShareTicket, _ outcome: ShareOutcome, at now: MonotonicTime) {
    if outcome == .accepted {
      report.accepted += 1
      report.acceptedWork += ticket.work
    } else {
      report.rejected += 1
    }
    guard let timed, timed.ticket == ticket else { return }
    self.timed = nil
    latency.replies.record(now.seconds(since: timed.since), at: now)
  }

  /// Shares that the journal has not answered for.
  var waiting: Int { report.forwarded - report.accepted - report.rejected }

  mutating func foundBlock() { report.blocks += 1 }

  mutating func gotJob(_ job: PublishedJob, at now: MonotonicTime) {
    if job.isClean, report.lastJob != nil { report.heard(of: job.nativeWork.content.position, at: now) }
    report.lastJob = now
    report.newestJob = JobSample(
      work: job.nativeWork, extranonceByteCount: JobTemplate.nativeExtranonceByteCount,
      reward: job.template.poolReward, at: now)
  }
}
