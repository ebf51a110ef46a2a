extension MinerSession {
  /// Prepares the session for `job` of the feed it sits in: writes what must come before the notify, and remembers
  /// what holds from this job on. The notify itself is written by the caller: it is the same for the whole feed.
  ///
  /// At most one `set_difficulty` before a notify: cgminer keeps only one pending.
  public mutating func prepare(for job: Job, at now: MonotonicTime, into out: inout [UInt8]) {
    guard let seat, phase == .authorized else { return }
    retarget(at: now)
    let target = target(under: job)
    let mask = (minerMask ?? 0) & job.versionMask
    let last = agreements.last
    if let last, last.seat == seat, last.target == target, last.versionMask == mask { return }
    if minerMask != nil, toldMask != mask {
      toldMask = mask
      MessageWriter.setVersionMask(mask, into: &out)
    }
    // Seated before the feed had a job: the miner hears of its bytes with the first one.
    if let old = last?.seat, !old.hasSameBytes(as: seat) { tell(seat, into: &out) }
    if last?.target != target || last?.seat != seat { tellTarget(under: job, into: &out) }
    agree(Agreement(since: job.id, seat: seat, target: target, versionMask: mask))
  }

  /// Moves to another seat, in one write: mask, extranonce, difficulty; the notify (clean) follows.
  /// `set_extranonce` is left out when the miner keeps its bytes (a seat of the local pool adopted them).
  public mutating func move(to seat: Seat, job: Job, at now: MonotonicTime, into out: inout [UInt8]) {
    let old = self.seat
    reseat(seat)
    movedAt = now
    let mask = (minerMask ?? 0) & job.versionMask
    if minerMask != nil, toldMask != mask {
      toldMask = mask
      MessageWriter.setVersionMask(mask, into: &out)
    }
    if old?.hasSameBytes(as: seat) != true { tell(seat, into: &out) }
    guard phase == .authorized else { return }
    tellTarget(under: job, into: &out)
    agree(Agreement(since: job.id, seat: seat, target: target(under: job), versionMask: mask))
  }

  /// Takes a seat of a feed that has no job yet: `prepare` tells the miner with the first.
  public mutating func takeSeat(_ seat: Seat) { reseat(seat) }

  /// Whether vardiff wants another difficulty than the one that holds: the feed then sends its job again.
  public func wantsDifficulty(at now: MonotonicTime) -> Bool {
    guard phase == .authorized, !isDifficultyFixed else { return false }
    guard let wanted = vardiff.proposal(from: difficulty, algorithm: algorithm, settings: bounds, at: now) else {
      return false
    }
    // Held down by the source: asking again would only repeat the same job.
    guard let last = agreements.last else { return false }
    return wanted < difficulty || last.target == ownTarget
  }

  private mutating func retarget(at now: MonotonicTime) {
    guard !isDifficultyFixed else { return }
    guard let wanted = vardiff.proposal(from: difficulty, algorithm: algorithm, settings: bounds, at: now) else {
      return
    }
    difficulty = wanted
    vardiff.applied(at: now)
  }

  /// The session's own target, but never harder than the source's.
  private func target(under job: Job) -> Target {
    max(ownTarget, job.sourceTarget)
  }

  private func tell(_ seat: Seat, into out: inout [UInt8]) {
    switch speech {
    case .bitcoin:
      MessageWriter.setExtranonce(seat.extranonce1, extranonce2ByteCount: seat.extranonce2ByteCount, into: &out)
    case .kawpow: MessageWriter.setNoncePrefix(seat.extranonce1, into: &out)
    case .login: break
    }
  }

  private func tellTarget(under job: Job, into out: inout [UInt8]) {
    switch speech {
    case .bitcoin: MessageWriter.setDifficulty(shownDifficulty(under: job), into: &out)
    case .kawpow: MessageWriter.setTarget(target(under: job), into: &out)
    case .login: break
    }
  }

  private func shownDifficulty(under job: Job) -> Difficulty {
    ownTarget.isHarder(than: job.sourceTarget) ? job.sourceTarget.difficulty(for: algorithm) : difficulty
  }

  private mutating func agree(_ agreement: Agreement) {
    if agreements.count >= Limits.agreements { agreements.removeFirst() }
    agreements.append(agreement)
  }

  /// A miner's wish: holds from the next job on, never for one already sent.
  mutating func suggest(_ wanted: Difficulty) {
    guard !isDifficultyFixed else { return }
    difficulty = bounds.clamp(wanted)
  }

  /// BIP 310. The mask is what both can roll; what the source allows is taken with each job.
  mutating func configure(_ id: RequestID, _ request: ExtensionRequest, into out: inout [UInt8]) {
    var mask: UInt32?
    if let rolling = request.versionRolling, algorithm.allowsVersionRolling {
      let common = rolling.mask & Self.rollableMask
      if common.nonzeroBitCount >= rolling.minimumBitCount {
        minerMask = common
        toldMask = common
        mask = common
      }
    }
    if let minimum = request.minimumDifficulty {
      askedMinimum = minimum
      if !isDifficultyFixed { difficulty = bounds.clamp(difficulty) }
    }
    if request.subscribeExtranonce { followsExtranonce = true }
    answer(id, into: &out) { MessageWriter.configured(id, request, mask: mask, into: &$0) }
  }

  /// What the pool allows, and of that what the miner takes.
  var bounds: Vardiff.Settings {
    guard let askedMinimum, askedMinimum > settings.minimum else { return settings }
    var bounds = settings
    bounds.minimum = min(askedMinimum, settings.maximum)
    return bounds
  }

  /// The bits that BIP 320 reserves for rolling.
  public static let rollableMask: UInt32 = 0x1fff_e000

  /// Seconds since connecting or the last share, for sweeps.
  public func idleSeconds(at now: MonotonicTime) -> Double { now.seconds(since: lastShare ?? connectedAt) }
}

extension Seat {
  /// Whether a miner can go from one to the other without hearing of it.
  func hasSameBytes(as other: Seat) -> Bool {
    extranonce1 == other.extranonce1 && extranonce2ByteCount == other.extranonce2ByteCount
  }

  /// Names the seat to a miner that may come back: 16 hex digits.
  public var sessionID: String { Hex.encode(feed.value) + Hex.encode(slot) }
}
