import Hashing
import Logging
import NIOCore
import Stratum

extension UpstreamSource {
  func link(_ link: UpstreamLink, event: UpstreamSession.Event) {
    switch event {
    case .extranonce(let extranonce1, let size): extranonceChanged(link, extranonce1, size)
    case .work(let notice, let target, let mask): offer(notice, target: target, mask: mask, from: link)
    case .target(let target):
      link.target = target
      if let feed = link.partitions.last?.feed { delegate?.source(self, feed: feed, changedTarget: target) }
    case .answered(let key, let outcome, let seconds): answered(link, key, outcome, seconds: seconds)
    case .reconnect(let host, let port): reconnect(link, host: host, port: port)
    case .message(let text):
      logger.info("upstream says", metadata: ["pool": "\(name)", "message": "\(text.prefix(200))"])
    case .failed: break
    }
  }

  /// The same bytes again (a resumed session, a repeated message) change nothing.
  private func extranonceChanged(_ link: UpstreamLink, _ extranonce1: Extranonce, _ size: Int) {
    if let last = link.partitions.last, last.extranonce1 == extranonce1, last.upstreamByteCount == size { return }
    // It takes effect with the next job: until then miners go on with the old space, and nobody new is seated.
    link.hasWork = false
    if let old = link.partitions.last {
      logger.notice("upstream changed its extranonce", metadata: ["pool": "\(name)", "link": "\(link.number)"])
      // One that nobody sits in is nobody's loss, however often the pool changes its mind.
      if old.leased > 0 { link.replaced.append(old.feed) }
    }
    link.partitions.append(makePartition(extranonce1, size))
    if link.partitions.count > 4 { link.partitions.removeFirst() }
  }

  private func offer(_ notice: JobNotice, target: Target, mask: UInt32, from link: UpstreamLink) {
    guard let index = link.partitions.indices.last else { return }
    // Many pools answer every authorize with the job that is already out: thousands of miners need not hear it again.
    if link.hasWork, link.notice?.0 == notice, link.notice?.1 == target { return }
    link.notice = (notice, target)
    if let trouble = trouble(with: notice.content) { return link.close(trouble) }
    let work = notice.work
    let position = notice.content.position
    // A first job, and one on another block, is clean whatever the pool says.
    let isNewBlock = link.position != position
    let isClean = notice.cleanJobs || isNewBlock
    if isClean { link.partitions[index].turned() }
    if isNewBlock, latestBlock != position {
      latestBlock = position
      // The first job of a connection is no news: the block may be old.
      if link.position != nil { report.heard(of: position, at: clock()) }
      seen.turn()
    }
    link.position = position
    link.remember(work, as: notice.jobID, isClean: isClean)
    link.target = target
    link.hasWork = true
    let now = clock()
    let partition = link.partitions[index]
    report.lastJob = now
    report.newestJob = JobSample(
      work: work, extranonceByteCount: partition.extranonce1.count + partition.upstreamByteCount, at: now)
    delegate?.source(
      self, feed: link.partitions[index].feed, offers: work, sourceJobID: notice.jobID, target: target,
      versionMask: mask, isClean: isClean)
    readinessMayHaveChanged()
    // Now there are seats for those who still mine a space of before.
    let replaced = link.replaced
    link.replaced = []
    for feed in replaced { delegate?.source(self, lost: feed, because: "extranonce changed") }
  }

  /// A pool of another chain (its epochs have another length) cannot be mined: every share would be wrong.
  private func trouble(with content: Work.Content) -> String? {
    guard case .kawpow(let work) = content else { return nil }
    guard let epoch = KawPowEpoch(height: work.height) else { return "sent a height that KawPow does not reach" }
    if knownSeed?.epoch != epoch { knownSeed = (epoch, epoch.seedHash) }
    guard knownSeed?.hash == work.seedHash else {
      return "sent a seed hash that is not KawPow's for height \(work.height): it mines another chain"
    }
    return nil
  }

  public func deliver(_ share: JudgedShare) {
    let isBlock = share.verdict.isBlock
    let wantsAnswer = share.verdict.rejection == nil
    func answer(_ outcome: ShareOutcome) {
      if wantsAnswer { delegate?.source(self, answers: share.ticket, with: outcome) }
    }
    guard let (link, index) = partition(of: share.job.feed) else { return answer(.rejected(.upstreamLost)) }
    if !seen.insert(share.verdict.hash), !isBlock { return answer(.rejected(.duplicate)) }
    if let current = link.worksByJobID[share.job.sourceJobID], current != share.job.work, !isBlock {
      // The pool gave the id to other work: it would judge the share by that.
      return answer(.rejected(.stale))
    }
    let gate = link.appliesTargetAtOnce ? min(share.job.sourceTarget, link.target ?? .easiest) : share.job.sourceTarget
    guard gate.isMet(by: share.verdict.hash) || isBlock else { return answer(.accepted) }
    guard let solution = solution(of: share, for: link.partitions[index]) else {
      return answer(.rejected(.extranonceLength))
    }
    guard link.inFlight.count < Limits.inFlightUpstream || isBlock else {
      // Not counted, so that the miner may send it again.
      seen.remove(share.verdict.hash)
      return answer(.rejected(.busy))
    }
    report.forwarded += 1
    if isBlock { report.blocks += 1 }
    let waits = wantsAnswer && replyPolicy == .upstream
    link.submit(
      key: takeKey(), worker: configuration.workerName(for: share.miner), sourceJobID: share.job.sourceJobID,
      solution,
      record: .init(
        ticket: waits ? share.ticket : nil, work: ShareWork(of: share.job.sourceTarget), isBlock: isBlock,
        jobTarget: share.job.sourceTarget))
    if !waits { answer(.accepted) }
  }

  /// What the miner found, in the pool's own terms: extranonce2 with our tail before the miner's part. A KawPow nonce is
  /// whole as it is.
  private func solution(
    of share: JudgedShare, for partition: ExtranoncePartition
  ) -> ShareSubmission.Solution? {
    guard var found = share.submission.bitcoin else { return share.submission.kawpow.map { .kawpow($0) } }
    guard let extranonce2 = partition.upstreamExtranonce2(seat: share.agreement.seat, miner: found.extranonce2) else {
      return nil
    }
    found.extranonce2 = extranonce2
    found.versionBits = rolledBits(found, of: share)
    return .bitcoin(found)
  }

  /// The sixth parameter: the bits under the mask, as BIP 310 wants them; none without version rolling.
  private func rolledBits(_ found: BitcoinSolution, of share: JudgedShare) -> UInt32? {
    guard found.versionBits != nil, share.agreement.versionMask != 0, let header = share.verdict.proof.header else {
      return nil
    }
    return header.version & share.agreement.versionMask
  }

  private func answered(_ link: UpstreamLink, _ key: UInt64, _ outcome: ShareOutcome, seconds: Double) {
    guard let share = link.inFlight.removeValue(forKey: key) else { return }
    switch outcome {
    case .accepted:
      report.accepted += 1
      report.acceptedWork += share.work
    case .rejected: report.rejected += 1
    case .refused(let code, let message):
      report.rejected += 1
      if code == 21 || message.prefix(64).lowercased().contains("stale") { report.rejectedStale += 1 }
      if code == 23, link.target != share.jobTarget { link.appliesTargetAtOnce = true }
      logger.debug(
        "upstream rejected a share", metadata: ["pool": "\(name)", "code": "\(code)", "reason": "\(message)"])
    }
    latency.replies.record(seconds, at: clock())
    if let ticket = share.ticket { delegate?.source(self, answers: ticket, with: outcome) }
  }

  /// Followed only within the pool's own domain: a stranger's line must not take the farm away.
  private func reconnect(_ link: UpstreamLink, host: String?, port: Int?) {
    switch reconnects.answer(host, at: clock()) {
    case .comeAgain: link.close("asked us to reconnect")
    case .ignore(let reason):
      logger.warning(
        "upstream asked to reconnect elsewhere, ignored",
        metadata: ["pool": "\(name)", "host": "\(host?.prefix(253) ?? "")", "reason": "\(reason)"])
    case .follow(let host):
      redirect = link.endpoint.map { .init(host: host, port: port ?? $0.port, usesTLS: $0.usesTLS) }
      link.close("asked us to reconnect to \(host)")
    }
  }
}
