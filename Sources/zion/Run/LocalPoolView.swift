import API
import Pool
import Stratum

/// The local pool as the HTTP interface reads it: from roll-ups and indexed rows, one transaction a question.
struct LocalPoolView: PoolView {
  let facts: PoolFacts
  let money: MoneyParts
  private let pulse: DatabasePulse
  private var figures: PoolFigures { PoolFigures(pool: money.store.pool) }

  init(facts: PoolFacts, money: MoneyParts) {
    self.facts = facts
    self.money = money
    pulse = DatabasePulse(money.store.database)
  }

  func databaseStatus() -> String { pulse.status() }

  func chain() -> [Algorithm: ChainReport] { money.reward.chain }

  /// Runs within one state of the database.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (PoolFigures, any SQL) throws -> Value
  ) async throws -> Value {
    let figures = figures
    return try await money.store.database.read { sql in try body(figures, sql) }
  }

  func totals() async throws -> PoolTotals {
    let now = Int64(Clocks.wall().seconds)
    return try await read { figures, sql in
      var totals = PoolTotals()
      totals.shares = try figures.shareCounts(sql)
      totals.paid = try figures.paid(to: nil, since: now, sql).all
      totals.pending = try figures.owed(sql)
      for (algorithm, count, last) in try figures.blockCounts(sql) {
        totals.blocks[algorithm] = count
        totals.lastBlockAt[algorithm] = last
      }
      // Before the first block: all there is.
      let since = totals.shares.mapValues { _ in Int64(0) }.merging(totals.lastBlockAt) { $1 }
      totals.roundWork = try figures.work(since: since, now: now, sql)
      return totals
    }
  }

  func performance(of algorithm: Algorithm?, from: Int64, seconds: Int64) async throws -> [PerformanceReport] {
    try await read { figures, sql in
      var counts: [Int64: [Algorithm: Int]] = [:]
      for line in try figures.minerCounts(from: from, seconds: seconds, sql) {
        counts[line.start, default: [:]][line.algorithm] = line.count
      }
      return try figures.pieces(from: from, seconds: seconds, sql)
        .filter { algorithm == nil || $0.algorithm == algorithm }.map { piece in
          PerformanceReport(
            start: piece.start, algorithm: piece.algorithm, shares: piece.shares, work: piece.work,
            miners: counts[piece.start]?[piece.algorithm] ?? 0)
        }
    }
  }

  func pieces(of address: String, _ question: PieceQuestion) async throws -> PieceAnswer {
    try await read { figures, sql in try PieceAnswer(to: question, about: address, figures, sql) }
  }

  /// Of an account in its one spelling.
  func standing(of account: String, minutes: Int64) async throws -> MinerStanding {
    let (now, source) = (Int64(Clocks.wall().seconds), facts.source)
    return try await read { figures, sql in
      var standing = MinerStanding()
      let workers = try figures.workers(of: account, sql)
      if !workers.isEmpty {
        let blocks = try figures.blocks(foundBy: account, limit: 100, sql)
        standing.report = MinerReport(
          account: account, workers, blocks: blocks.map { BlockReport($0, source: source($0.algorithm)) })
        standing.minutes = try figures.sums(of: account, from: minutes, seconds: 60, sql).map(WorkerPerformance.init)
      }
      standing.account = try AccountReport(account, now: now, figures, sql)
      return standing
    }
  }

  func profile(_ address: String) async throws -> ProfileReport? {
    let today = UTCDay(Clocks.wall())
    return try await read { figures, sql in
      guard let profile = try ConsciousnessStore.profile(of: address, today: today, sql) else { return nil }
      return try ProfileReport(profile, figures, sql)
    }
  }

  func leaderboard(limit: Int) async throws -> [ProfileReport] {
    let today = UTCDay(Clocks.wall())
    return try await read { figures, sql in
      try ConsciousnessStore.leaderboard(limit: limit, sql).compactMap { place in
        guard let profile = try ConsciousnessStore.profile(of: place.account, today: today, sql) else { return nil }
        return try ProfileReport(profile, figures, sql)
      }
    }
  }

  func luck() async throws -> LuckPage {
    let report = await money.luck.report
    return LuckPage(
      since: report.since.map { Int64($0.seconds) }, suspects: report.suspects.count,
      miners: report.accounts.map { luck in
        .init(
          address: luck.account, since: Int64(luck.since.seconds), expected: luck.expected, found: luck.found,
          chance: luck.chance, isSuspicious: luck.isSuspicious)
      })
  }

  func audit() async throws -> AuditStatus {
    try await read { _, sql in
      let head = try AuditLog.head(sql)
      return AuditStatus(
        sequence: head.sequence, head: Hex.encode(head.hash), imbalanceAtomic: try Balances.imbalance(sql).value)
    }
  }
}

extension PieceAnswer {
  init(to question: PieceQuestion, about address: String, _ figures: PoolFigures, _ sql: any SQL) throws {
    let shares = try figures.shares(of: address, in: question.over, seconds: question.seconds, sql)
    let isWhole = shares != question.known
    let from = isWhole ? question.over.lowerBound : question.over.upperBound
    let pieces = try figures.pieces(of: address, from: from, seconds: question.seconds, sql)
    self.init(shares: shares, isWhole: isWhole, pieces: pieces.map(WorkerPerformance.init))
  }
}

extension WorkerPerformance {
  fileprivate init(_ piece: PoolFigures.Piece) {
    self.init(
      start: piece.start, worker: piece.worker, algorithm: piece.algorithm, shares: piece.shares, work: piece.work,
      lastShare: piece.lastShare)
  }
}

extension ProfileReport {
  fileprivate init(_ profile: Profile, _ figures: PoolFigures, _ sql: any SQL) throws {
    let seen = try figures.sharesAndFirst(of: profile.account, sql)
    self.init(
      address: profile.account, level: profile.level.rawValue, experience: profile.experience.points,
      toNextLevel: profile.toNextLevel?.points, percentage: Double(profile.progressBasisPoints) / 100,
      shares: seen?.shares ?? 0, blocks: Int(clamping: profile.maturedBlocks), challenges: profile.challenges,
      meditationMinutes: profile.meditationMinutes, karma: profile.karma,
      achievements: profile.achievements.map(\.rawValue).sorted(), joined: seen?.first ?? 0)
  }
}
