import NIOCore
import Orchestrator
import Stratum

extension Shard {
  /// Hash first, judge after: a block found on a stale job can still win the race.
  func judge(_ share: ShareSubmission, from connection: MinerConnection, reply: UInt32) {
    guard let id = share.job, let job = jobs[id], let feed = feeds[job.feed],
      let agreement = connection.session.agreement(for: job)
    else { return refuse(.stale, connection, reply) }
    let judge = ShareJudge(algorithm: feed.source.algorithm, hashes: kernels)
    let header: BlockHeader
    do throws(RejectReason) {
      header = try judge.header(of: share, job: job, agreement: agreement)
    } catch {
      return refuse(error, connection, reply)
    }
    let candidate = Candidate(
      ticket: ShareTicket(session: connection.number, sequence: reply, work: agreement.work), share: share, job: job,
      agreement: agreement, header: header)
    guard feed.source.algorithm.isHeavy else { return finish(candidate, judge.hash(header), connection) }
    let bound = NIOLoopBound(self, eventLoop: loop)
    let taken = verifier.submit(session: connection.number, algorithm: feed.source.algorithm, header: header) { hash in
      bound.eventLoop.execute { bound.value.verified(candidate, hash) }
    }
    if !taken { refuse(.busy, connection, reply) }
  }

  /// A share between its header and its verdict.
  struct Candidate: Sendable {
    let ticket: ShareTicket
    let share: ShareSubmission
    let job: Job
    let agreement: Agreement
    let header: BlockHeader
  }

  /// The miner may be gone by now; its block is not lost for that.
  private func verified(_ candidate: Candidate, _ hash: Hash256) {
    finish(candidate, hash, connections[candidate.ticket.session])
  }

  private func finish(_ candidate: Candidate, _ hash: Hash256, _ connection: MinerConnection?) {
    guard let feed = feeds[candidate.job.feed] else { return }
    let now = now()
    let judge = ShareJudge(algorithm: feed.source.algorithm, hashes: kernels)
    var verdict = judge.weigh(
      hash, of: candidate.header, job: candidate.job, agreement: candidate.agreement,
      isCurrent: feed.isCurrent(candidate.job.id, at: now), now: wallClock())
    let identity = connection?.session.identity(of: candidate.share.user)
    if identity == nil, let connection, connection.namesBeingChecked > 0, !verdict.isBlock {
      // A proxy that shares one connection among many names sends on without waiting for our answer.
      return connection.held.append((candidate, hash))
    }
    if identity == nil { verdict = verdict.rejected(connection == nil ? .stale : .unauthorized) }
    if verdict.rejection == nil || verdict.isBlock {
      feed.source.deliver(
        JudgedShare(
          ticket: candidate.ticket,
          miner: identity ?? connection?.session.identity ?? MinerIdentity(account: candidate.share.user, worker: ""),
          job: candidate.job, agreement: candidate.agreement, submission: candidate.share, verdict: verdict))
    }
    if let reason = verdict.rejection, let connection {
      refuse(reason, connection, candidate.ticket.sequence, source: feed.source.name)
    }
  }

  /// Takes up the shares that waited for a name.
  func judgeHeld(of connection: MinerConnection) {
    let held = connection.held
    connection.held = []
    for share in held { finish(share.candidate, share.hash, connection) }
  }

  private func refuse(
    _ reason: RejectReason, _ connection: MinerConnection, _ reply: UInt32, source: String? = nil
  ) {
    count(.rejected(reason), of: source ?? connection.source?.name ?? "none")
    connection.update { session, out in
      session.resolve(reply, .rejected(reason), work: .zero, at: self.now(), into: &out)
    }
  }
}
