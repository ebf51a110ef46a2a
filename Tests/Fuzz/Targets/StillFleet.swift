import API
import Orchestrator
import Stratum

/// A fleet with a pool in which nothing happens, so that an answer is made of the question alone.
struct StillFleet: FleetView {
  static let address = "ZION_00112233445566778899AABBCCDDEEFF00112233"

  let about = About(version: "zion fuzz", stratum: "0.0.0.0:3333", network: nil, policy: "default")
  let startedAt = MonotonicTime.zero
  var pool: (any PoolView)? { StillPool() }
  var bans: (any BanView)? { StillBans() }

  func snapshot() async -> FleetSnapshot {
    var alpha = SourceSnapshot(name: "alpha", kind: .upstream, algorithm: .sha256d)
    alpha.isReady = true
    let zion = SourceSnapshot(name: "zion", kind: .local, algorithm: .sha256d)
    let miner = MinerSnapshot(
      session: 7, identity: MinerIdentity(account: Self.address, worker: "rig1"), algorithm: .sha256d,
      userAgent: "bmminer/2.0", source: "alpha", difficulty: Difficulty(clamping: 1024), hashrate: Hashrate(1.5e12),
      accepted: 100, rejected: 4, connectedSeconds: 4000, dwellSeconds: 60, lastShareSeconds: 3,
      followsExtranonce: true)
    return FleetSnapshot(at: .zero.advanced(bySeconds: 90), sources: [alpha, zion], miners: [miner])
  }

  func miner(_ account: String, minutes: Int64) async throws -> MinerStanding {
    guard account.hasPrefix("ZION_") else { throw MalformedAddress(reason: "expected ZION_ and 40 hex digits") }
    return MinerStanding()
  }

  func blocks(limit: Int) async throws -> [BlockReport] { [] }

  func move(to: String, worker: String?) async throws(MoveError) -> MoveReport {
    guard to == "alpha" || to == "auto" else { throw .unknownPool(known: ["alpha", "zion"]) }
    guard worker != "gone" else { throw .unknownWorker }
    return MoveReport(moved: 1, reconnecting: 0, refused: 0)
  }
}

private struct StillBans: BanView {
  func refusal(of address: NetworkAddress) -> String? { nil }
  func note(_ violation: Violation, from address: NetworkAddress, name: String?) {}
  func bans() async -> [BanPage] { [] }
  func explanation(of subject: String) async throws -> BanExplanation {
    BanExplanation(subject: subject, isBanned: false, history: [], evidence: [], strikes: 0)
  }
  func statistics(days: Int) async throws -> BanCounts { BanCounts(reasons: [], networks: [], days: []) }
  func ban(_ order: BanOrderPage, by whom: String) async throws(BanRefusal) -> BanPage {
    BanPage(
      kind: .address, subject: order.subject, since: 0, until: order.seconds, reason: order.reason, by: whom,
      earlier: 0, evidence: [])
  }
  func lift(_ subject: String, by whom: String) async throws(BanRefusal) -> Bool { subject.isEmpty }
}

private struct StillPool: PoolView {
  var facts: PoolFacts {
    var facts = PoolFacts()
    facts.name = "zion"
    facts.address = StillFleet.address
    facts.fees = [.init(name: "pool", address: StillFleet.address, basisPoints: [(2026, 100)])]
    (facts.threshold, facts.minimum) = (10_000_000, 1_000_000)
    facts.sources = [.sha256d: "zion"]
    return facts
  }

  func chain() -> [Algorithm: ChainReport] {
    [.sha256d: ChainReport(height: 12, networkWork: ShareWork(hashes: 1 << 32), lastBlockAt: 1_760_000_000, reward: 42)]
  }
  func databaseStatus() -> String { "connected" }
  func totals() async throws -> PoolTotals { PoolTotals() }
  func performance(of algorithm: Algorithm?, from: Int64, seconds: Int64) async throws -> [PerformanceReport] {
    [PerformanceReport(start: from, algorithm: .sha256d, shares: 9, work: ShareWork(hashes: 3_600_000), miners: 2)]
  }
  func blocks(of algorithm: Algorithm?, states: Set<String>, _ page: PageRequest) async throws -> Paged<FoundReport> {
    Paged([], page)
  }
  func blocks(at height: UInt32) async throws -> [StatementReport] { [] }
  func payments(to address: String?, _ page: PageRequest) async throws -> Paged<PaymentReport> { Paged([], page) }
  func entries(
    of address: String, _ page: PageRequest
  ) async throws -> (entries: Paged<EntryReport>, account: AccountReport?) { (Paged([], page), AccountReport()) }
  func paidByDay(to address: String, _ page: PageRequest) async throws -> Paged<DayReport> {
    Paged([DayReport(day: 1_759_968_000, amount: 12_500_000)], page)
  }
  func account(
    _ address: String, _ question: PieceQuestion
  ) async throws -> (account: AccountReport?, pieces: PieceAnswer) {
    (AccountReport(), try await pieces(of: address, question))
  }
  func pieces(of address: String, _ question: PieceQuestion) async throws -> PieceAnswer {
    let piece = WorkerPerformance(
      start: question.over.lowerBound, worker: "rig1", algorithm: .sha256d, shares: 2, work: ShareWork(hashes: 1 << 33),
      lastShare: question.over.lowerBound)
    return PieceAnswer(shares: 2, isWhole: true, pieces: [piece])
  }
  func threshold(of address: String) async throws -> ThresholdReport {
    ThresholdReport(amount: 10_000_000, isOwn: false)
  }
  func setThreshold(_ order: ThresholdOrder) async throws -> ThresholdReport {
    ThresholdReport(amount: order.amount, isOwn: true)
  }
  func profile(_ address: String) async throws -> ProfileReport? { nil }
  func leaderboard(limit: Int) async throws -> [ProfileReport] { [] }
  func batches(_ page: PageRequest) async throws -> Paged<BatchReport> { Paged([], page) }
  func batch(_ id: String) async throws -> BatchReport? { nil }
  func audit() async throws -> AuditStatus { AuditStatus(sequence: 9, head: "9d2a", imbalanceAtomic: 0) }
  func luck() async throws -> LuckPage { LuckPage(since: nil, suspects: 0, miners: []) }
}
