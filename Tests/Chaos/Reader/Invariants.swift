import Stratum

/// Everything that can be read after a run, and what must hold in it.
public struct Evidence: Sendable {
  public var client: ClientTruth
  public var journal: [StoredShare]
  public var database: DatabaseReading
  public var chain: ChainReading
  /// Hashes (display order) of found blocks that have a file.
  public var blockFiles: Set<String>
  /// What each upstream pool accepted, in its own order.
  public var upstreams: [String: [String]]
  /// The upstream pools' own difficulty, as expected hashes.
  public var upstreamWork: UInt128
  /// Whether upstream pools answered for themselves.
  public var upstreamReplies: Bool

  public init(
    client: ClientTruth, journal: [StoredShare], database: DatabaseReading, chain: ChainReading,
    blockFiles: Set<String> = [], upstreams: [String: [String]] = [:], upstreamWork: UInt128 = 1,
    upstreamReplies: Bool = false
  ) {
    self.client = client
    self.journal = journal
    self.database = database
    self.chain = chain
    self.blockFiles = blockFiles
    self.upstreams = upstreams
    self.upstreamWork = upstreamWork
    self.upstreamReplies = upstreamReplies
  }

  /// Everything that is wrong.
  public var violations: [Violation] {
    shareViolations + replyViolations + upstreamViolations + moneyViolations + blockViolations + paymentViolations
  }
}

// Shares.
extension Evidence {
  private var shareViolations: [Violation] {
    let stored = Self.counts(database.shares.map(\.hash))
    let written = Self.counts(journal.map(\.hash))
    let sent = Dictionary(client.shares.map { ($0.hash, $0) }) { first, _ in first }
    let due = client.accepted.filter { $0.pool == nil }.map(\.hash)
    let known = journal + database.shares
    let strangers = Set(known.map(\.hash)).filter { sent[$0] == nil }
    let otherWork = known.compactMap { share -> String? in
      guard let work = sent[share.hash]?.work, work != share.work else { return nil }
      return "\(share.hash) \(share.work) for \(work)"
    }
    let otherMiner = known.filter { share in sent[share.hash].map { $0.user != share.user } ?? false }.map(\.hash)
    let twice = Self.repeated(due)
    return [
      .of(
        .acknowledgedIsDurable, "shares were told accepted and are in neither journal nor database",
        due.filter { stored[$0] == nil && written[$0] == nil }),
      .of(
        .acknowledgedIsDurable, "shares of the journal have not come into the database",
        written.keys.filter { stored[$0] == nil }),
      .of(.creditedOnce, "shares are in the database more than once", stored.filter { $0.value > 1 }.map(\.key)),
      .of(.creditedOnce, "shares are in the journal more than once", written.filter { $0.value > 1 }.map(\.key)),
      .of(.creditedOnce, "shares were told accepted more than once", twice),
      database.totalShares == database.shares.count
        ? nil
        : Violation(
          .creditedOnce, "the pool's sum says \(database.totalShares) shares, and \(database.shares.count) are stored"),
      .of(.creditedOnce, "shares are stored that no miner sent", strangers),
      .of(.creditedAsAgreed, "shares have another work than their job's", Set(otherWork)),
      .of(.creditedAsAgreed, "shares are credited to somebody else", Set(otherMiner)),
    ].compactMap { $0 }
  }

  /// What an honest miner may be told. It repeats nothing, mines what it was sent, and keeps to its difficulty.
  private static let honestCodes: Set<Int> = [20, 21, 24, 25]

  private var replyViolations: [Violation] {
    let refused = client.shares.compactMap { share -> (share: ClientTruth.Share, code: Int, message: String)? in
      if case .rejected(let code, let message) = share.reply { (share, code, message) } else { nil }
    }
    let nameless = refused.filter { !(20...25).contains($0.code) || $0.message.isEmpty }
    let wronged = refused.filter { (20...25).contains($0.code) && !Self.honestCodes.contains($0.code) }
    return [
      .of(
        .rejectsHaveReasons, "shares were refused without a reason", nameless.map { "\($0.share.hash) \($0.code)" }),
      .of(
        .rejectsHaveReasons, "good shares were refused for what they are not",
        wronged.map { "\($0.share.hash) \($0.code) \($0.message)" }),
      .of(.rejectsHaveReasons, "shares have no answer", client.shares.filter { $0.reply == .pending }.map(\.hash)),
      .of(.understood, "lines are odd", client.oddities),
      .of(.honestNotBanned, "bans of miners that only mined", database.banned),
    ].compactMap { $0 }
  }

  private var upstreamViolations: [Violation] {
    let sent = Set(client.shares.map(\.hash))
    return upstreams.flatMap { name, accepted -> [Violation?] in
      let counts = Self.counts(accepted)
      let due = client.accepted.filter { $0.pool == name && meetsUpstream($0) }
      let uncounted = upstreamReplies ? due.map(\.hash).filter { counts[$0] == nil } : []
      let tooHard = client.shares.filter { $0.pool == name && $0.work > upstreamWork }.map(\.hash)
      let strangers = counts.keys.filter { !sent.contains($0) }
      return [
        .of(.upstreamAsAcknowledged, "shares came to \(name) that no miner sent", strangers),
        .of(.creditedOnce, "shares came to \(name) twice", Self.repeated(accepted)),
        .of(.upstreamAsAcknowledged, "shares were told accepted that \(name) has not counted", uncounted),
        .of(.creditedAsAgreed, "shares of \(name) were harder than its own", tooHard),
      ]
    }.compactMap { $0 }
  }

  /// Shares below the pool's own difficulty are counted here and not forwarded.
  private func meetsUpstream(_ share: ClientTruth.Share) -> Bool {
    guard let hash = share.hashNumber else { return false }
    return ShareWork(of: Target(hash.number)).hashes >= upstreamWork
  }

  static func repeated(_ names: [String]) -> [String] { counts(names).filter { $0.value > 1 }.map(\.key) }

  static func counts(_ hashes: [String]) -> [String: Int] {
    hashes.reduce(into: [:]) { $0[$1, default: 0] += 1 }
  }
}
