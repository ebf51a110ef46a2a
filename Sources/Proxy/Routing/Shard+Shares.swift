import Hashing
import NIOCore
import Orchestrator
import Stratum

extension Shard {
  /// Hash first, judge after: a block found on a stale job can still win the race.
  func judge(_ share: ShareSubmission, from connection: MinerConnection, reply: UInt32) {
    let arrival = now()
    guard let id = share.job, let job = jobs[id], let feed = feeds[job.feed],
      let agreement = connection.session.agreement(for: job)
    else { return refuse(.stale, connection, reply, arrival: arrival) }
    let judge = ShareJudge(algorithm: feed.source.algorithm, hashes: kernels)
    let whole: ShareSubmission
    let proof: ShareProof
    do throws(RejectReason) {
      whole = try share.completed(by: job, agreement)
      proof = try judge.proof(of: whole, job: job, agreement: agreement)
    } catch {
      return refuse(error, connection, reply, arrival: arrival)
    }
    let candidate = Candidate(
      ticket: ShareTicket(session: connection.number, sequence: reply, work: agreement.work, arrival: arrival),
      share: whole, job: job,
      agreement: agreement, proof: proof)
    guard feed.source.algorithm.isHeavy else { return finish(candidate, judge.hash(proof), connection) }
    verify(candidate, judge, feed, connection)
  }

  /// A share between its proof and its verdict.
  struct Candidate: Sendable {
    let ticket: ShareTicket
    let share: ShareSubmission
    let job: Job
    let agreement: Agreement
    let proof: ShareProof
  }

  /// Hands a share to the verifiers. What can be told from it without them is told first.
  private func verify(
    _ candidate: Candidate, _ judge: ShareJudge<Kernels>, _ feed: JobFeed, _ connection: MinerConnection
  ) {
    let name: Hash256
    var isBlock = false
    switch candidate.proof {
    case .header(let header): name = header.withBytes { kernels.sha256d($0) }
    case .kawpow:
      // With the mix that the miner claims: a thousandth of the time that the mix itself takes.
      name = judge.hash(candidate.proof)
      isBlock = candidate.job.work.networkTarget.isMet(by: name)
      guard isBlock || candidate.agreement.target.isMet(by: name) else {
        return refuse(candidate, .lowDifficulty, connection)
      }
    }
    guard feed.tried.insert(name) else {
      return refuse(candidate, .duplicate, connection)
    }
    let bound = NIOLoopBound(self, eventLoop: loop)
    let share = VerifierPool.Share(
      session: connection.number, algorithm: feed.source.algorithm, proof: candidate.proof, isBlock: isBlock)
    let isTaken = verifier.submit(share) { outcome in
      bound.eventLoop.execute { bound.value.verified(candidate, outcome) }
    }
    guard !isTaken else { return verifying += 1 }
    // Not judged, so that the miner may send it again.
    feed.tried.remove(name)
    refuse(candidate, .busy, connection)
  }

  /// The miner may be gone by now; its block is not lost for that.
  private func verified(_ candidate: Candidate, _ outcome: VerifierPool.Outcome) {
    verifying -= 1
    let connection = connections[candidate.ticket.session]
    switch outcome {
    case .hash(let hash): finish(candidate, hash, connection)
    case .wrongMix: refuse(candidate, .mixHash, connection)
    case .abandoned:
      // Nobody here can say whether it is right. What claims to be a block is left to the network; it earns nothing.
      guard let proof = candidate.proof.kawpow else { return refuse(candidate, .busy, connection) }
      finish(candidate, kernels.claimedHash(proof), connection, refusal: .busy)
    }
  }

  private func refuse(_ candidate: Candidate, _ reason: RejectReason, _ connection: MinerConnection?) {
    guard let connection else { return }
    refuse(
      reason, connection, candidate.ticket.sequence, source: feeds[candidate.job.feed]?.source.name,
      arrival: candidate.ticket.arrival)
  }

  /// `refusal`: why it cannot count, whatever its hash is.
  private func finish(
    _ candidate: Candidate, _ hash: Hash256, _ connection: MinerConnection?, refusal: RejectReason? = nil
  ) {
    guard let feed = feeds[candidate.job.feed] else { return }
    let now = now()
    let judge = ShareJudge(algorithm: feed.source.algorithm, hashes: kernels)
    var verdict = judge.weigh(
      hash, of: candidate.proof, job: candidate.job, agreement: candidate.agreement,
      isCurrent: feed.isCurrent(candidate.job.id, at: now), now: wallClock())
    if let refusal { verdict = verdict.rejected(refusal) }
    let identity = connection?.session.identity(of: candidate.share.user)
    if identity == nil, refusal == nil, let connection, connection.namesBeingChecked > 0, !verdict.isBlock {
      // A proxy that shares one connection among many names sends on without waiting for our answer.
      return connection.held.append((candidate, hash))
    }
    if identity == nil { verdict = verdict.rejected(connection == nil ? .stale : .unauthorized) }
    if verdict.rejection == nil || verdict.isBlock {
      var ticket = candidate.ticket
      if receipts.isKept, verdict.rejection == nil { (ticket.hash, ticket.miner) = (verdict.hash, identity) }
      feed.source.deliver(
        JudgedShare(
          ticket: ticket,
          miner: identity ?? connection?.session.identity ?? MinerIdentity(account: candidate.share.user, worker: ""),
          job: candidate.job, agreement: candidate.agreement, submission: candidate.share, verdict: verdict))
    }
    if let reason = verdict.rejection, let connection {
      refuse(
        reason, connection, candidate.ticket.sequence, source: feed.source.name, arrival: candidate.ticket.arrival)
    }
  }

  /// Takes up the shares that waited for a name.
  func judgeHeld(of connection: MinerConnection) {
    let held = connection.held
    connection.held = []
    for share in held { finish(share.candidate, share.hash, connection) }
  }

  private func refuse(
    _ reason: RejectReason, _ connection: MinerConnection, _ reply: UInt32, source: String? = nil,
    arrival: MonotonicTime
  ) {
    count(.rejected(reason), of: source ?? connection.source?.name ?? "none")
    answer(connection, reply, .rejected(reason), work: .zero, arrival: arrival)
  }

  /// Tells a miner what became of a share, and slows it down when too many come to nothing.
  func answer(
    _ connection: MinerConnection, _ reply: UInt32, _ outcome: ShareOutcome, work: ShareWork, arrival: MonotonicTime
  ) {
    let now = now()
    shareSeconds.record(now.seconds(since: arrival))
    connection.update { session, out in session.resolve(reply, outcome, work: work, at: now, into: &out) }
    announceShare(of: connection, outcome, at: now)
    switch outcome {
    case .accepted:
      connection.brake.accepted(at: now)
      accepted(connection, at: now)
    case .rejected(let reason):
      if let violation = reason.violation { note(violation, of: connection) }
      guard let seconds = connection.brake.rejected(reason, at: now) else { return }
      logger.info(
        "a miner's shares cannot count, it is slowed down",
        metadata: [
          "session_id": "\(connection.number)", "worker": "\(connection.session.identity?.user ?? "")",
          "reject_reason": "\(reason.rawValue)", "seconds": "\(seconds)",
        ])
      connection.pause(seconds: seconds, because: "too many shares cannot count (\(reason.message))")
    case .refused: break
    }
  }
}
