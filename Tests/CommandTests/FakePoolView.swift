import API
import NIOConcurrencyHelpers
import Stratum

/// A local pool with one of everything.
final class FakePoolView: PoolView {
  static let address = "ZION_00112233445566778899AABBCCDDEEFF00112233"
  static let batch = "00112233-4455-4677-8899-aabbccddeeff"

  let facts: PoolFacts
  let orders = NIOLockedValueBox<[ThresholdOrder]>([])
  let refusal = NIOLockedValueBox<PoolRefusal?>(nil)
  /// How often blocks were asked for.
  let reads = NIOLockedValueBox(0)

  init() {
    var facts = PoolFacts()
    facts.name = "zion"
    facts.network = "dev"
    facts.address = Self.address
    facts.stratumPort = 3333
    facts.apiPort = 3334
    facts.fees = [.init(name: "pool", address: Self.address, basisPoints: [(2026, 100)])]
    facts.threshold = 10_000_000
    facts.minimum = 1_000_000
    facts.eco = [.sha256d: 1]
    facts.levels = [
      .init(number: 1, name: "PHYSICAL", summary: "Physical Body", icon: "🪨", multiplier: 1, experience: 0)
    ]
    facts.sources = [.sha256d: "zion"]
    self.facts = facts
  }

  private let found = FoundReport(
    block: BlockReport(
      height: 12, hash: "00ff", algorithm: .sha256d, source: "zion", account: FakePoolView.address, worker: "rig1",
      state: "immature", reward: 42_835_000, foundAt: 1_760_000_000),
    networkWork: ShareWork(hashes: 1 << 32), confirmations: 3, roundWork: ShareWork(hashes: 1 << 31),
    fees: [("pool", 500_000)])
  private let payment = PaymentReport(
    id: 7, address: FakePoolView.address, amount: 12_500_000, txid: "ab12", state: "final", batch: FakePoolView.batch,
    at: 1_760_000_100)

  func chain() -> [Algorithm: ChainReport] {
    [
      .sha256d: ChainReport(
        height: 12, networkWork: ShareWork(hashes: 1 << 32), lastBlockAt: 1_760_000_000, reward: 42_835_000)
    ]
  }

  func databaseStatus() -> String { "connected" }

  func totals() async throws -> PoolTotals {
    var totals = PoolTotals()
    totals.paid = 12_500_000
    totals.pending = 1_500_000
    totals.shares = [.sha256d: 9]
    totals.blocks = [.sha256d: 1]
    totals.lastBlockAt = [.sha256d: 1_760_000_000]
    totals.roundWork = [.sha256d: ShareWork(hashes: 1 << 30)]
    return totals
  }

  func performance(of algorithm: Algorithm?, from: Int64, seconds: Int64) async throws -> [PerformanceReport] {
    [PerformanceReport(start: from, algorithm: .sha256d, shares: 9, work: ShareWork(hashes: 3_600_000), miners: 2)]
  }

  func blocks(of algorithm: Algorithm?, states: Set<String>, _ page: PageRequest) async throws -> Paged<FoundReport> {
    reads.withLockedValue { $0 += 1 }
    return Paged(states.isEmpty || states.contains("immature") ? [found] : [], page)
  }

  func blocks(at height: UInt32) async throws -> [StatementReport] {
    guard height == 12 else { return [] }
    return [
      StatementReport(
        found: found, scheme: "pplns", isBooked: false,
        lines: [.init(account: Self.address, base: 42_835_000, bonus: 0, multiplier: 1)], remainder: 0)
    ]
  }

  func payments(to address: String?, _ page: PageRequest) async throws -> Paged<PaymentReport> {
    Paged(address == nil || address == Self.address ? [payment] : [], page)
  }

  func entries(
    of address: String, _ page: PageRequest
  ) async throws -> (entries: Paged<EntryReport>, account: AccountReport?) {
    guard address == Self.address else { return (Paged([], page), nil) }
    let entries = (1...40).reversed().map { number in
      EntryReport(
        sequence: Int64(number), id: "base:\(number)", kind: "base", reference: "00ff", other: "reward:00ff",
        amount: 1, at: 1_760_000_000)
    }
    return (Paged(entries, page), account(address))
  }

  func paidByDay(to address: String, _ page: PageRequest) async throws -> Paged<DayReport> {
    Paged([DayReport(day: 1_759_968_000, amount: 12_500_000)], page)
  }

  func account(
    _ address: String, _ question: PieceQuestion
  ) async throws -> (account: AccountReport?, pieces: PieceAnswer) {
    (account(address), try await pieces(of: address, question))
  }

  func account(_ address: String) -> AccountReport? {
    guard address == Self.address else { return nil }
    var report = AccountReport()
    report.confirmed = 1_500_000
    report.paid = 12_500_000
    report.lastPayment = payment
    report.roundWork = [.sha256d: ShareWork(hashes: 1 << 33)]
    return report
  }

  func pieces(of address: String, _ question: PieceQuestion) async throws -> PieceAnswer {
    guard address == Self.address else { return PieceAnswer(shares: 0, isWhole: true, pieces: []) }
    let piece = WorkerPerformance(
      start: question.over.lowerBound, worker: "rig1", algorithm: .sha256d, shares: 2, work: ShareWork(hashes: 1 << 33),
      lastShare: question.over.lowerBound + 9)
    return question.known == 2
      ? PieceAnswer(shares: 2, isWhole: false, pieces: []) : PieceAnswer(shares: 2, isWhole: true, pieces: [piece])
  }

  func threshold(of address: String) async throws -> ThresholdReport {
    ThresholdReport(amount: 10_000_000, isOwn: false)
  }

  func setThreshold(_ order: ThresholdOrder) async throws -> ThresholdReport {
    if let refusal = refusal.withLockedValue({ $0 }) { throw refusal }
    orders.withLockedValue { $0.append(order) }
    return ThresholdReport(amount: order.amount, isOwn: true)
  }

  func profile(_ address: String) async throws -> ProfileReport? {
    guard address == Self.address else { return nil }
    return ProfileReport(
      address: address, level: 1, experience: 10, toNextLevel: 990, percentage: 1, shares: 9, blocks: 1, challenges: 0,
      meditationMinutes: 30, karma: 0, achievements: ["first_share"], joined: 1_760_000_000)
  }

  func leaderboard(limit: Int) async throws -> [ProfileReport] { try await profile(Self.address).map { [$0] } ?? [] }

  private let stored = BatchReport(
    id: FakePoolView.batch, state: "final", miners: 1, total: "12.500000", totalAtomic: 12_500_000, fee: "0.000100",
    txid: "ab12", reason: nil, createdAt: 1_760_000_100, updatedAt: 1_760_000_200)

  func batches(_ page: PageRequest) async throws -> Paged<BatchReport> { Paged([stored], page) }

  func batch(_ id: String) async throws -> BatchReport? {
    guard id == Self.batch else { return nil }
    var batch = stored
    batch.outputs = [.init(address: Self.address, amount: "12.500000", amountAtomic: 12_500_000)]
    return batch
  }

  func luck() async throws -> LuckPage {
    LuckPage(
      since: 1_760_000_000, suspects: 1,
      miners: [
        .init(
          address: Self.address, since: 1_760_000_000, expected: 12, found: 0, chance: 6e-6, isSuspicious: true)
      ])
  }

  func audit() async throws -> AuditStatus { AuditStatus(sequence: 9, head: "9d2a", imbalanceAtomic: 0) }
}
